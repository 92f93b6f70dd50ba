//go:build !nocv

package dwell

import (
	"errors"
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

var lane = zone.Zone{Name: "lane", Use: zone.FireLane, Points: zone.Polygon{{0.2, 0.4}, {0.9, 0.4}, {0.9, 0.9}, {0.2, 0.9}}}

func TestContract(t *testing.T) {
	detecttest.Run(t, func(t *testing.T) detect.Detector { return open(t) })
}

func open(t testing.TB) *Detector {
	t.Helper()
	d, err := Open(DefaultConfig(), zone.Areas{Zones: []zone.Zone{lane}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A seen stay: when it was first and last found, and how old it became.
type seen struct {
	from, to float64
	age      time.Duration
}

// stays plays a drawn street, four pictures a second.
func stays(t *testing.T, seconds int, draw func(img *image.YCbCr, at float64)) map[string]seen {
	t.Helper()
	d, dice, out := open(t), rand.New(rand.NewPCG(1, 2)), map[string]seen{}
	for i := range seconds * 4 {
		at := float64(i) / 4
		img := detecttest.Noise(320, 180, 100, 3, dice)
		detecttest.Texture(img, 12, 4)
		draw(img, at)
		detecttest.Show(img, time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				if f.Kind != event.FireLaneBlocked || f.Zone != "lane" || f.Subject == "" {
					t.Errorf("finding %+v", f)
				}
				s, ok := out[f.Subject]
				if !ok {
					s.from = at
				}
				s.to, s.age = at, max(s.age, f.Age)
				out[f.Subject] = s
			}
		})
	}
	return out
}

// car draws a car with its left edge at x.
func car(img *image.YCbCr, x, y int) {
	detecttest.Fill(img, image.Rect(x, y, x+60, y+30), 200, 110, 150)
	detecttest.Fill(img, image.Rect(x+12, y+4, x+26, y+14), 40, 128, 128)
	detecttest.Fill(img, image.Rect(x+32, y+4, x+46, y+14), 40, 128, 128)
}

// drives in from the left, stands at 120 from stop to leave, and drives off.
func drives(stop, leave float64) func(img *image.YCbCr, at float64) {
	return func(img *image.YCbCr, at float64) {
		switch {
		case at < stop:
			if x := 120 - int((stop-at)*60); x > -70 {
				car(img, x, 100)
			}
		case at < leave:
			car(img, 120, 100)
		default:
			if x := 120 + int((at-leave)*60); x < 330 {
				car(img, x, 100)
			}
		}
	}
}

func TestOneStayIsOneSubject(t *testing.T) {
	got := stays(t, 60, drives(10, 40))
	if len(got) != 1 {
		t.Fatalf("stays %+v, want one", got)
	}
	for _, s := range got {
		if s.from < 10 || s.from > 13 || s.to < 39 || s.to > 45 || s.age < 28*time.Second || s.age > 34*time.Second {
			t.Errorf("stood from 10 to 40 s, seen as %+v", s)
		}
	}
}

func TestWhatDoesNotStand(t *testing.T) {
	for name, draw := range map[string]func(*image.YCbCr, float64){
		"nothing":                           func(*image.YCbCr, float64) {},
		"a car that passes":                 drives(5, 5),
		"a car outside the zone":            func(img *image.YCbCr, at float64) { drives(10, 60)(shifted(img), at) },
		"what stood from the start, leaves": func(img *image.YCbCr, at float64) { drives(-1, 20)(img, at) },
		"a lamp is switched": func(img *image.YCbCr, at float64) {
			if at > 10 {
				detecttest.Light(img, 0.6)
			}
		},
		"dusk": func(img *image.YCbCr, at float64) { detecttest.Light(img, 1-at/100) },
	} {
		t.Run(name, func(t *testing.T) {
			for id, s := range stays(t, 45, draw) {
				if s.age > 5*time.Second {
					t.Errorf("%s: %+v", id, s)
				}
			}
		})
	}
}

// shifted shows the lower rows of img above the zone.
func shifted(img *image.YCbCr) *image.YCbCr {
	out := *img
	out.Rect = image.Rect(0, 95, 320, 180)
	return &out
}

func TestSomebodyWalksPast(t *testing.T) {
	got := stays(t, 50, func(img *image.YCbCr, at float64) {
		drives(10, 60)(img, at)
		if at > 25 && at < 29 {
			x := 100 + int((at-25)*25)
			detecttest.Fill(img, image.Rect(x, 80, x+14, 150), 30, 128, 128)
		}
	})
	if len(got) != 1 {
		t.Errorf("stays %+v, want one", got)
	}
}

func TestTwoCarsAreTwoSubjects(t *testing.T) {
	got := stays(t, 50, func(img *image.YCbCr, at float64) {
		drives(10, 60)(img, at)
		if at > 20 {
			car(img, max(200, 330-int((at-20)*60)), 100)
		}
	})
	if len(got) != 2 {
		t.Errorf("stays %+v, want two", got)
	}
}

// TestWhatStandsIsToldApart plays answers of the network; that it knows vehicles is for
// its own card to show.
func TestWhatStandsIsToldApart(t *testing.T) {
	for name, c := range map[string]struct {
		vehicle, person float64
		err             error
		note            string
		told            bool
	}{
		"a vehicle":                      {vehicle: 0.9, person: 0.1, note: "vehicle", told: true},
		"something else":                 {vehicle: 0.1, person: 0.3, note: "object", told: true},
		"somebody who stands":            {vehicle: 0.1, person: 0.95},
		"a motorcycle and its rider":     {vehicle: 0.6, person: 0.95, note: "vehicle", told: true},
		"a network that does not answer": {err: errors.New("no answer"), told: true},
	} {
		t.Run(name, func(t *testing.T) {
			d, dice := open(t), rand.New(rand.NewPCG(1, 2))
			looks, last, unjudged := 0, 0, 0
			var note string
			var why event.Why
			d.look = func(_ *flow.Frame, box image.Rectangle) (float64, float64, error) {
				if looks++; !image.Rect(110, 90, 190, 140).Overlaps(box) {
					t.Errorf("it is asked about %v", box)
				}
				return c.vehicle, c.person, c.err
			}
			for i := range 120 {
				at := float64(i) / 4
				img := detecttest.Noise(320, 180, 100, 3, dice)
				detecttest.Texture(img, 12, 4)
				drives(10, 60)(img, at)
				detecttest.Show(img, time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
					found, err := d.Detect(p)
					if err != nil {
						unjudged++
					}
					if len(found) > 0 {
						last, note, why = i, found[0].Note, found[0].Why
					}
				})
			}
			if told := last > 110; told != c.told || note != c.note && c.told || c.err == nil && looks != mostLooks || (c.err != nil) != (unjudged > 0) {
				t.Errorf("told %v as %q after %d looks, %d pictures not judged: %v", told, note, looks, unjudged, why)
			}
		})
	}
}

func TestPicturesSecondsApart(t *testing.T) {
	d, dice, subjects, suspected := open(t), rand.New(rand.NewPCG(1, 2)), map[string]int{}, map[int]bool{}
	for at := 0; at < 200; at += 4 {
		img := detecttest.Noise(320, 180, 100, 3, dice)
		detecttest.Texture(img, 12, 4)
		drives(61, 150)(img, float64(at))
		if at == 100 { // somebody right before the lens
			detecttest.Fill(img, image.Rect(90, 60, 220, 180), 30, 128, 128)
		}
		detecttest.Show(img, time.Duration(at)*time.Second, func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				subjects[f.Subject] = at
			}
			suspected[at] = d.Suspects()
		})
	}
	if len(subjects) != 1 || subjects["s1"] < 144 || subjects["s1"] > 160 {
		t.Errorf("stays and when they were last told: %v; want one until about 150 s", subjects)
	}
	if suspected[40] || !suspected[64] || suspected[140] || suspected[188] {
		t.Errorf("it wants a closer look at the empty place, when the car comes, while it stands, when it is gone: %v, %v, %v, %v", suspected[40], suspected[64], suspected[140], suspected[188])
	}
}

func BenchmarkDetect(b *testing.B) {
	d, dice := open(b), rand.New(rand.NewPCG(1, 2))
	img := detecttest.Noise(1920, 1080, 90, 3, dice)
	at := time.Duration(0)
	for b.Loop() {
		at += 250 * time.Millisecond
		detecttest.Show(img, at, func(p *detect.Picture) {
			if _, err := d.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}
