//go:build !nocv

package fire

import (
	"math"
	"slices"
	"time"

	"eastgate/edge/detect"
)

// A cell is what is known of one small square of the picture. Levels run from 0
// to 255. Only cells that are hot, or were of late, are kept up to date.
type cell struct {
	light, warm turner  // of its lightness, and of red less blue
	red         float32 // mean of red less green
	held        float32 // share of the last seconds in which it was hot
	awake       bool
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
	hot, free  []bool    // in the newest picture; scratch of places
	known      []float32 // share of the last half minute in which each cell was hot
	grey       bool      // the newest picture has no colour
	awake      []int     // the cells that are
	now, last  planes    // the two newest pictures
	usual      planes    // the pattern in which each tile changes
	tiles      []tile
	hit        []bool   // scratch: tiles
	still      []turner // of the lightness of some cells all over the picture
	tint       float32  // how red the scene as a whole is
	lit        float32  // levels of lightness that a red cell has at least
	bright     float32  // levels of the lightest cells
	white      float32  // levels of lightness that only lamps and flames have here
	deep       depth    // of the smallest turn
	unrest     float32  // turns of edges that are not hot: what shake and noise do
	pace       float64  // mean seconds between pictures
	at         time.Duration
	pictures   int
	reds       []float32 // of some cells: scratch, and
	lights     []float32
	jumps      planes // of how some cells change unlike their neighbours: scratch
}

// planes are what moves: lightness, and red less blue.
type planes struct{ light, warm []float32 }

func newPlanes(n int) planes { return planes{make([]float32, n), make([]float32, n)} }

func newRaster(cols, rows int) *raster {
	n := cols * rows
	return &raster{
		cols: cols, rows: rows, cells: make([]cell, n), hot: make([]bool, n), free: make([]bool, n), known: make([]float32, n),
		now: newPlanes(n), last: newPlanes(n), usual: newPlanes(n),
		tiles: make([]tile, tilesIn(cols)*tilesIn(rows)), hit: make([]bool, tilesIn(cols)*tilesIn(rows)), still: make([]turner, n/sampled+1),
		deep: depth{deepLight, deepWarm}, lit: leastLit, bright: usualBright,
	}
}

const (
	memory      = 1.5              // seconds: what rates and means remember, and
	leastMemory = 12               // pictures, where those are rare
	lasting     = 3.0              // seconds: what held remembers
	dayMemory   = 60.0             // seconds: what tint remembers
	forget      = 20 * time.Second // after a longer gap nothing is remembered

	deepLight    = 12  // levels: the smallest turn of lightness where there is no noise, and
	deepWarm     = 14  // of red less blue, whose chroma is noisier
	leastRed     = 12  // levels of red over green, beyond the scene's tint
	mostTint     = 25  // levels: more is no lamp's tint but a sunset or a fire
	leastLit     = 60  // levels of lightness that a red cell has at least, but
	darkLit      = 30  // where the scene is dark, and
	overDark     = 20  // by which it is then over three quarters of the scene
	leastWhite   = 190 // levels of lightness that count as white in a dark scene, and
	mostWhite    = 235 // in the lightest
	colourless   = 4   // levels of red over green that no cell of an infrared picture has
	overScene    = 60  // levels by which white is over three quarters of the scene
	edge         = 40  // levels between neighbours, across and down together
	sampled      = 7   // one cell in so many tells of unrest; shares no factor with the columns
	sampledScene = 35  // and one in so many of the scene's tint and light
)

// weight is that of a picture dt seconds after the last, for a memory of so many
// seconds.
func weight(dt, memory float64) float32 {
	return float32(min(1-math.Exp(-dt/memory), 1.0/leastMemory))
}

