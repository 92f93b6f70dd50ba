package main

import "math"

// A scene is one camera's view.
type scene struct {
	name    string
	fps     int
	seconds int
	encoder string
	options []string
	noise   float64 // standard deviation in grey levels
	// world draws what stands still and returns what paints the rest at a time.
	world func(c *canvas) func(t float64)
}

// scenes lists what the demo site's cameras see.
func scenes() []scene {
	return []scene{
		{"street", demoFPS, demoSeconds, "libx264", nil, 2.5, street},
		{"courtyard", demoFPS, demoSeconds, "libx264", nil, 3, courtyard},
		{"shop", demoFPS, demoSeconds, "libx264", nil, 5, shop},
		{"gate", demoFPS, demoSeconds, "libx264", nil, 2.5, gate},
		{"lane", demoFPS, demoSeconds, "libx265", []string{"-x265-params", "log-level=error:pools=1"}, 2.5, lane},
		{"yard", demoFPS, demoSeconds, "libx264", nil, 3, yard},
	}
}

// between is 0 before a, 1 after b, and rises evenly from one to the other.
func between(t, a, b float64) float64 { return min(max((t-a)/(b-a), 0), 1) }

// street: traffic, and a car that pulls over into the fire lane at 9 s, stands
// there from 12 to 58 s and drives off.
func street(c *canvas) func(float64) {
	c.rect(0, 0, width, 120, colour{150, 170, 190})
	for i := range 5 { // houses
		x := float64(i) * 130
		c.rect(x, 30+float64(i%2)*14, 122, 110, colour{150 - float64(i)*8, 135, 120})
		for j := range 6 {
			c.rect(x+12+float64(j%3)*36, 50+float64(j/3)*40, 22, 26, colour{70, 85, 100})
		}
	}
	c.rect(0, 140, width, 40, colour{140, 138, 132}) // pavement
	c.rect(0, 180, width, 180, colour{92, 92, 95})   // road
	c.texture(0, 0, width, height, 0.12, 3)
	for x := 0.0; x < width; x += 80 {
		c.rect(x, 228, 40, 4, colour{210, 210, 205})
	}
	c.rect(330, 292, 260, 62, colour{104, 84, 80}) // fire lane
	for x := 330.0; x < 590; x += 26 {
		c.rect(x, 292, 12, 4, colour{200, 60, 50})
		c.rect(x, 350, 12, 4, colour{200, 60, 50})
	}
	kept := c.keep()
	return func(t float64) {
		c.show(kept)
		for i := range 9 { // through traffic, both ways
			at := math.Mod(t*1.25+float64(i)*11.3, demoSeconds*1.25)
			x := at*110 - 140
			if i%2 == 0 {
				car(c, x, 186, 88, colour{60 + float64(i)*18, 70, 150 - float64(i)*10})
			} else {
				car(c, width-x, 236, 96, colour{190 - float64(i)*12, 180, 170})
			}
		}
		in, off := between(t, 8, 12), between(t, 58, 61)
		if t > 8 && t < 61 {
			car(c, -140+560*ease(in)+320*off*off, 300-14*(1-ease(in)), 112, colour{176, 42, 40})
		}
	}
}

// ease is 0 to 1 with a gentle stop.
func ease(k float64) float64 { return 1 - (1-k)*(1-k) }

func car(c *canvas, x, y, l float64, col colour) {
	h := l * 0.42
	c.ellipse(x+l/2, y+h, l*0.52, 5, colour{45, 45, 48}, 0.6) // its shadow
	c.rect(x, y+h*0.4, l, h*0.5, col)
	c.rect(x+l*0.18, y, l*0.6, h*0.45, col.lit(0.85))
	c.rect(x+l*0.23, y+4, l*0.22, h*0.32, colour{40, 50, 60})
	c.rect(x+l*0.5, y+4, l*0.23, h*0.32, colour{40, 50, 60})
	for _, wx := range []float64{0.2, 0.8} {
		c.ellipse(x+l*wx, y+h*0.92, l*0.09, l*0.09, colour{25, 25, 27}, 0.1)
	}
	c.rect(x+l-4, y+h*0.5, 4, 6, colour{230, 225, 190})
}

// courtyard: dusk; beside the bins something burns from 14 to 62 s.
func courtyard(c *canvas) func(float64) {
	for y := range height {
		k := float64(y) / height
		c.rect(0, float64(y), width, 1, colour{34 + 26*k, 40 + 24*k, 62 - 6*k})
	}
	c.rect(40, 40, 240, 200, colour{58, 54, 60})
	c.rect(360, 60, 250, 180, colour{52, 52, 60})
	for i := range 12 {
		lamp := colour{30, 32, 40}
		if i%5 == 1 {
			lamp = colour{206, 176, 104} // a lit window is no fire
		}
		c.rect(60+float64(i%4)*56, 60+float64(i/4)*54, 30, 32, lamp)
	}
	c.rect(0, 240, width, 120, colour{62, 64, 66})
	c.texture(0, 30, width, 330, 0.22, 5)
	c.rect(430, 236, 34, 46, colour{30, 66, 44})
	c.rect(470, 238, 34, 44, colour{34, 60, 90})
	kept := c.keep()
	f := newFlame(430, 276)
	return func(t float64) {
		c.show(kept)
		x := math.Mod(t*34, width*3) - 60 // somebody walks through now and then
		walker(c, x, 250, 62, colour{40, 42, 52}, t)
		f.paint(c, between(t, 14, 26)*(1-between(t, 58, 62)))
	}
}

