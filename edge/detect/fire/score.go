//go:build !nocv

package fire

import (
	"math"

	"eastgate/shared/event"
)

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
	clear(r.hit)
	for _, i := range p.cells {
		t.light += float64(r.cells[i].light.rate)
		t.red += float64(r.cells[i].red - r.tint)
		if k := r.tileOf(i); !r.hit[k] {
			r.hit[k] = true
			s := &r.tiles[k]
			change, made, usual = change+s.change, made+s.made, usual+s.usual
		}
	}
	n := float64(len(p.cells))
	t.area = n * 160 * 90 / float64(len(r.cells))
	t.light, t.red = t.light/n, t.red/n
	t.made, t.usual = made/(change+1), usual/(change+1)
	t.unrest, t.pace = float64(r.unrest), max(r.pace, usualPace)
	return t
}

// usualPace is the longest time between pictures, in seconds, at which ten are judged
// a second: cameras send 12 or 25.
const usualPace = 0.125

// coloured is the least redness of a flame in colour. Less is the white of a flame
// that blinds the sensor, or of one seen in infrared light.
const coloured = 8

// A model weighs the traits: a logistic regression over the clips that README.md
// names, one for flames in colour and one for white ones.
type model struct{ bias, area, light, red, toored, made, usual, unrest, pace float64 }

var (
	inColour = model{bias: -3.83, area: 0.81, light: 15.5, red: 0.38, toored: -0.089, made: 2, usual: 6.9, unrest: -13, pace: -1}
	inWhite  = model{bias: -0.73, area: 1.29, light: 6.3, made: 0.54, usual: 9.1, unrest: -13, pace: -1.15}
)

// A flame changes along one pattern at most this much, where a lamp that blinks has
// nearly 1, and at least this much by no motion, where what a shaken camera sees has
// nearly 0. The clips have too few of either: these are set by hand.
const (
	mostUsual = 0.65
	leastMade = 0.2
)

// logOdds is how likely a place with these traits is fire. A network that looks at
// the place's own picture would add its log odds here.
func (t traits) logOdds() float64 {
	m := inColour
	if t.red < coloured {
		m = inWhite
	}
	z := m.bias +
		m.area*min(max(math.Log(t.area/60), -2), 2) +
		m.light*min(t.light, 0.45) +
		m.red*math.Log(min(max(t.red, 8), 50)/30) +
		m.toored*min(max(0, t.red-60), 60) + // letters and brake lights: no flame is as pure a red
		m.made*t.made +
		m.usual*min(t.usual, 0.4) +
		m.unrest*min(t.unrest, 0.3) +
		m.pace*math.Log(t.pace/usualPace)
	return z - 40*max(0, t.usual-mostUsual) - 12*max(0, leastMade-t.made)
}

// takenByPace is how much of the log odds the time between pictures took.
func (t traits) takenByPace() float64 {
	same := t
	same.pace = usualPace
	return same.logOdds() - t.logOdds()
}

// why tells people what a place's score rests on; README.md explains the names.
func (p place) why(caution float64) event.Why {
	t := p.traits
	w := event.Why{
		"area": t.area / (160 * 90), "turns": t.light, "red": t.red, "made": t.made, "usual": t.usual,
		"unrest": t.unrest, "pace_s": t.pace, "odds": p.total() - caution,
	}
	if p.verdict.looks > 0 {
		w["net"], w["looks"] = p.verdict.odds, float64(p.verdict.looks)
	}
	if caution > 0 {
		w["caution"] = caution
	}
	return w
}
