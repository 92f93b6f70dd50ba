//go:build !nocv

package tamper

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
	// Two detectors hash with seeds of their own; their answers are the same.
	detecttest.Run(t, func(t *testing.T) detect.Detector { return open(t) })
}

func open(t testing.TB) *Detector {
	t.Helper()
	d, err := Open(DefaultConfig(), zone.Areas{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// notes returns what was noted on each picture, two a second.
func notes(t *testing.T, d *Detector, seconds int, draw func(at float64, dice *rand.Rand) *image.YCbCr) map[string]int {
	t.Helper()
	dice, said := rand.New(rand.NewPCG(1, 2)), map[string]int{}
	for i := range seconds * 2 {
		at := float64(i) / 2
		detecttest.Show(draw(at, dice), time.Duration(at*float64(time.Second)), func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				said[f.Note]++
			}
		})
	}
	return said
}

func scene(dice *rand.Rand, seed uint64) *image.YCbCr {
	img := detecttest.Noise(320, 180, 100, 3, dice)
	detecttest.Texture(img, 6+int(seed), seed) // another view has its edges elsewhere
	return img
}

func TestWhatIsTampering(t *testing.T) {
	still := scene(rand.New(rand.NewPCG(3, 3)), 4)
	for _, c := range []struct {
		name string
		draw func(at float64, dice *rand.Rand) *image.YCbCr
		want string // empty: nothing may be noted
	}{
		{"all is well", func(_ float64, dice *rand.Rand) *image.YCbCr { return scene(dice, 4) }, ""},
		{"the lens is covered", coveredAfter(15), "covered"},
		{"the camera is turned", func(at float64, dice *rand.Rand) *image.YCbCr {
			if at < 15 {
				return scene(dice, 4)
			}
			return scene(dice, 5)
		}, "moved"},
		{"the picture goes black", func(at float64, dice *rand.Rand) *image.YCbCr {
			if at < 15 {
				return scene(dice, 4)
			}
			return detecttest.Noise(320, 180, 2, 1, dice)
		}, "black"},
		{"the picture is frozen", func(at float64, dice *rand.Rand) *image.YCbCr {
			if at < 10 {
				return scene(dice, 4)
			}
			return still
		}, "frozen"},
		{"the lens is sprayed", sprayedAfter(15), "sprayed"},
		{"the lens is turned out of focus", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := yard(dice)
			if at >= 15 {
				blur(img, 6)
			}
			return img
		}, "defocused"},
		{"fog comes up", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := yard(dice)
			for i, v := range img.Y {
				fog := min(at/30, 0.6)
				img.Y[i] = byte(float64(v)*(1-fog) + 170*fog)
			}
			return img
		}, ""},
		{"dusk falls", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := scene(dice, 4)
			detecttest.Light(img, max(1-at/40, 0.25))
			return img
		}, ""},
		{"infrared comes on", func(at float64, dice *rand.Rand) *image.YCbCr {
			if at < 15 {
				img := scene(dice, 4)
				for i := range img.Cb {
					img.Cb[i], img.Cr[i] = 120, 136
				}
				return img
			}
			return scene(dice, 5) // other edges, and no colour
		}, ""},
		{"a lorry stops right before the lens", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := scene(dice, 4)
			lorry := scene(dice, 9)
			for y := range 180 { // it rolls in over four seconds
				for x := range max(min(int((at-12)*60), 240), 0) {
					img.Y[img.YOffset(x, y)] = lorry.Y[lorry.YOffset(x, y)]
				}
			}
			return img
		}, ""},
		{"a white van fills half of the picture", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := scene(dice, 4)
			if at > 15 {
				detecttest.Fill(img, image.Rect(60, 20, 300, 150), 200, 128, 128)
				for k := range 6 {
					detecttest.Fill(img, image.Rect(70+40*k, 40, 90+40*k, 60), 40, 128, 128)
					detecttest.Fill(img, image.Rect(70+40*k, 110, 90+40*k, 150), 30, 128, 128)
				}
			}
			return img
		}, ""},
		{"a lamp is switched", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := scene(dice, 4)
			if at > 15 {
				detecttest.Light(img, 0.5)
			}
			return img
		}, ""},
		{"a lorry fills a third of the picture", func(at float64, dice *rand.Rand) *image.YCbCr {
			img := scene(dice, 4)
			if at > 15 {
				detecttest.Fill(img, image.Rect(100, 30, 210, 180), 140, 128, 128)
			}
			return img
		}, ""},
		{"the same black picture", func(at float64, dice *rand.Rand) *image.YCbCr {
			if at < 10 {
				return scene(dice, 4)
			}
			return detecttest.Noise(320, 180, 0, 0, dice)
		}, "black"},
		{"black from the beginning", func(_ float64, dice *rand.Rand) *image.YCbCr {
			return detecttest.Noise(320, 180, 2, 1, dice)
		}, "black"},
		{"a source without noise is not called frozen", func(float64, *rand.Rand) *image.YCbCr { return still }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			said := notes(t, open(t), 30, c.draw)
			if c.want == "" && len(said) > 0 {
				t.Errorf("noted %v", said)
			}
			if c.want != "" && (said[c.want] < 10 || len(said) > 1) {
				t.Errorf("noted %v, want %s", said, c.want)
			}
		})
	}
}

