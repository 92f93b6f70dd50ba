//go:build !nocv

package fire

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

func TestContract(t *testing.T) {
	detecttest.Run(t, func(t *testing.T) detect.Detector { return open(t, zone.Areas{}) })
}

func open(t testing.TB, areas zone.Areas) *Detector {
	t.Helper()
	d, err := Open(DefaultConfig(), areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// likely counts the pictures, ten a second, on which fire is more likely than not.
func likely(t *testing.T, areas zone.Areas, luma float64, draw func(img *image.YCbCr, at float64, dice *rand.Rand)) int {
	t.Helper()
	d, dice, n := open(t, areas), rand.New(rand.NewPCG(1, 2)), 0
	for i := range 150 {
		at := float64(i) / 10
		img := detecttest.Noise(480, 270, luma, 3, dice)
		draw(img, at, dice)
		detecttest.Show(img, time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				if f.Score > 0.5 {
					n++
					break
				}
			}
		})
	}
	return n
}

// orange paints a rectangle with the colour of a flame.
func orange(img *image.YCbCr, r image.Rectangle) { detecttest.Fill(img, r, 160, 60, 185) }

// flame draws tongues whose heights change at random.
func flame(img *image.YCbCr, at float64, dice *rand.Rand) {
	for i := range 7 {
		h := int(20 + 40*dice.Float64())
		x := 200 + i*8 + dice.IntN(5)
		orange(img, image.Rect(x, 200-h, x+8, 200))
		detecttest.Fill(img, image.Rect(x+2, 200-h/2, x+6, 200), 230, 90, 150)
	}
	_ = at
}

func TestWhatIsFire(t *testing.T) {
	for _, c := range []struct {
		name  string
		areas zone.Areas
		luma  float64
		draw  func(*image.YCbCr, float64, *rand.Rand)
		fire  bool
	}{
		{"a flame by day", zone.Areas{}, 120, flame, true},
		{"a flame at night", zone.Areas{}, 25, flame, true},
		{"nothing", zone.Areas{}, 120, func(*image.YCbCr, float64, *rand.Rand) {}, false},
		{"an orange box", zone.Areas{}, 120, func(img *image.YCbCr, _ float64, _ *rand.Rand) { orange(img, image.Rect(200, 100, 260, 160)) }, false},
		{"an orange coat that walks", zone.Areas{}, 120, func(img *image.YCbCr, at float64, _ *rand.Rand) {
			x := int(at * 30)
			orange(img, image.Rect(x, 100, x+24, 150))
		}, false},
		{"a lamp that blinks once a second", zone.Areas{}, 40, func(img *image.YCbCr, at float64, _ *rand.Rand) {
			if math.Mod(at, 1) < 0.5 {
				orange(img, image.Rect(200, 100, 230, 130))
			}
		}, false},
		{"an orange balloon that sways", zone.Areas{}, 120, func(img *image.YCbCr, at float64, _ *rand.Rand) {
			x := 200 + int(6*math.Sin(at*2*math.Pi/3))
			orange(img, image.Rect(x, 100, x+40, 150))
		}, false},
		{"orange goods while people pass before them", zone.Areas{}, 120, func(img *image.YCbCr, at float64, _ *rand.Rand) {
			orange(img, image.Rect(150, 100, 330, 150))
			x := int(math.Mod(at*60, 480))
			detecttest.Fill(img, image.Rect(x, 80, x+30, 220), 60, 128, 128)
		}, false},
		{"the exposure flickers", zone.Areas{}, 120, func(img *image.YCbCr, at float64, _ *rand.Rand) {
			orange(img, image.Rect(200, 100, 260, 160))
			detecttest.Light(img, 0.9+0.1*math.Sin(at*20))
		}, false},
		{"a flame under a mask", zone.Areas{Masks: []zone.Polygon{{{0.3, 0.3}, {0.7, 0.3}, {0.7, 0.9}, {0.3, 0.9}}}}, 120, flame, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := likely(t, c.areas, c.luma, c.draw)
			if c.fire && n < 60 {
				t.Errorf("fire on %d pictures of 150", n)
			}
			if !c.fire && n > 10 {
				t.Errorf("fire on %d pictures of 150, where there is none", n)
			}
		})
	}
}

func BenchmarkDetect(b *testing.B) {
	d, dice := open(b, zone.Areas{}), rand.New(rand.NewPCG(1, 2))
	img := detecttest.Noise(1920, 1080, 90, 3, dice)
	flame(img, 0, dice)
	at := time.Duration(0)
	for b.Loop() {
		at += 100 * time.Millisecond
		detecttest.Show(img, at, func(p *detect.Picture) {
			if _, err := d.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}
