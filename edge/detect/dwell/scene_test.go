//go:build !nocv

package dwell

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/zone"
)

// A scene is a drawn street and what is to be seen in it.
type scene struct {
	draw  func(img *image.YCbCr, at float64)
	every float64 // seconds between pictures; 0 means a quarter
	to    float64 // length in seconds
	mask  zone.Polygon
	// want lists the stays that grow older than 4 s, each from when to when it stood.
	want []interval
}

type interval struct{ from, to float64 }

// cast darkens or lightens the rectangle r, over a soft edge of so many pixels.
func cast(img *image.YCbCr, r image.Rectangle, k float64, soft int) {
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			out := max(r.Min.X-x, x-r.Max.X+1, r.Min.Y-y, y-r.Max.Y+1, 0)
			share := max(0, 1-float64(out)/float64(soft+1))
			i := img.YOffset(x, y)
			img.Y[i] = byte(min(float64(img.Y[i])*(1+(k-1)*share), 255))
		}
	}
}

// sways moves the picture by up to a pixel, as a camera on a pole does.
func sways(img *image.YCbCr, at float64) {
	if d := int(math.Round(math.Sin(at * 3))); d != 0 {
		for y := range img.Rect.Dy() {
			row := img.Y[y*img.YStride : y*img.YStride+img.Rect.Dx()]
			if d > 0 {
				copy(row[1:], row)
			} else {
				copy(row, row[1:])
			}
		}
	}
}

// crawls draws a car that goes on by its own length every four seconds.
func crawls(img *image.YCbCr, at float64) {
	step := math.Floor(at / 4)
	car(img, int(-80+60*(step+min(1, 2*(at/4-step)))), 100)
}

func TestScenes(t *testing.T) {
	for name, s := range map[string]scene{
		"a car comes, stands, leaves":     {draw: drives(10, 40), to: 60, want: []interval{{10, 40}}},
		"one picture every five seconds":  {draw: drives(10, 60), every: 5, to: 90, want: []interval{{10, 60}}},
		"ten pictures a second":           {draw: drives(10, 30), every: 0.1, to: 45, want: []interval{{10, 30}}},
		"a car that rolls in as we begin": {draw: drives(1, 25), to: 45, want: []interval{{1, 25}}},
		"stop and go":                     {draw: crawls, to: 30},
		"a cloud": {to: 40, draw: func(img *image.YCbCr, at float64) {
			x := int(at*20) - 300
			cast(img, image.Rect(x, 0, x+280, 180), 0.6, 30)
		}},
		"a hard shadow that comes and stays": {to: 40, draw: func(img *image.YCbCr, at float64) {
			if at > 8 {
				x := min(int((at-8)*60)-80, 110)
				cast(img, image.Rect(x, 95, x+80, 140), 0.5, 1)
			}
		}},
		"a lamp while a car stands": {to: 50, want: []interval{{10, 50}}, draw: func(img *image.YCbCr, at float64) {
			drives(10, 60)(img, at)
			if at > 25 {
				detecttest.Light(img, 0.6)
			}
		}},
		"dusk while a car stands": {to: 60, want: []interval{{10, 60}}, draw: func(img *image.YCbCr, at float64) {
			drives(10, 90)(img, at)
			detecttest.Light(img, 1-at/120)
		}},
		"under a mask": {
			draw: drives(10, 40), to: 40,
			mask: zone.Polygon{{0.2, 0.4}, {0.9, 0.4}, {0.9, 0.9}, {0.2, 0.9}},
		},
		"a camera that sways": {to: 45, want: []interval{{10, 40}}, draw: func(img *image.YCbCr, at float64) {
			drives(10, 40)(img, at)
			sways(img, at)
		}},
		"another car takes the place": {to: 60, want: []interval{{10, 30}, {33, 60}}, draw: func(img *image.YCbCr, at float64) {
			drives(10, 30)(img, at)
			if at > 30 {
				x := max(120, 330-int((at-30)*70))
				detecttest.Fill(img, image.Rect(x, 98, x+70, 132), 30, 120, 130)
				detecttest.Fill(img, image.Rect(x+10, 102, x+60, 110), 220, 128, 128)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) { s.check(t) })
	}
}

// A stood subject: when it was found, and the extremes of where that says it
// stood from.
type stood struct {
	first, last float64
	stopped     float64
	age         time.Duration
	pictures    int
}

func (s scene) play(t *testing.T) (order []string, all map[string]*stood) {
	t.Helper()
	d, err := Open(DefaultConfig(), zone.Areas{Zones: []zone.Zone{lane}, Masks: []zone.Polygon{s.mask}})
	if s.mask == nil {
		d, err = Open(DefaultConfig(), zone.Areas{Zones: []zone.Zone{lane}})
	}
	if err != nil {
		t.Fatal(err)
	}
	every := s.every
	if every == 0 {
		every = 0.25
	}
	dice := rand.New(rand.NewPCG(1, 2))
	all = map[string]*stood{}
	for at := 0.0; at < s.to; at += every {
		img := detecttest.Noise(320, 180, 100, 3, dice)
		detecttest.Texture(img, 12, 4)
		s.draw(img, at)
		detecttest.Show(img, time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				x := all[f.Subject]
				if x == nil {
					x = &stood{first: at}
					all[f.Subject] = x
					order = append(order, f.Subject)
				}
				if x.last = at; f.Age > x.age {
					x.age, x.stopped = f.Age, at-f.Age.Seconds()
				}
				x.pictures++
			}
		})
	}
	return order, all
}

