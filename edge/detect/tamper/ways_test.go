package tamper

import (
	"image"
	"math/rand/v2"
	"testing"
	"time"

	"eastgate/edge/flow"
)

// TestAStillIsOneHoweverItIsDecoded has a source with noise stand still while it is looked
// at by single pictures and closely by turns: what the loop filter smooths is no change.
func TestAStillIsOneHoweverItIsDecoded(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 4))
	noisy := func() *image.YCbCr {
		img := image.NewYCbCr(image.Rect(0, 0, 320, 180), image.YCbCrSubsampleRatio420)
		for i := range img.Y {
			img.Y[i] = byte(100 + dice.IntN(9))
		}
		return img
	}
	s, at := newStill(4*time.Second), time.Duration(0)
	see := func(img *image.YCbCr, alone bool) (held time.Duration) {
		at += time.Second
		f := flow.NewFrame("yard", time.Time{}, at, img, nil)
		f.Alone = alone
		held, _ = s.look(f, at)
		return held
	}
	for i := range 20 {
		if held := see(noisy(), i/3%2 == 0); held > 0 {
			t.Fatalf("a living source stands still for %v", held)
		}
	}
	rough := noisy()
	smooth := image.NewYCbCr(rough.Rect, rough.SubsampleRatio)
	for i, v := range rough.Y {
		smooth.Y[i] = v &^ 1
	}
	var longest time.Duration
	for i := range 12 {
		if alone := i/3%2 == 0; alone {
			longest = max(longest, see(rough, true))
		} else {
			longest = max(longest, see(smooth, false))
		}
	}
	if longest < 9*time.Second {
		t.Errorf("of twelve seconds of a still, %v are told", longest)
	}
	if held := see(noisy(), true); held > 0 {
		t.Errorf("it lives again, and stands still for %v", held)
	}
}
