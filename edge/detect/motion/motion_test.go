//go:build !nocv

package motion

import (
	"cmp"
	"image"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/zone"
)

func TestContract(t *testing.T) {
	detecttest.Run(t, func(t *testing.T) detect.Detector { return open(t, zone.Areas{}) })
}

func open(t testing.TB, areas zone.Areas) *Detector {
	t.Helper()
	d, err := Open(DefaultConfig(), areas)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A scene is drawn picture by picture.
type scene struct {
	areas   zone.Areas
	cfg     Config
	sigma   float64 // of the noise
	seconds int
	every   time.Duration
	draw    func(img *image.YCbCr, at float64)
}

// moving returns the times of the pictures on which something moves.
func (s scene) moving(t *testing.T) []float64 {
	t.Helper()
	d, err := Open(s.cfg, s.areas)
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	var out []float64
	for pts := time.Duration(0); pts < time.Duration(s.seconds)*time.Second; pts += s.every {
		img := detecttest.Noise(320, 180, 90, s.sigma, dice)
		detecttest.Texture(img, 8, 4)
		s.draw(img, pts.Seconds())
		detecttest.Show(img, pts, func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			if len(found) > 0 {
				out = append(out, pts.Seconds())
			}
		})
	}
	return out
}

func block(img *image.YCbCr, at float64) {
	if at > 4 {
		x := int((at - 4) * 30)
		detecttest.Fill(img, image.Rect(x, 60, x+24, 100), 190, 128, 128)
	}
}

// shine makes a part of the picture lighter, with a soft edge.
func shine(img *image.YCbCr, to int, k float64) {
	for y := range img.Rect.Dy() {
		for x := range min(to+40, img.Rect.Dx()) {
			g := k
			if x > to {
				g = 1 + (k-1)*float64(to+40-x)/40
			}
			i := img.YOffset(x, y)
			img.Y[i] = byte(min(float64(img.Y[i])*g, 255))
		}
	}
}

// leaves draws a bush that swings to and fro without getting anywhere.
func leaves(img *image.YCbCr, at float64) {
	dx := int(9 * math.Sin(at*2.1) * math.Sin(at*0.7))
	for k := range 5 {
		detecttest.Fill(img, image.Rect(200+14*k+dx, 40+8*k, 209+14*k+dx, 70+8*k), 30, 128, 128)
	}
}

func rain(img *image.YCbCr, at float64) {
	dice := rand.New(rand.NewPCG(uint64(at*100), 3))
	for range 60 {
		x, y := dice.IntN(320), dice.IntN(180)
		detecttest.Fill(img, image.Rect(x, y, x+1, y+9), 200, 128, 128)
	}
}

func torch(img *image.YCbCr, at float64) {
	if at > 4 {
		x := 100 + int((at-4)*6)
		detecttest.Fill(img, image.Rect(x, 30, x+4, 37), 230, 128, 128)
	}
}

