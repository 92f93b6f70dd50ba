//go:build !nocv

package fire

import (
	"math"
	"slices"
	"time"
)

// A cell is what is known of one small square of the picture. Levels run from 0
// to 255.
type cell struct {
	light, warm turner  // of its lightness, and of red less blue
	red         float32 // mean of red less green
	held        float32 // share of the last seconds in which it was red
	peak        float32 // red when it was brightest of late
	fading      float32 // peak, less with time, so that a lesser one can follow
}

// A turner counts how often a level turns from rising to falling or back. What
// passes by turns a level twice; a flame goes on turning it.
type turner struct {
	rate   float32 // turns per picture
	end    float32 // the furthest it went since it turned
	rising int8    // 1, -1, or 0 when not known yet
}

// take counts a level; w is the weight of a new picture. A turn smaller than
// deep is noise.
func (t *turner) take(level, deep, w float32) {
	turned := float32(0)
	switch {
	case t.rising == 0:
		t.end, t.rising = level, 1
	case t.rising > 0 && level > t.end, t.rising < 0 && level < t.end:
		t.end = level
	case t.rising > 0 && level < t.end-deep, t.rising < 0 && level > t.end+deep:
		t.end, t.rising, turned = level, -t.rising, 1
	}
	t.rate += w * (turned - t.rate)
}

// A raster is the cells of one camera's picture.
type raster struct {
	cols, rows int
	cells      []cell
	now, last  planes // the two newest pictures
	usual      planes // the pattern in which each tile changes
	tiles      []tile
	tint       float32 // how red the scene as a whole is
	unrest     float32 // turns of edges that are not red: what shake and noise do
	pace       float64 // mean seconds between pictures
	at         time.Duration
	pictures   int
	sample     []float32
}

// planes are what moves: lightness, and red less blue.
type planes struct{ light, warm []float32 }

func newPlanes(n int) planes { return planes{make([]float32, n), make([]float32, n)} }

func newRaster(cols, rows int) *raster {
	n := cols * rows
	return &raster{
		cols: cols, rows: rows, cells: make([]cell, n),
		now: newPlanes(n), last: newPlanes(n), usual: newPlanes(n),
		tiles: make([]tile, tilesIn(cols)*tilesIn(rows)),
	}
}

const (
	memory      = 1.5              // seconds: what rates and means remember, and
	leastMemory = 12               // pictures, where those are rare
	lasting     = 3.0              // seconds: what held remembers
	dayMemory   = 60.0             // seconds: what tint remembers
	forget      = 20 * time.Second // after a longer gap nothing is remembered

	deepLight = 12 // levels: the smallest turn of lightness, and
	deepWarm  = 14 // of red less blue, whose chroma is noisier
	leastRed  = 12 // levels of red over green, beyond the scene's tint
	mostTint  = 25 // levels: more is no lamp's tint but a sunset or a fire
	edge      = 40 // levels between neighbours, across and down together
)

// weight is that of a picture dt seconds after the last, for a memory of so many
// seconds.
func weight(dt, memory float64) float32 {
	return float32(min(1-math.Exp(-dt/memory), 1.0/leastMemory))
}

// see takes in a picture of B, G, R bytes and returns its weight.
func (r *raster) see(pix []byte, limited bool, at time.Duration) float32 {
	dt := (at - r.at).Seconds()
	if r.pictures > 0 && (dt <= 0 || at-r.at > forget) {
		*r = *newRaster(r.cols, r.rows)
	}
	if r.pictures == 0 {
		dt = 0
	}
	r.at = at
	r.pictures++
	r.pace += (dt - r.pace) / float64(min(r.pictures, leastMemory))
	r.now, r.last = r.last, r.now
	levels := &full
	if limited {
		levels = &stretched
	}
	w, wHeld, fade := weight(dt, memory), weight(dt, lasting), float32(math.Exp(-dt/memory))
	for i := range r.cells {
		blue, green, red := levels[pix[3*i]], levels[pix[3*i+1]], levels[pix[3*i+2]]
		light, warm := (red+2*green+blue)/4, red-blue
		r.now.light[i], r.now.warm[i] = light, warm
		c := &r.cells[i]
		c.light.take(light, deepLight, w)
		c.warm.take(warm, deepWarm, w)
		if r.pictures == 1 {
			c.red = red - green
		}
		c.red += w * (red - green - c.red)
		lit := float32(0)
		if red-green-r.tint > leastRed {
			lit = 1
		}
		c.held += wHeld * (lit - c.held)
		if c.fading *= fade; red >= c.fading {
			c.fading, c.peak = red, red
		}
	}
	r.survey(dt)
	return w
}

// survey measures the scene as a whole.
func (r *raster) survey(dt float64) {
	const every = 7 // shares no factor with the number of columns
	r.sample = r.sample[:0]
	turns, edges, l := float32(0), float32(1), r.now.light
	for i := r.cols + 1; i < len(r.cells)-r.cols-1; i += every {
		c := &r.cells[i]
		r.sample = append(r.sample, c.red)
		if c.red < leastRed && abs(l[i+1]-l[i-1])+abs(l[i+r.cols]-l[i-r.cols]) > edge {
			turns, edges = turns+c.light.rate, edges+1
		}
	}
	r.unrest = turns / edges
	if len(r.sample) == 0 {
		return
	}
	slices.Sort(r.sample)
	tint := min(max(r.sample[len(r.sample)/4], 0), mostTint)
	if r.pictures == 1 {
		r.tint = tint
	}
	r.tint += weight(dt, dayMemory) * (tint - r.tint)
}

func abs(x float32) float32 { return max(x, -x) }

// full and stretched are the level of a byte in pictures of full and of limited
// range.
var full, stretched = levels(0, 255), levels(16, 235)

func levels(black, white float32) (l [256]float32) {
	for i := range l {
		l[i] = min(max((float32(i)-black)*255/(white-black), 0), 255)
	}
	return l
}
