package fire

import (
	"image"
	"math"
	"time"
)

// A cell is what is known of one small square of the picture.
type cell struct {
	now    float32 // share of its pixels that look like flame
	mean   float32 // of now, over about a second
	change float32 // of now from picture to picture, per tenth of a second
	held   float32 // share of the last seconds in which it looked like flame
	since  time.Duration
}

// A grid is the cells of one camera.
type grid struct {
	w, h       int
	cols, rows int
	cells      []cell
	last       time.Duration
	light      float64 // mean of the newest picture
	ready      bool
}

func newGrid(w, h int) *grid {
	g := &grid{w: w, h: h, cols: max(1, w/cellSizeOf(w)), rows: max(1, h/cellSizeOf(h))}
	g.cells = make([]cell, g.cols*g.rows)
	return g
}

func cellSizeOf(side int) int { return min(side, cellPixels) }

// cellPixels is the side of a cell.
const cellPixels = 6

const (
	gap     = 10 * time.Second // after a longer gap nothing is remembered
	recent  = 1.0              // seconds: what mean and change remember
	lasting = 2.0              // seconds: what held remembers
	flash   = 12               // grey levels by which the whole picture may change
	burning = 0.12             // share of a cell that counts as flame
	tenth   = 0.1              // seconds: what change is measured against
)

// see takes in a picture; it reports whether there is anything to judge.
func (g *grid) see(pix []byte, at time.Duration) bool {
	light := g.measure(pix)
	dt := (at - g.last).Seconds()
	first := !g.ready || dt <= 0 || at-g.last > gap
	jump := math.Abs(light-g.light) > flash
	g.light, g.last = light, at
	if first {
		g.ready = true
		for i := range g.cells {
			c := &g.cells[i]
			*c = cell{now: c.now, mean: c.now, since: at}
		}
		return false
	}
	a, b := weight(dt, recent), weight(dt, lasting)
	for i := range g.cells {
		c := &g.cells[i]
		if !jump { // exposure or a lamp: change everywhere is no flicker
			c.change += a * (c.step(dt) - c.change)
		}
		c.mean += a * (c.now - c.mean)
		lit := float32(0)
		if c.now > burning {
			lit = 1
		}
		c.held += b * (lit - c.held)
		if c.held < 0.2 {
			c.since = at
		}
	}
	return true
}

// step is how much the cell changed, as if the pictures were a tenth of a second
// apart.
func (c *cell) step(dt float64) float32 {
	d := c.now - c.mean
	if d < 0 {
		d = -d
	}
	return d * float32(math.Sqrt(tenth/max(dt, tenth)))
}

func weight(dt, constant float64) float32 { return float32(1 - math.Exp(-dt/constant)) }

// measure fills in how much each cell looks like flame, and returns how light the
// picture is.
func (g *grid) measure(pix []byte) float64 {
	sum := 0
	cw, ch := cellSizeOf(g.w), cellSizeOf(g.h)
	for r := range g.rows {
		for c := range g.cols {
			n := 0
			for y := r * ch; y < (r+1)*ch; y++ {
				row := pix[(y*g.w+c*cw)*3 : (y*g.w+(c+1)*cw)*3]
				for x := 0; x < len(row); x += 3 {
					sum += int(row[x+1])
					if flame(row[x], row[x+1], row[x+2]) {
						n++
					}
				}
			}
			g.cells[r*g.cols+c].now = float32(n) / float32(cw*ch)
		}
	}
	return float64(sum) / float64(g.rows*g.cols*cw*ch)
}

// flame reports whether a pixel can be flame: red before green before blue and
// bright, or so bright that the camera's sensor has clipped what was such.
func flame(b, g, r byte) bool {
	rd, gr, bl := int(r), int(g), int(b)
	return rd > 170 && rd >= gr && gr >= bl && rd-bl > 55 && gr > 60 && (gr-bl > 12 || rd-gr > 60)
}

// A place is a connected piece of cells that looked like flame for a while.
type place struct {
	cells  int
	mean   float64 // sums over its cells
	change float64
	held   float64
	since  time.Duration
	box    image.Rectangle
}

func (p place) size() float64 { return float64(p.cells) }

// score is how likely the place is fire.
func (p place) score() float64 {
	if p.cells == 0 || p.mean == 0 {
		return 0
	}
	flicker := p.change / p.mean
	held := p.held / float64(p.cells)
	return logistic(flicker, 0.16, 0.035) * logistic(held, 0.55, 0.06)
}

// places returns the pieces within mask.
func (g *grid) places(mask []byte) []place {
	seen := make([]bool, len(g.cells))
	var out []place
	var stack []int
	hot := func(i int) bool { return mask[i] != 0 && !seen[i] && g.cells[i].held > 0.3 && g.cells[i].mean > 0.08 }
	for start := range g.cells {
		if !hot(start) {
			continue
		}
		seen[start] = true
		stack = append(stack[:0], start)
		p := place{since: g.cells[start].since}
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			c, x, y := g.cells[i], i%g.cols, i/g.cols
			p.cells++
			p.mean, p.change, p.held = p.mean+float64(c.mean), p.change+float64(c.change), p.held+float64(c.held)
			p.since = min(p.since, c.since)
			p.box = p.box.Union(image.Rect(x, y, x+1, y+1))
			for yy := max(0, y-1); yy <= min(g.rows-1, y+1); yy++ {
				for xx := max(0, x-1); xx <= min(g.cols-1, x+1); xx++ {
					if j := yy*g.cols + xx; hot(j) {
						seen[j] = true
						stack = append(stack, j)
					}
				}
			}
		}
		out = append(out, p)
	}
	return out
}

// logistic is 0.5 at middle and rises to 1 within a few widths.
func logistic(x, middle, width float64) float64 { return 1 / (1 + math.Exp(-(x-middle)/width)) }
