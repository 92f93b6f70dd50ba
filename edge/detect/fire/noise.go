//go:build !nocv

package fire

import "slices"

// A depth is how many levels a turn of lightness and of red less blue must go to be
// more than noise.
type depth struct{ light, warm float32 }

// deviations is how many standard deviations of noise are no turn: what a level of
// noise alone ranges over in a second or two.
const deviations = 5

// mostDeep is the deepest turn of lightness that is asked for: what jumps more is no
// noise but rain, and flames jump more than that.
const mostDeep = 2 * deepLight

// usualBright is how light the lightest cells of a well exposed picture are. Darker ones
// flicker by less.
const usualBright = 160

// deepen measures the noise of the newest pictures by how cells change unlike their
// neighbours: light that changes over more than a cell, as that of a flame on the walls
// around it does, is none.
func (r *raster) deepen(w float32) {
	r.jumps.light, r.jumps.warm = r.jumps.light[:0], r.jumps.warm[:0]
	for i := r.cols + 1; r.pictures > 1 && i < len(r.cells)-r.cols-1; i += sampledScene {
		r.jumps.light = append(r.jumps.light, jump(r.now.light, r.last.light, i))
		r.jumps.warm = append(r.jumps.warm, jump(r.now.warm, r.last.warm, i))
	}
	least := deepLight * min(max(r.bright/usualBright, 0.4), 1)
	r.deep.light += w * (min(max(least, deviations*deviation(r.jumps.light)), mostDeep) - r.deep.light)
	r.deep.warm += w * (max(deepWarm, deviations*deviation(r.jumps.warm)) - r.deep.warm)
}

func jump(now, last []float32, i int) float32 {
	return abs(now[i] - last[i] - (now[i-1]-last[i-1]+now[i+1]-last[i+1])/2)
}

// deviation is the standard deviation of a cell's noise, given jumps: the middle one of
// normal noise is 0.6745 of their own deviation, and each is of three cells' noise.
func deviation(jumps []float32) float32 {
	if len(jumps) == 0 {
		return 0
	}
	slices.Sort(jumps)
	return jumps[len(jumps)/2] / 0.6745 / 1.732
}