func (s scene) check(t *testing.T) {
	t.Helper()
	order, all := s.play(t)
	every := max(s.every, 0.25)
	var long []*stood
	for _, name := range order {
		if x := all[name]; x.age > 4*time.Second {
			t.Logf("%s: %+v", name, *x)
			long = append(long, x)
		}
	}
	if len(long) != len(s.want) {
		t.Fatalf("%d things stood for long, want %d", len(long), len(s.want))
	}
	for i, w := range s.want {
		x := long[i]
		if math.Abs(x.stopped-w.from) > 1+every || x.first > w.from+2.5+2*every {
			t.Errorf("stood from %.1f s: found at %.1f and said to stand from %.1f", w.from, x.first, x.stopped)
		}
		if x.last < w.to-2*every-1 || x.last > w.to+2+every {
			t.Errorf("stood until %.1f s: found until %.1f", w.to, x.last)
		}
		if due := int((x.last-x.first)/max(s.every, 0.01)) + 1; s.every > 0 && x.pictures < due-1 {
			t.Errorf("found in %d of %d pictures", x.pictures, due)
		}
	}
}

func TestNamesAreNeverUsedAgain(t *testing.T) {
	d, err := Open(DefaultConfig(), zone.Areas{Zones: []zone.Zone{lane}})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	at := time.Duration(0)
	for round, size := range []image.Point{{320, 180}, {300, 180}, {320, 180}} {
		dice := rand.New(rand.NewPCG(3, 4))
		for i := range 80 {
			at += 250 * time.Millisecond
			img := detecttest.Noise(size.X, size.Y, 100, 3, dice)
			detecttest.Texture(img, 12, 4)
			drives(5, 60)(img, float64(i)/4)
			detecttest.Show(img, at, func(p *detect.Picture) {
				found, err := d.Detect(p)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					if r, ok := seen[f.Subject]; ok && r != round {
						t.Fatalf("%s is the name of two stays", f.Subject)
					}
					seen[f.Subject] = round
				}
			})
		}
	}
	if len(seen) < 3 {
		t.Errorf("%d stays, want one of each round", len(seen))
	}
}

func TestConfig(t *testing.T) {
	if faults := DefaultConfig().Validate(); len(faults) > 0 {
		t.Error(faults)
	}
	bad := Config{MinArea: math.NaN(), MaxOcclusion: -1}
	if faults := bad.Validate(); len(faults) != 2 {
		t.Errorf("%v, want two faults", faults)
	}
}
