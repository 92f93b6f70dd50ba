//go:build !nocv

package fire

import (
	"fmt"
	"image"
	"time"

	"eastgate/edge/flow"
)

// A Look asks a network about one thing in a frame, given in the frame's pixels: how
// much likelier what it shows is if that is fire than if it is not, as a logarithm.
// Cameras share one.
type Look func(f *flow.Frame, box image.Rectangle) (odds float64, err error)

// A verdict is what the network made of a place, over its looks.
type verdict struct {
	odds  float64 // mean log likelihood ratio, each look bounded
	looks int
}

const (
	askEvery  = 400 * time.Millisecond // between two looks at one camera: pictures closer are alike
	leastAsk  = -1.8                   // log odds below which no answer would make a place an alarm
	mostOdds  = 4.0                    // what one look may say at most
	lastLooks = 5                      // that the mean remembers
)

// take adds one answer.
func (v *verdict) take(odds float64) {
	v.looks++
	v.odds += (min(max(odds, -mostOdds), mostOdds) - v.odds) / float64(min(v.looks, lastLooks))
}

// evidence is the log odds that a place owes to its verdict: less while there are few
// looks, and always less than the network says, for its errors come in rows.
func (v verdict) evidence() float64 {
	n := float64(v.looks)
	return (trust*v.odds*n + unseen) / (n + 1)
}

const (
	trust  = 0.35 // share of the network's log odds that counts
	unseen = -0.7 // log odds of a place that it has not looked at: most of those burn not
	alone  = -0.5 // log odds of every place where there is no network to heed

	plain    = 0.15 // unrest of a picture that shows what it shows, and
	streaked = 0.35 // of one so full of rain that the network knows nothing of its kind
)

// heed is how much the network is heeded, 0 to 1.
func (d *Detector) heed() float64 {
	if d.net == nil {
		return 0
	}
	return min(max((streaked-float64(d.cells.unrest))/(streaked-plain), 0), 1)
}

// total is the log odds of a place by its traits and its verdict.
func (p place) total() float64 {
	return p.odds + p.heed*p.verdict.evidence() + (1-p.heed)*alone
}

// ask lets the network look at the place that is likeliest, when it is time.
func (d *Detector) ask(f *flow.Frame, places []place) error {
	best := -1
	for i := range places {
		p := &places[i]
		if len(p.cells) > 0 && p.odds > leastAsk && (best < 0 || p.total() > places[best].total()) {
			best = i
		}
	}
	if best < 0 || !d.mayAsk() || places[best].verdict.looks >= lastLooks && !d.mayAskAgain() {
		return nil
	}
	odds, err := d.see(f, places[best])
	if err == nil {
		places[best].verdict.take(odds)
	}
	return err
}

// mayAsk reports whether there is a network and it was not asked just now.
func (d *Detector) mayAsk() bool {
	return d.net != nil && (!d.hasAsked || d.cells.at < d.asked || d.cells.at >= d.asked+askEvery)
}

// mayAskAgain is mayAsk about a place of which the network has said its mean: half as often.
func (d *Detector) mayAskAgain() bool {
	return d.cells.at < d.asked || d.cells.at >= d.asked+2*askEvery
}

func (d *Detector) see(f *flow.Frame, p place) (odds float64, err error) {
	d.hasAsked, d.asked = true, d.cells.at
	if odds, err = d.net(f, d.cells.pixels(p.box, f.Image.Rect.Size())); err != nil {
		return 0, fmt.Errorf("look at a place that may burn: %w", err)
	}
	return odds, nil
}

// pixels is a box of cells in a frame of that size.
func (r *raster) pixels(b image.Rectangle, size image.Point) image.Rectangle {
	return image.Rect(b.Min.X*size.X/r.cols, b.Min.Y*size.Y/r.rows, b.Max.X*size.X/r.cols, b.Max.Y*size.Y/r.rows)
}
