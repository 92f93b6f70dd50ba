package main

import "math"

// Places are quiet films that loop without a seam, and films of what happens there,
// which begin and end as the quiet one does. Those who measure play them as cameras:
// many that show nothing, few that show something at a known time.

// placeFPS is what cameras send.
const placeFPS = 25

// A place is what stands still there and what happens.
type place struct {
	name    string
	seconds int // of what happens
	noise   float64
	still   func(c *canvas)
	happens func(c *canvas) func(t float64)
}

// places returns two scenes of each place: NAME-quiet and NAME-busy.
func places() []scene {
	var out []scene
	for _, p := range []place{
		{"bins", 26, 2.5, bins, burns},
		{"firelane", 26, 2.5, fireLane, parks},
		{"door", 20, 2.5, door, covers},
		{"path", 16, 2.5, path, passes},
	} {
		out = append(
			out,
			scene{p.name + "-quiet", placeFPS, 8, "libx264", sharp, p.noise, p.world(false)},
			scene{p.name + "-busy", placeFPS, p.seconds, "libx264", sharp, p.noise, p.world(true)},
		)
	}
	return out
}

// sharp keeps what is drawn: these films are coded once more, as cameras code.
var sharp = []string{"-crf", "14"}

// world paints a place, with leaves in the wind that are back after four seconds.
func (p place) world(busy bool) func(c *canvas) func(t float64) {
	return func(c *canvas) func(t float64) {
		p.still(c)
		kept := c.keep()
		happens := func(float64) {}
		if busy {
			happens = p.happens(c)
		}
		return func(t float64) {
			c.show(kept)
			for i := range 5 {
				sway := 1.2 * math.Sin(t*2*math.Pi/4+float64(i))
				c.ellipse(26+float64(i%3)*18+sway, 40+float64(i/3)*16, 13, 10, colour{50, 92 + float64(i)*3, 48}, 0.3)
			}
			happens(t)
		}
	}
}

// bins: a yard at dusk with its bins; beside them it burns from 3 to 24 s.
func bins(c *canvas) {
	for y := range height {
		k := float64(y) / height
		c.rect(0, float64(y), width, 1, colour{44 + 26*k, 50 + 24*k, 72 - 6*k})
	}
	c.rect(120, 40, 240, 200, colour{68, 64, 70})
	c.rect(0, 240, width, 120, colour{72, 74, 76})
	c.texture(0, 30, width, 330, 0.22, 31)
	c.rect(430, 236, 34, 46, colour{30, 66, 44})
	c.rect(470, 238, 34, 44, colour{34, 60, 90})
}

func burns(c *canvas) func(float64) {
	f := newFlame(420, 276)
	return func(t float64) { f.paint(c, between(t, 3, 8)*(1-between(t, 22, 24))) }
}

// fireLane: a lane without traffic; a car drives in from 3 to 6 s, stands in the
// marked lane and leaves from 22 to 25 s.
func fireLane(c *canvas) {
	c.rect(0, 0, width, 140, colour{150, 150, 146})
	c.rect(0, 140, width, 40, colour{140, 138, 132})
	c.rect(0, 180, width, 180, colour{92, 92, 95})
	c.texture(0, 0, width, height, 0.14, 37)
	c.rect(330, 292, 260, 62, colour{104, 84, 80})
	for x := 330.0; x < 590; x += 26 {
		c.rect(x, 292, 12, 4, colour{200, 60, 50})
		c.rect(x, 350, 12, 4, colour{200, 60, 50})
	}
}

func parks(c *canvas) func(float64) {
	return func(t float64) {
		if in, off := between(t, 3, 6), between(t, 22, 25); in > 0 && off < 1 {
			car(c, -140+560*ease(in)+320*off*off, 300, 112, colour{176, 42, 40})
		}
	}
}

// door: a gate; a hand covers the lens from 4 to 18 s.
func door(c *canvas) {
	c.rect(0, 0, width, 150, colour{170, 185, 200})
	c.rect(60, 60, 120, 210, colour{150, 110, 90})
	c.rect(460, 60, 120, 210, colour{150, 110, 90})
	for i := range 14 {
		c.rect(186+float64(i)*20, 90, 5, 180, colour{60, 62, 66})
	}
	c.rect(0, 270, width, 90, colour{120, 120, 116})
	c.texture(0, 0, width, height, 0.25, 41)
}

func covers(c *canvas) func(float64) {
	return func(t float64) {
		if cover := between(t, 3, 4) * (1 - between(t, 18, 19)); cover > 0 {
			c.ellipse(-460+cover*780, 180, 460, 330, colour{58, 40, 36}, 0.12)
		}
	}
}

// path: somebody walks through from 3 to 13 s.
func path(c *canvas) {
	c.rect(0, 0, width, height, colour{128, 126, 120})
	c.rect(0, 0, 200, 230, colour{150, 132, 112})
	c.rect(440, 0, 200, 230, colour{138, 128, 118})
	c.rect(0, 230, width, 130, colour{112, 112, 112})
	c.texture(0, 0, width, height, 0.2, 43)
}

func passes(c *canvas) func(float64) {
	return func(t float64) {
		if k := between(t, 3, 13); k > 0 && k < 1 {
			walker(c, -30+k*(width+60), 200, 120, colour{60, 70, 110}, t)
		}
	}
}