// see takes in a picture and returns its weight.
func (r *raster) see(p detect.Planes, limited bool, at time.Duration) float32 {
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
	l := &full
	if limited {
		l = &stretched
	}
	w := weight(dt, memory)
	now := pass{w: w, wHeld: weight(dt, lasting), deep: r.deep}
	r.awake = r.awake[:0]
	red, lit, white := r.tint+max(leastRed, r.deep.warm/2), r.lit, r.white
	if r.pictures == 1 {
		white = math.MaxFloat32 // nothing is known of the scene yet
	}
	n := len(p.Y)
	cbs, crs, lights, warms, hots := p.Cb[:n], p.Cr[:n], r.now.light[:n], r.now.warm[:n], r.hot[:n]
	for i, y := range p.Y {
		cb, cr := cbs[i], crs[i]
		light, reddish := l.light[y], l.crRed[cr]+l.cbRed[cb]
		warm := l.crWarm[cr] - l.cbWarm[cb]
		lights[i], warms[i] = light, warm
		hot := light > lit && reddish > red || light > white
		hots[i] = hot
		if !hot && !r.cells[i].awake {
			continue
		}
		r.awake = append(r.awake, i)
		r.cells[i].see(hot, light, warm, reddish, now)
	}
	r.learn(dt)
	r.deepen(w)
	r.survey(p, l, dt, w)
	return w
}

// A pass is what a picture is to all of its cells: its weights, and how deep a turn is.
type pass struct {
	w, wHeld float32
	deep     depth
}

// see takes in what a cell shows now.
func (c *cell) see(hot bool, light, warm, red float32, now pass) {
	if !c.awake {
		*c = cell{awake: true, red: red}
	}
	c.light.take(light, now.deep.light, now.w)
	c.warm.take(warm, now.deep.warm, now.w)
	c.red += now.w * (red - c.red)
	lit := float32(0)
	if hot {
		lit = 1
	}
	c.held += now.wHeld * (lit - c.held)
	const asleep = 0.03
	c.awake = hot || c.held > asleep
}

// survey measures the scene as a whole.
func (r *raster) survey(p detect.Planes, levels *ranges, dt float64, w float32) {
	r.reds, r.lights = r.reds[:0], r.lights[:0]
	turns, edges, l := float32(0), float32(1), r.now.light
	for i := r.cols + 1; i < len(r.cells)-r.cols-1; i += sampled {
		s := &r.still[i/sampled]
		s.take(l[i], r.deep.light, w)
		if i%sampledScene < sampled {
			r.reds = append(r.reds, levels.crRed[p.Cr[i]]+levels.cbRed[p.Cb[i]])
			r.lights = append(r.lights, l[i])
		}
		if !r.hot[i] && abs(l[i+1]-l[i-1])+abs(l[i+r.cols]-l[i-r.cols]) > edge {
			turns, edges = turns+s.rate, edges+1
		}
	}
	r.unrest = turns / edges
	if len(r.reds) == 0 {
		return
	}
	slices.Sort(r.reds)
	slices.Sort(r.lights)
	r.grey = r.reds[0] > -colourless && r.reds[len(r.reds)-1] < colourless
	tint := min(max(r.reds[len(r.reds)/4], 0), mostTint)
	white := min(max(r.lights[len(r.lights)*3/4]+overScene, leastWhite), mostWhite)
	slow := weight(dt, dayMemory)
	if r.pictures == 1 {
		slow = 1
	}
	r.lit += slow * (min(max(r.lights[len(r.lights)*3/4]+overDark, darkLit), leastLit) - r.lit)
	r.bright += slow * (r.lights[len(r.lights)-1] - r.bright)
	r.tint += slow * (tint - r.tint)
	r.white += slow * (white - r.white)
}

func abs(x float32) float32 { return max(x, -x) }

// ranges turn bytes of the planes into levels from 0 to 255, and chroma into what it
// adds to red less green and red less blue (ITU-T T.871 clause 7).
type ranges struct{ light, crRed, cbRed, crWarm, cbWarm [256]float32 }

// full and stretched are for pictures of full and of limited range.
var full, stretched = levels(0, 255, 1), levels(16, 235, 255.0/224)

func levels(black, white, chroma float32) (l ranges) {
	for i := range l.light {
		v, c := float32(i), (float32(i)-128)*chroma
		l.light[i] = min(max((v-black)*255/(white-black), 0), 255)
		l.crRed[i], l.cbRed[i] = 2.116*c, 0.344*c
		l.crWarm[i], l.cbWarm[i] = 1.402*c, 1.772*c
	}
	return l
}