func TestWhatIsMotion(t *testing.T) {
	left := zone.Zone{Name: "left", Use: zone.Motion, Points: zone.Polygon{{0, 0}, {0.2, 0}, {0.2, 1}, {0, 1}}}
	plain := func(*image.YCbCr, float64) {}
	for _, c := range []struct {
		name     string
		scene    scene
		min, max int // pictures
	}{
		{"a block that moves", scene{draw: block}, 20, 40},
		{"the same at night, in noise", scene{draw: block, sigma: 9}, 15, 40},
		{"the same on pictures two seconds apart", scene{draw: block, every: 2 * time.Second}, 2, 4},
		{"a torch far away", scene{draw: torch}, 10, 35},
		{"nothing but noise", scene{draw: plain}, 0, 0},
		{"nothing but a night's noise", scene{draw: plain, sigma: 12}, 0, 2},
		{"rain", scene{draw: rain, seconds: 30}, 0, 6},
		{"a lamp is switched", scene{draw: func(img *image.YCbCr, at float64) {
			if at > 5 {
				detecttest.Light(img, 0.5)
			}
		}}, 0, 0},
		{"a lamp that lights a part", scene{draw: func(img *image.YCbCr, at float64) {
			if at > 5 {
				shine(img, 120, 1.5)
			}
		}}, 0, 1},
		{"infrared is switched on", scene{draw: func(img *image.YCbCr, at float64) {
			if at > 5 {
				detecttest.Light(img, 0.3)
				shine(img, 200, 2.5)
			}
		}}, 0, 1},
		{"the exposure flickers", scene{draw: func(img *image.YCbCr, at float64) {
			if int(at*5)%2 == 0 {
				detecttest.Light(img, 1.03)
			}
		}}, 0, 0},
		{"the exposure steps, and what is white stays white", scene{draw: func(img *image.YCbCr, at float64) {
			if int(at)%4 > 1 {
				detecttest.Light(img, 1.25)
			}
			detecttest.Fill(img, image.Rect(20, 20, 60, 40), 253, 128, 128)
		}, seconds: 20}, 0, 1},
		{"the picture pulses with every key picture", scene{draw: func(img *image.YCbCr, at float64) {
			if int(at*5)%5 == 0 {
				pulse(img)
			}
		}, sigma: 1, seconds: 30}, 0, 1},
		{"under a mask", scene{areas: zone.Areas{Masks: []zone.Polygon{{{0, 0.2}, {1, 0.2}, {1, 0.7}, {0, 0.7}}}}, draw: block}, 0, 0},
		{"only while in the zone", scene{areas: zone.Areas{Zones: []zone.Zone{left}}, draw: block}, 5, 20},
		{"lower than is asked for", scene{cfg: Config{MinArea: 0.001, Far: 1, MinHeight: 0.4}, draw: block}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.scene
			s.cfg = cmp.Or(s.cfg, DefaultConfig())
			s.seconds, s.every, s.sigma = cmp.Or(s.seconds, 10), cmp.Or(s.every, 200*time.Millisecond), cmp.Or(s.sigma, 3)
			if n := s.moving(t); len(n) < c.min || len(n) > c.max {
				t.Errorf("motion on %d pictures, want %d to %d: %v", len(n), c.min, c.max, n)
			}
		})
	}
}

// pulse makes blocks of 8 pixels differ a little, as a coder's fresh start does.
func pulse(img *image.YCbCr) {
	for i := range img.Y {
		x, y := i%img.YStride, i/img.YStride
		img.Y[i] += byte((x/8*7 + y/8*13) % 12)
	}
}

func TestWhatSwaysIsKnownAfterAWhile(t *testing.T) {
	s := scene{cfg: DefaultConfig(), seconds: 90, every: 200 * time.Millisecond, sigma: 3, draw: func(img *image.YCbCr, at float64) {
		leaves(img, at)
		if at > 80 { // somebody passes before it
			x := int((at - 80) * 40)
			detecttest.Fill(img, image.Rect(x, 60, x+24, 110), 190, 128, 128)
		}
	}}
	late, passing := 0, 0
	for _, at := range s.moving(t) {
		switch {
		case at > 80.5:
			passing++
		case at > 40:
			late++
		}
	}
	if late > 3 || passing < 20 {
		t.Errorf("the leaves move on %d pictures after 40 s, want none; who passes on %d, want more than 20", late, passing)
	}
}

func TestWhatStopsMovesNoMore(t *testing.T) {
	s := scene{cfg: DefaultConfig(), seconds: 20, every: 200 * time.Millisecond, sigma: 3, draw: func(img *image.YCbCr, at float64) {
		x := int(min(max(at-4, 0), 3) * 30)
		detecttest.Fill(img, image.Rect(x, 60, x+24, 100), 190, 128, 128)
	}}
	found := s.moving(t)
	if len(found) == 0 || found[len(found)-1] > 9 {
		t.Errorf("it stood from 7 s on, and what it uncovered is no motion: %v", found)
	}
}

func BenchmarkDetect(b *testing.B) {
	d, dice := open(b, zone.Areas{}), rand.New(rand.NewPCG(1, 2))
	img := detecttest.Noise(1920, 1080, 90, 3, dice)
	at := time.Duration(0)
	for b.Loop() {
		at += 200 * time.Millisecond
		detecttest.Show(img, at, func(p *detect.Picture) {
			if _, err := d.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}
