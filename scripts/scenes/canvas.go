package main

import (
	"math"
	"math/rand/v2"
)

// A colour is red, green and blue from 0 to 255.
type colour [3]float64

// lit returns c under light of strength k.
func (c colour) lit(k float64) colour { return colour{c[0] * k, c[1] * k, c[2] * k} }

// A canvas is the picture being drawn, and the dice of its scene.
type canvas struct {
	pix  []float64
	out  []byte
	dice *rand.Rand
	step float64 // seconds from one picture to the next
}

func newCanvas(seed uint64, fps int) *canvas {
	return &canvas{
		pix:  make([]float64, width*height*3),
		out:  make([]byte, width*height*3),
		dice: rand.New(rand.NewPCG(seed, 1)),
		step: 1 / float64(fps),
	}
}

func (c *canvas) blend(x, y int, col colour, a float64) {
	if x < 0 || y < 0 || x >= width || y >= height {
		return
	}
	p := c.pix[(y*width+x)*3:]
	for i := range 3 {
		p[i] += (col[i] - p[i]) * a
	}
}

// rect fills a rectangle with a colour.
func (c *canvas) rect(x, y, w, h float64, col colour) {
	for yy := int(y); yy < int(y+h); yy++ {
		for xx := int(x); xx < int(x+w); xx++ {
			c.blend(xx, yy, col, 1)
		}
	}
}

// ellipse fills an ellipse; soft is how much of its radius fades out.
func (c *canvas) ellipse(cx, cy, rx, ry float64, col colour, soft float64) {
	for y := int(cy - ry - 1); y <= int(cy+ry+1); y++ {
		for x := int(cx - rx - 1); x <= int(cx+rx+1); x++ {
			d := math.Hypot((float64(x)-cx)/rx, (float64(y)-cy)/ry)
			if a := (1 - d) / max(soft, 0.02); a > 0 {
				c.blend(x, y, col, min(a, 1))
			}
		}
	}
}

// texture roughens a rectangle, so that it has edges to lose when the lens is
// covered. It is the same at every call with one seed.
func (c *canvas) texture(x, y, w, h, strength float64, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, 2))
	const grain = 6
	for yy := y; yy < y+h; yy += grain {
		for xx := x; xx < x+w; xx += grain {
			k := 1 + strength*(dice.Float64()-0.5)
			for j := range grain {
				for i := range grain {
					px, py := int(xx)+i, int(yy)+j
					if px < width && py < height && px >= 0 && py >= 0 {
						p := c.pix[(py*width+px)*3:]
						p[0], p[1], p[2] = p[0]*k, p[1]*k, p[2]*k
					}
				}
			}
		}
	}
}

// light scales the whole picture, as a lamp or an exposure change does.
func (c *canvas) light(k float64) {
	for i := range c.pix {
		c.pix[i] *= k
	}
}

// keep returns a copy of the picture, and show puts it back: what does not move
// is drawn once.
func (c *canvas) keep() []float64 { return append([]float64(nil), c.pix...) }

func (c *canvas) show(kept []float64) { copy(c.pix, kept) }

// noisy returns the picture as a sensor would give it, with noise of the given
// standard deviation in grey levels.
func (c *canvas) noisy(sigma float64) []byte {
	for i := 0; i < len(c.pix); i += 3 {
		// Cheap and near enough to a bell: the sum of two even draws.
		n := (c.dice.Float64() + c.dice.Float64() - 1) * sigma * 2.45
		for j := range 3 {
			c.out[i+j] = byte(min(max(c.pix[i+j]+n, 0), 255))
		}
	}
	return c.out
}