func coveredAfter(seconds float64) func(float64, *rand.Rand) *image.YCbCr {
	return func(at float64, dice *rand.Rand) *image.YCbCr {
		if at < seconds {
			return scene(dice, 4)
		}
		return detecttest.Noise(320, 180, 50, 3, dice)
	}
}

// sprayedAfter lays soft patches of paint over a bit more than half of the lens.
func sprayedAfter(seconds float64) func(float64, *rand.Rand) *image.YCbCr {
	return func(at float64, dice *rand.Rand) *image.YCbCr {
		img := scene(dice, 4)
		if at >= seconds {
			spray(img)
		}
		return img
	}
}

func spray(img *image.YCbCr) {
	for y := range 180 {
		for x := range 320 {
			// two round patches whose edges are soft, for they are near the lens
			a := math.Hypot(float64(x-80), float64(y-90)) / 88
			b := math.Hypot(float64(x-240), float64(y-70)) / 72
			paint := min(max((1.15-min(a, b))*4, 0), 1)
			i := img.YOffset(x, y)
			img.Y[i] = byte(float64(img.Y[i])*(1-paint) + 60*paint)
		}
	}
}

// yard draws a place with light and dark things in it.
func yard(dice *rand.Rand) *image.YCbCr {
	img := scene(dice, 4)
	for i, v := range img.Y {
		x, y := i%img.YStride, i/img.YStride
		if (x/60+y/50)%2 == 0 {
			img.Y[i] = v/2 + 10
		}
	}
	return img
}

// blur smooths the luma over a square of 2r+1 pixels.
func blur(img *image.YCbCr, r int) {
	for range 2 { // across, then down
		w, h := img.Rect.Dx(), img.Rect.Dy()
		out := make([]byte, w*h)
		for y := range h {
			for x := range w {
				sum, n := 0, 0
				for k := max(0, x-r); k <= min(w-1, x+r); k++ {
					sum, n = sum+int(img.Y[y*img.YStride+k]), n+1
				}
				out[x*h+y] = byte(sum / n)
			}
		}
		turned := image.NewYCbCr(image.Rect(0, 0, h, w), image.YCbCrSubsampleRatio420)
		for y := range w {
			copy(turned.Y[y*turned.YStride:], out[y*h:(y+1)*h])
		}
		copy(turned.Cb, img.Cb)
		copy(turned.Cr, img.Cr)
		*img = *turned
	}
}

func TestItRecoversByItself(t *testing.T) {
	for _, what := range []string{covered, sprayed, defocused, moved, black} {
		t.Run(what, func(t *testing.T) {
			d, late := open(t), 0
			said := notes(t, d, 40, func(at float64, dice *rand.Rand) *image.YCbCr {
				if at > 30 && d.note != "" {
					late++
				}
				img := yard(dice)
				if at < 12 || at > 25 {
					return img
				}
				switch what {
				case covered:
					return detecttest.Noise(320, 180, 50, 3, dice)
				case sprayed:
					spray(img)
				case defocused:
					blur(img, 6)
				case moved:
					return scene(dice, 5)
				case black:
					return detecttest.Noise(320, 180, 2, 1, dice)
				}
				return img
			})
			if said[what] < 20 || len(said) > 1 || late > 0 {
				t.Errorf("noted %v, and on %d pictures long after it was over", said, late)
			}
		})
	}
}

func TestPicturesSecondsApart(t *testing.T) {
	d, dice, said := open(t), rand.New(rand.NewPCG(1, 2)), map[string]int{}
	for i := range 40 {
		detecttest.Show(coveredAfter(50)(float64(4*i), dice), time.Duration(4*i)*time.Second, func(p *detect.Picture) {
			found, err := d.Detect(p)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				said[f.Note]++
			}
			if suspects := d.Suspects(); suspects != (i >= 13) {
				t.Errorf("at %d s it suspects: %v", 4*i, suspects)
			}
		})
	}
	if said[covered] != 27 || len(said) != 1 {
		t.Errorf("noted %v, want covered from 52 s on", said)
	}
}

func TestANewViewIsAdopted(t *testing.T) {
	d := open(t)
	d.cfg.AdoptAfter = 20 * time.Second
	said := notes(t, d, 80, func(at float64, dice *rand.Rand) *image.YCbCr {
		if at < 15 {
			return scene(dice, 4)
		}
		return scene(dice, 5)
	})
	if n := said["moved"]; n < 30 || n > 50 {
		t.Errorf("noted %v; want about 40 pictures, until the new view is the right one", said)
	}
}

func BenchmarkDetect(b *testing.B) {
	d, dice := open(b), rand.New(rand.NewPCG(1, 2))
	img := detecttest.Noise(1920, 1080, 90, 3, dice)
	detecttest.Texture(img, 40, 4)
	at := time.Duration(0)
	for b.Loop() {
		at += 500 * time.Millisecond
		img.Y[0]++ // alive
		detecttest.Show(img, at, func(p *detect.Picture) {
			if _, err := d.Detect(p); err != nil {
				b.Fatal(err)
			}
		})
	}
}
