//go:build !nocv

package fire

import "math"

// traits are what tells a flame from other things: averages over a place's cells
// and the last seconds.
type traits struct {
	area   float64 // flickering cells, as if the picture had 160 by 90
	light  float64 // turns of lightness per picture
	red    float64 // levels of red over green, beyond the scene's tint
	made   float64 // share of change that no motion explains
	usual  float64 // share of change along one pattern
	unrest float64 // turns of edges elsewhere
	pace   float64 // seconds between pictures: the fewer, the more alike flames and passers-by
}

func (r *raster) traits(p place) traits {
	var t traits
	var change, made, usual float64
	hit := make([]bool, len(r.tiles))
	for _, i := range p.cells {
		t.light += float64(r.cells[i].light.rate)
		t.red += float64(r.cells[i].red - r.tint)
		if k := r.tileOf(i); !hit[k] {
			hit[k] = true
			s := &r.tiles[k]
			change, made, usual = change+s.change, made+s.made, usual+s.usual
		}
	}
	n := float64(len(p.cells))
	t.area = n * 160 * 90 / float64(len(r.cells))
	t.light, t.red = t.light/n, t.red/n
	t.made, t.usual = made/(change+1), usual/(change+1)
	t.unrest, t.pace = float64(r.unrest), max(r.pace, 0.1)
	return t
}

// score is how likely a place with these traits is fire: a logistic regression
// over the clips that README.md names. A network that looks at the place's own
// picture would add its log odds here.
func (t traits) score() float64 { return 1 / (1 + math.Exp(-t.logOdds())) }

func (t traits) logOdds() float64 {
	z := -7.1 +
		1.7*min(math.Log(t.area/60), 2) +
		22*min(t.light, 0.4) +
		1.3*math.Log(min(max(t.red, 10), 50)/30) -
		0.085*max(0, t.red-60) + // letters and brake lights: no flame is as pure a red
		6.2*t.made +
		1.3*min(t.usual, 0.4) -
		15*t.unrest -
		0.6*math.Log(t.pace/0.1)
	if lamp := t.usual - mostUsual; lamp > 0 {
		z -= 40 * lamp
	}
	return z
}

// mostUsual is the largest share of a flame's change that goes along one pattern.
// A lamp that blinks has nearly 1. None of the clips has one: it is set by hand.
const mostUsual = 0.65
