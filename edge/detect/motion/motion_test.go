//go:build !nocv

package motion

import (
	"image"
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

// moving counts the pictures, five a second, on which something moves.
func moving(t *testing.T, areas zone.Areas, seconds int, draw func(img *image.YCbCr, at float64), sigma float64) int {
	t.Helper()
	d, dice, n := open(t, areas), rand.New(rand.NewPCG(1, 2)), 0
	for i := range seconds * 5 {
		at := float64(i) / 5
		img := detecttest.Noise(320, 180, 90, sigma, dice)
		detecttest.Texture(img, 8, 4)
		draw(img, at)
		detecttest.Show(img, time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			n += len(found)
		})
	}
	return n
}

func block(img *image.YCbCr, at float64) {
	if at > 4 {
		x := int((at - 4) * 30)
		detecttest.Fill(img, image.Rect(x, 60, x+24, 100), 190, 128, 128)
	}
}

func TestWhatIsMotion(t *testing.T) {
	left := zone.Zone{Name: "left", Use: zone.Motion, Points: zone.Polygon{{0, 0}, {0.2, 0}, {0.2, 1}, {0, 1}}}
	for _, c := range []struct {
		name     string
		areas    zone.Areas
		draw     func(*image.YCbCr, float64)
		sigma    float64
		min, max int
	}{
		{"a block that moves", zone.Areas{}, block, 3, 20, 40},
		{"the same at night, in noise", zone.Areas{}, block, 9, 15, 40},
		{"nothing but noise", zone.Areas{}, func(*image.YCbCr, float64) {}, 3, 0, 0},
		{"nothing but a night's noise", zone.Areas{}, func(*image.YCbCr, float64) {}, 12, 0, 2},
		{"a lamp is switched", zone.Areas{}, func(img *image.YCbCr, at float64) {
			if at > 5 {
				detecttest.Light(img, 0.5)
			}
		}, 3, 0, 1},
		{"the exposure flickers", zone.Areas{}, func(img *image.YCbCr, at float64) {
			if int(at*5)%2 == 0 {
				detecttest.Light(img, 1.03)
			}
		}, 3, 0, 0},
		{"under a mask", zone.Areas{Masks: []zone.Polygon{{{0, 0.2}, {1, 0.2}, {1, 0.7}, {0, 0.7}}}}, block, 3, 0, 0},
		{"only while in the zone", zone.Areas{Zones: []zone.Zone{left}}, block, 3, 5, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			if n := moving(t, c.areas, 10, c.draw, c.sigma); n < c.min || n > c.max {
				t.Errorf("motion on %d pictures of 50, want %d to %d", n, c.min, c.max)
			}
		})
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
