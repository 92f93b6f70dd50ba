package main

import "math"

// A flame is a handful of tongues that rise from one place, each with a life of
// its own, and the light that they throw.
type flame struct {
	x, y    float64 // its foot
	tongues []tongue
}

type tongue struct{ lean, height, width, age, life float64 }

func newFlame(x, y float64) *flame { return &flame{x: x, y: y, tongues: make([]tongue, 9)} }

// paint draws one picture of the flame at a size from 0 to 1.
func (f *flame) paint(c *canvas, size float64) {
	if size <= 0 {
		return
	}
	glow := 0.16 * size * (0.85 + 0.3*c.dice.Float64())
	c.ellipse(f.x, f.y-20, 190*size+30, 110*size+20, colour{255, 140, 50}, 1/glow)
	for i := range f.tongues {
		g := &f.tongues[i]
		if g.age += c.step; g.age > g.life {
			*g = tongue{
				lean: c.dice.Float64() - 0.5, height: 0.5 + c.dice.Float64(), width: 0.5 + 0.6*c.dice.Float64(),
				life: 0.15 + 0.35*c.dice.Float64(),
			}
		}
		f.lick(c, *g, size)
	}
}

// lick draws one tongue: red outside, orange, yellow and white within.
func (f *flame) lick(c *canvas, g tongue, size float64) {
	rise := math.Sin(math.Pi * min(g.age/g.life, 1))
	h := (18 + 80*g.height*size) * (0.45 + 0.55*rise) * size
	w := (7 + 17*g.width) * (0.4 + 0.6*size)
	for _, layer := range []struct {
		col colour
		k   float64
	}{
		{colour{205, 70, 20}, 1}, {colour{250, 130, 28}, 0.78}, {colour{255, 200, 70}, 0.55}, {colour{255, 246, 200}, 0.3},
	} {
		steps := max(int(h*layer.k/3), 1)
		for s := range steps {
			up := float64(s) / float64(steps)
			x := f.x + g.lean*(26+24*up)*size + 3*math.Sin(9*up+40*g.age)
			c.ellipse(x, f.y-up*h*layer.k, w*layer.k*(1-0.85*up), 5, layer.col, 0.35)
		}
	}
}
