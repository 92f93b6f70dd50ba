//go:build !nocv

package fire

import (
	"math"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
)

var _ detect.Suspecter = (*Detector)(nil)

// Suspects reports whether what the last picture showed deserves a closer look: more
// pictures, soon. A place that nearly scores does, and so do hot cells where there
// were none of late, for pictures far apart tell little of flicker. What stays as it
// is becomes known, and is suspected no more.
func (d *Detector) Suspects() bool { return d.suspects }

const (
	suspicious = -1.0 // log odds, with a quarter of what the time between pictures took
	knownAfter = 30.0 // seconds: what known remembers
	mostKnown  = 0.3  // share of that time for which a hot cell is still news
	noFire     = -3.0 // the network's log likelihood ratio of what is certainly something else
	vivid      = 20   // levels of red over green, beyond the scene's tint
)

// learn takes in which cells are hot, dt seconds after the last picture.
func (r *raster) learn(dt float64) {
	w := float32(1 - math.Exp(-dt/knownAfter))
	known := r.known[:len(r.hot)]
	for i, hot := range r.hot {
		if known[i] -= w * known[i]; hot {
			known[i] += w
		}
	}
}

// news returns at least so many cells within mask that hang together, are hot and were
// not of late, and vivid on the mean unless the whole picture has no colour; or none.
func (r *raster) news(mask []byte, least int) (place, bool) {
	clear(r.free)
	n := 0
	for _, i := range r.awake {
		if r.hot[i] && r.known[i] < mostKnown && mask[i] != 0 {
			r.free[i] = true
			n++
		}
	}
	if n < least {
		return place{}, false
	}
	for _, i := range r.awake {
		if !r.free[i] {
			continue
		}
		p := r.spread(i, r.free)
		red := float32(0)
		for _, k := range p.cells {
			red += r.cells[k].red - r.tint
		}
		if n := len(p.cells); n >= least && (r.grey || red/float32(n) > vivid) {
			return p, true
		}
	}
	return place{}, false
}

// suspect judges what is new in an area: by the network, when it is time to ask.
func (d *Detector) suspect(f *flow.Frame, a *area, least int) error {
	p, any := d.cells.news(a.mask, least)
	switch {
	case !any:
		a.suspected = false
	case d.net == nil:
		a.suspected = true
	case d.mayAsk():
		odds, err := d.see(f, p)
		if err != nil {
			return err
		}
		a.suspected = odds > noFire
	}
	d.suspects = d.suspects || a.suspected
	return nil
}
