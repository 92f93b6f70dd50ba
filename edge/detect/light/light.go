// Package light says how the light of a picture differs from the one in which a
// place is remembered: as a gain and an offset, fitted on a grid of points, so that
// lamps, exposure and dusk can be told from things.
package light

const (
	pointStep = 6    // pixels between points of the grid
	fitted    = 12   // grey levels by which a point may be off and still be fitted
	atLeast   = 0.35 // share of the points that must fit: fewer, and the view itself is another
)

// A Change turns remembered grey levels into those of now: Gain*then + Add.
type Change struct{ Gain, Add float32 }

// None is no change.
var None = Change{Gain: 1}

// Sample appends the grid's points of a picture that is w wide.
func Sample[T byte | int32 | float32](pix []T, w int, out []float32) []float32 {
	for y := pointStep / 2; y*w < len(pix); y += pointStep {
		for x := pointStep / 2; x < w; x += pointStep {
			out = append(out, float32(pix[y*w+x]))
		}
	}
	return out
}

// Fit finds the change from then to now. It reports whether enough of the view is
// explained by it.
func Fit(then, now []float32) (Change, bool) {
	best := None
	if len(now) == 0 || len(now) != len(then) {
		return best, true
	}
	most := best.inliers(then, now)
	for _, c := range [2]Change{{1, middle(then, now)}, {ratio(then, now), 0}} {
		for range 3 {
			c = c.refine(then, now)
		}
		if n := c.inliers(then, now); n > most {
			best, most = c, n
		}
	}
	return best, float64(most) >= atLeast*float64(len(now))
}

func (c Change) inliers(then, now []float32) int {
	n := 0
	for i, v := range now {
		if d := v - c.Gain*then[i] - c.Add; d < fitted && d > -fitted {
			n++
		}
	}
	return n
}

// middle is the median of how many grey levels lighter a point is.
func middle(then, now []float32) float32 {
	return median(now, func(i int) float32 { return now[i] - then[i] + 255 }) - 255
}

// ratio is the median of how many times lighter a point is.
func ratio(then, now []float32) float32 {
	const one = 64 // the bucket of a ratio of 1
	return median(now, func(i int) float32 { return (now[i] + 1) / (then[i] + 1) * one }) / one
}

// median counts values from 0 to 510 in buckets of 1.
func median(points []float32, value func(i int) float32) float32 {
	var count [511]int
	for i := range points {
		count[min(max(int(value(i)+0.5), 0), 510)]++
	}
	left := (len(points) + 1) / 2
	for b, n := range count {
		if left -= n; left <= 0 {
			return float32(b)
		}
	}
	return 0
}

// refine fits a line through the points that c nearly meets.
func (c Change) refine(then, now []float32) Change {
	var n, sx, sy, sxx, sxy float64
	for i, v := range now {
		x := then[i]
		if d := v - c.Gain*x - c.Add; d > 2*fitted || d < -2*fitted || v < 3 || v > 252 { // clipped values lie
			continue
		}
		n++
		sx, sy = sx+float64(x), sy+float64(v)
		sxx, sxy = sxx+float64(x)*float64(x), sxy+float64(x)*float64(v)
	}
	if n < 16 {
		return c
	}
	spread := sxx - sx*sx/n
	if spread < 64*n { // too plain a view to tell gain from offset
		return Change{1, float32((sy - sx) / n)}
	}
	g := min(max((sxy-sx*sy/n)/spread, 0.3), 3)
	return Change{float32(g), float32((sy - g*sx) / n)}
}

// Table turns grey levels of now into the remembered light.
func (c Change) Table() (t [256]float32) {
	for v := range t {
		t[v] = min(max((float32(v)-c.Add)/c.Gain, 0), 255)
	}
	return t
}
