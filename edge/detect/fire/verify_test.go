//go:build !nocv

package fire

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
)

// burn shows a flame for so many pictures, every apart, to a detector.
func burn(t *testing.T, d *Detector, pictures int, every time.Duration) (last []flow.Finding, err error) {
	t.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range pictures {
		img := detecttest.Noise(480, 270, 60, 3, dice)
		flame(img, 0, dice)
		detecttest.Show(img, time.Duration(i)*every, func(p *detect.Picture) {
			if found, fault := d.Detect(p); fault != nil {
				err = fault
			} else {
				last = found
			}
		})
	}
	return last, err
}

func TestTheNetworkWeighsIn(t *testing.T) {
	odds := map[float64]float64{}
	for _, says := range []float64{-9, 0, 9} {
		looks := 0
		d, err := Open(DefaultConfig(), zone.Areas{}, func(f *flow.Frame, box image.Rectangle) (float64, error) {
			if looks++; !box.In(f.Image.Rect) || !box.Overlaps(image.Rect(200, 140, 260, 200)) {
				t.Errorf("it was asked about %v", box)
			}
			return says, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		last, err := burn(t, d, 60, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if looks < 8 || looks > 15 {
			t.Errorf("%d looks in six seconds; want one each %v", looks, askEvery)
		}
		switch {
		case len(last) == 1:
			odds[says] = last[0].Why["odds"]
			if last[0].Why["net"] != min(max(says, -mostOdds), mostOdds) {
				t.Errorf("it said %v: %v", says, last[0].Why)
			}
		case says >= 0 || trust < 0.5:
			t.Errorf("it said %v: %+v", says, last)
		}
	}
	// The flame's edges are nearly all that this picture has: it counts as half unrestful.
	if gain := odds[9] - odds[0]; !(gain > trust*mostOdds/3 && gain < trust*mostOdds+0.01) {
		t.Errorf("log odds: %v", odds)
	}
}

func TestOneAnswerDecidesNothing(t *testing.T) {
	var v verdict
	v.take(50)
	if e := v.evidence(); e > trust*mostOdds/2+0.01 {
		t.Errorf("one sure look is worth %v", e)
	}
	for range 20 {
		v.take(-50)
	}
	if v.evidence() > -trust*mostOdds*0.9 {
		t.Errorf("the first look is never forgotten: %v", v.evidence())
	}
}

func TestANetworkThatFailsIsAnError(t *testing.T) {
	broken := errors.New("broken")
	d, err := Open(DefaultConfig(), zone.Areas{}, func(*flow.Frame, image.Rectangle) (float64, error) { return 0, broken })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := burn(t, d, 30, 100*time.Millisecond); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// What is still becomes known, a flame stays suspect, on pictures far apart.
func TestSuspects(t *testing.T) {
	d := open(t, zone.Areas{})
	dice := rand.New(rand.NewPCG(5, 6))
	at := time.Duration(0)
	show := func(seconds int, draw func(*image.YCbCr)) (suspected int) {
		for range seconds / 2 {
			at += 2 * time.Second
			img := detecttest.Noise(480, 270, 90, 3, dice)
			draw(img)
			detecttest.Show(img, at, func(p *detect.Picture) {
				if _, err := d.Detect(p); err != nil {
					t.Fatal(err)
				}
			})
			if d.Suspects() {
				suspected++
			}
		}
		return suspected
	}
	box := func(img *image.YCbCr) { orange(img, image.Rect(20, 20, 80, 80)) }
	if n := show(20, func(*image.YCbCr) {}); n > 0 {
		t.Errorf("an empty picture is suspected %d times", n)
	}
	if n := show(2, box); n != 1 {
		t.Error("something orange that was not there before is not suspected")
	}
	show(30, box)
	if n := show(60, box); n > 0 {
		t.Errorf("an orange box that stands there is suspected %d times", n)
	}
	burning := func(img *image.YCbCr) { box(img); flame(img, 0, dice) }
	if n := show(2, burning); n != 1 {
		t.Error("a flame is not suspected at once")
	}
	if n := show(120, burning); n < 50 {
		t.Errorf("a flame is suspected on %d pictures of 60 only", n)
	}
	if n := show(60, func(img *image.YCbCr) { box(img) }); n > 15 {
		t.Errorf("a flame that is out is suspected %d times", n)
	}
}
