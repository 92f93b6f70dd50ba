//go:build !nocv

package fire

import (
	"image"
	"time"
)

// A place is a piece of the picture that burns, if anything does: hot cells that
// flicker, with gaps of at most reach between them.
type place struct {
	box   image.Rectangle // in cells
	cells []int
	since time.Duration
	gone  time.Duration // media time at which it was last seen

	traits  traits
	odds    float64 // log odds by its traits
	verdict verdict
	heed    float64 // how much that counts, 0 to 1
}

// What makes a cell part of a place. These only choose what is worth scoring.
const (
	leastTurns = 0.15 // per picture, of lightness and warmth together, and
	leastLight = 0.04 // of lightness
	leastHeld  = 0.3  // share of the last seconds in which it was hot
	reach      = 2    // cells
)

func (r *raster) burns(i int) bool {
	c := &r.cells[i]
	return c.awake && c.held > leastHeld && c.light.rate > leastLight && c.light.rate+c.warm.rate > leastTurns
}

// smoulders reports whether a cell may come to burn.
func (r *raster) smoulders(i int) bool {
	c := &r.cells[i]
	return c.held > leastHeld/2 && c.light.rate+c.warm.rate > leastTurns/3
}

// places returns the places within mask that have at least so many cells.
func (r *raster) places(mask []byte, least int) []place {
	clear(r.free)
	for _, i := range r.awake {
		r.free[i] = mask[i] != 0 && r.burns(i)
	}
	var out []place
	for _, i := range r.awake {
		if !r.free[i] {
			continue
		}
		if p := r.spread(i, r.free); len(p.cells) >= least {
			out = append(out, p)
		}
	}
	return out
}

// spread takes the free cells that hang together with the one at start.
func (r *raster) spread(start int, free []bool) place {
	free[start] = false
	p := place{cells: []int{start}, since: r.at, gone: r.at}
	for k := 0; k < len(p.cells); k++ {
		x, y := p.cells[k]%r.cols, p.cells[k]/r.cols
		p.box = p.box.Union(image.Rect(x, y, x+1, y+1))
		for ny := max(0, y-reach); ny <= min(r.rows-1, y+reach); ny++ {
			for nx := max(0, x-reach); nx <= min(r.cols-1, x+reach); nx++ {
				if j := ny*r.cols + nx; free[j] {
					free[j] = false
					p.cells = append(p.cells, j)
				}
			}
		}
	}
	return p
}

// missed is how long a place may be out of sight and still be the same.
const missed = 3 * time.Second

// follow gives the places the age and the verdict of those that were there before, and returns
// them with those that are out of sight for a moment.
func follow(places, before []place, now time.Duration) []place {
	all := places
	for _, b := range before {
		found := false
		for i := range places {
			if b.box.Inset(-reach).Overlaps(places[i].box) {
				places[i].since = min(places[i].since, b.since)
				if b.verdict.looks > places[i].verdict.looks {
					places[i].verdict = b.verdict
				}
				found = true
			}
		}
		if !found && now-b.gone < missed && b.gone <= now {
			b.cells = nil
			all = append(all, b)
		}
	}
	return all
}
