package dwell

import (
	"math"
	"slices"
)

// A light says how the light of the whole picture differs from the one that is
// remembered: as gain and offset, fitted on a grid of points.
//
// All that the detector remembers is kept in the remembered light, and every
// picture is put into it before it is compared. The remembered light follows the
// real one slowly (see model.relight), so that both stay close.
type light struct {
	points    []float32
	gain, add float32
	resid     []float32
}

const (
	pointStep = 6    // pixels between points of the grid
	fitted    = 12   // grey levels by which a point may be off and still be fitted
	atLeast   = 0.35 // share of the points that must fit: fewer, and the view itself is another
)

// sample returns the grid's points in a picture that is w wide.
func sample(pix []byte, w int, out []float32) []float32 {
	out = out[:0]
	for y := pointStep / 2; y*w < len(pix); y += pointStep {
		for x := pointStep / 2; x < w; x += pointStep {
			out = append(out, float32(pix[y*w+x]))
		}
	}
	return out
}

// fit finds the gain and offset that turn the remembered points into now. It
// reports whether enough of the view is explained by them.
func (l *light) fit(now []float32) bool {
	l.gain, l.add = 1, 0
	if len(now) == 0 || len(now) != len(l.points) {
		return true
	}
	best := l.inliers(now)
	for _, start := range [2][2]float32{{1, l.middle(now, 1)}, {l.ratio(now), 0}} {
		gain, add := start[0], start[1]
		for range 3 {
			gain, add = l.refine(now, gain, add)
		}
		was := [2]float32{l.gain, l.add}
		l.gain, l.add = gain, add
		if n := l.inliers(now); n > best {
			best = n
		} else {
			l.gain, l.add = was[0], was[1]
		}
	}
	return float64(best) >= atLeast*float64(len(now))
}

func (l *light) inliers(now []float32) int {
	n := 0
	for i, v := range now {
		if abs(v-l.gain*l.points[i]-l.add) < fitted {
			n++
		}
	}
	return n
}

// middle is the median of what gain leaves unexplained.
func (l *light) middle(now []float32, gain float32) float32 {
	l.resid = l.resid[:0]
	for i, v := range now {
		l.resid = append(l.resid, v-gain*l.points[i])
	}
	slices.Sort(l.resid)
	return l.resid[len(l.resid)/2]
}

// ratio is the median of how many times lighter a point is than remembered.
func (l *light) ratio(now []float32) float32 {
	l.resid = l.resid[:0]
	for i, v := range now {
		l.resid = append(l.resid, (v+1)/(l.points[i]+1))
	}
	slices.Sort(l.resid)
	return l.resid[len(l.resid)/2]
}

// refine fits a line through the points that the given one nearly meets.
func (l *light) refine(now []float32, gain, add float32) (float32, float32) {
	var n, sx, sy, sxx, sxy float64
	for i, v := range now {
		x := l.points[i]
		if abs(v-gain*x-add) > 2*fitted || v < 3 || v > 252 { // clipped values lie
			continue
		}
		n++
		sx, sy = sx+float64(x), sy+float64(v)
		sxx, sxy = sxx+float64(x)*float64(x), sxy+float64(x)*float64(v)
	}
	if n < 16 {
		return gain, add
	}
	spread := sxx - sx*sx/n
	if spread < 64*n { // too plain a view to tell gain from offset
		return 1, float32((sy - sx) / n)
	}
	g := min(max((sxy-sx*sy/n)/spread, 0.3), 3)
	return float32(g), float32((sy - g*sx) / n)
}

// table turns the picture's values into the remembered light.
func (l *light) table() (t [256]float32) {
	for v := range t {
		t[v] = min(max((float32(v)-l.add)/l.gain, 0), 255)
	}
	return t
}

// follow moves the points by share k towards what they are now.
func (l *light) follow(now []float32, k float32) {
	for i, v := range now {
		l.points[i] += k * (v - l.points[i])
	}
}

func abs(v float32) float32 { return float32(math.Abs(float64(v))) }
