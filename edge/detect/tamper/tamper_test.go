//go:build !nocv

package tamper

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