// shop: a noisy picture; the light is switched off at 22 s and on at 30 s, and
// somebody comes in from 38 to 52 s.
func shop(c *canvas) func(float64) {
	c.rect(0, 0, width, height, colour{120, 116, 108})
	c.rect(0, 250, width, 110, colour{96, 88, 80})
	for s := range 3 {
		y := 60 + float64(s)*62
		for i := range 20 {
			k := float64((i*37+s*53)%60) + 70
			c.rect(30+float64(i)*29, y, 22, 44, colour{k + 60, 200 - k, 90 + float64(s)*30})
		}
		c.rect(24, y+44, 590, 8, colour{70, 56, 44})
	}
	c.texture(0, 0, width, height, 0.1, 8)
	kept := c.keep()
	return func(t float64) {
		c.show(kept)
		if t > 38 && t < 52 {
			walker(c, 660-between(t, 38, 44)*360+between(t, 46, 52)*400, 150, 170, colour{52, 60, 84}, t)
		}
		if t > 22 && t < 30 {
			c.light(0.42)
		}
	}
}

// gate: people pass; a hand covers the lens from 18 to 48 s.
func gate(c *canvas) func(float64) {
	c.rect(0, 0, width, 150, colour{170, 185, 200})
	c.rect(60, 60, 120, 210, colour{150, 110, 90})
	c.rect(460, 60, 120, 210, colour{150, 110, 90})
	for i := range 14 {
		c.rect(186+float64(i)*20, 90, 5, 180, colour{60, 62, 66})
	}
	c.rect(0, 270, width, 90, colour{120, 120, 116})
	c.texture(0, 0, width, height, 0.25, 11)
	kept := c.keep()
	return func(t float64) {
		c.show(kept)
		if t > 60 && t < 74 {
			walker(c, -40+between(t, 60, 74)*720, 190, 110, colour{70, 50, 60}, t)
		}
		cover := between(t, 18, 19.2) * (1 - between(t, 47, 48))
		if cover > 0 {
			x := -460 + cover*780
			c.ellipse(x, 180, 460, 330, colour{58, 40, 36}, 0.12)
		}
	}
}

// lane: somebody on foot every twenty seconds, and an e-bike.
func lane(c *canvas) func(float64) {
	c.rect(0, 0, width, height, colour{128, 126, 120})
	c.rect(0, 0, 200, 300, colour{150, 132, 112})
	c.rect(440, 0, 200, 300, colour{138, 128, 118})
	c.rect(200, 0, 240, 120, colour{165, 180, 195})
	c.rect(200, 120, 240, 240, colour{112, 112, 112})
	c.texture(0, 0, width, height, 0.2, 17)
	kept := c.keep()
	return func(t float64) {
		c.show(kept)
		at := math.Mod(t, 20)
		if at > 8 && at < 18 {
			k := between(at, 8, 18)
			walker(c, 300-60*k, 110+140*k, 50+80*k, colour{60, 70, 110}, t)
		}
		if t > 64 && t < 70 {
			k := between(t, 64, 70)
			c.ellipse(340+60*k, 330-180*k, 26-14*k, 26-14*k, colour{30, 30, 34}, 0.1)
			walker(c, 330+60*k, 250-150*k, 90-50*k, colour{180, 150, 60}, t)
		}
	}
}

// yard: nothing happens but noise and leaves in the wind. Nothing may be reported.
func yard(c *canvas) func(float64) {
	c.rect(0, 0, width, 160, colour{160, 178, 196})
	c.rect(0, 160, width, 200, colour{110, 116, 96})
	c.rect(240, 70, 180, 150, colour{160, 140, 122})
	c.texture(0, 0, width, height, 0.22, 23)
	kept := c.keep()
	return func(t float64) {
		c.show(kept)
		for i := range 9 {
			sway := 2.2 * math.Sin(t*2*math.Pi/5+float64(i))
			c.ellipse(70+float64(i%3)*24+sway, 120+float64(i/3)*22, 18, 13, colour{50, 92 + float64(i)*3, 48}, 0.3)
		}
	}
}

// walker draws a person as a figure without a face: head, coat and two legs.
func walker(c *canvas, x, y, h float64, col colour, t float64) {
	swing := math.Sin(t*7) * h * 0.1
	c.ellipse(x, y+h*0.1, h*0.08, h*0.1, colour{150, 120, 100}, 0.2)
	c.ellipse(x, y+h*0.4, h*0.14, h*0.24, col, 0.1)
	c.rect(x-h*0.08+swing, y+h*0.6, h*0.07, h*0.4, col.lit(0.6))
	c.rect(x+h*0.02-swing, y+h*0.6, h*0.07, h*0.4, col.lit(0.5))
}
