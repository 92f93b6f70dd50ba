package gate

import (
	"image"
	"math"
	"slices"
	"time"

	"eastgate/edge/flow"
)

// The grid on which a scene is remembered; a smaller picture keeps its own size.
const gridWidth = 320

// A scene is how a camera's picture usually looks, and how much each place of it
// varies. It adapts to noise, is not deceived by light that changes as a whole, and
// is less easily alarmed at the places where its alarms come to nothing.
type scene struct {
	w, h  int
	mean  []int32 // grey levels, times one
	vary  []int32 // mean absolute deviation, times one
	grey  []byte  // the newest picture
	fresh []bool  // where it differs
	diffs []int   // scratch for the median
	cols  []int   // which columns of the picture are taken
	slow  slow
	tiles tiles

	ready bool
	began time.Duration
	looks int           // since then
	at    time.Duration // of the newest picture
	light float32       // how much brighter it was as a whole
	vain  int           // alarms in a row that came to nothing
	mute  time.Duration // until when none is given of the picture as a whole
}

// Grey levels are kept as whole numbers of a 256th: that is twice as fast.
const (
	bits = 8
	one  = 1 << bits
)

const (
	settle      = 3 * time.Second // after a beginning nothing is judged, nor before so many looks:
	settleLooks = 4
	unknown     = 6 * one          // deviation where none is known yet
	keep        = 12 * time.Second // time constant of what is background
	absorb      = time.Minute      // time constant of what is not
	forget      = time.Minute      // after a longer gap the scene is begun anew
	leastStep   = 7                // grey levels that always count as change
	usual       = 4                // deviations that are no change
	lampStep    = 7                // grey levels by which a picture may change as a whole
	wholeChange = 0.5              // share of the picture that no thing fills
	tile        = 16               // pixels of the grid; tiles overlap by half
	tileCount   = 7                // changed pixels of a tile that are a thing
	firstPause  = 5 * time.Second  // without alarms, after one that came to nothing
	mostPause   = time.Minute
)

// look compares a frame with the scene, learns from it, and says what it suspects.
func (s *scene) look(f *flow.Frame) flow.Urgency {
	s.shrink(f.Image)
	dt := f.PTS - s.at
	if !s.ready || dt <= 0 || dt > forget {
		s.begin(f.PTS)
		return flow.Calm
	}
	s.at = f.PTS
	shift := s.shift()
	jump := math.Abs(float64(shift-s.light)) > lampStep
	changed := s.compare(shift)
	s.looks++
	young := f.PTS-s.began < settle || s.looks < settleLooks
	if jump || float64(changed) > wholeChange*float64(len(s.grey)) {
		s.begin(f.PTS)
		return s.standing(f.PTS) // a lamp, or somebody's hand: the detectors shall see
	}
	s.light = shift
	thing := changed >= tileCount && s.thing()
	s.learn(shift, dt, young)
	creeping := s.slow.look(s.grey, s.w, s.h, dt, thing)
	switch {
	case young:
		return flow.Calm
	case thing:
		return flow.Moving
	case creeping:
		return s.standing(f.PTS)
	}
	return flow.Calm
}

// standing is what a change of the whole picture, or a slow one, is worth: nothing
// while such alarms have come to nothing a short while ago.
func (s *scene) standing(at time.Duration) flow.Urgency {
	if at < s.mute {
		return flow.Calm
	}
	return flow.Standing
}

// judge takes in whether a closer look has found something.
func (s *scene) judge(found bool) {
	s.tiles.judge(found, s.at)
	if found {
		s.vain, s.mute = 0, 0
		return
	}
	s.mute = s.at + min(firstPause<<min(s.vain, 8), mostPause)
	s.vain++
}

func (s *scene) begin(at time.Duration) {
	for i, v := range s.grey {
		s.mean[i] = int32(v) * one
		if s.vary[i] == 0 {
			s.vary[i] = unknown
		}
	}
	s.slow.forget()
	s.ready, s.began, s.at, s.light, s.looks = true, at, at, 0, 0
}

// compare marks where the picture differs from the scene and returns at how many
// places.
func (s *scene) compare(shift float32) (changed int) {
	light := int32(shift * one)
	mean, vary, fresh := s.mean[:len(s.grey)], s.vary[:len(s.grey)], s.fresh[:len(s.grey)]
	for i, v := range s.grey {
		d := int32(v)*one - mean[i] - light
		if d < 0 {
			d = -d
		}
		far := d > leastStep*one && d > usual*vary[i]
		fresh[i] = far
		if far {
			changed++
		}
	}
	return changed
}

// thing reports whether changed places lie close enough together to be one, where that
// is believed.
func (s *scene) thing() (believed bool) {
	for i := range s.tiles.vain {
		n := s.count(i%s.tiles.w*(tile/2), i/s.tiles.w*(tile/2))
		if n >= s.tiles.enough(i, s.at) && s.tiles.raise(i, s.at) {
			believed = true
		}
	}
	return believed
}

// count is how many places of a tile have changed together with a neighbour: noise
// has none.
func (s *scene) count(x, y int) (n int) {
	for row := y; row < min(y+tile, s.h); row++ {
		line := s.fresh[row*s.w : (row+1)*s.w]
		for col := x; col < min(x+tile, s.w); col++ {
			if line[col] && (col > 0 && line[col-1] || col+1 < s.w && line[col+1]) {
				n++
			}
		}
	}
	return n
}

func (s *scene) learn(shift float32, dt time.Duration, young bool) {
	light, still, moved := int32(shift*one), weight(dt, keep), weight(dt, absorb)
	if young {
		still = max(still, one/3)
	}
	mean, vary, fresh := s.mean[:len(s.grey)], s.vary[:len(s.grey)], s.fresh[:len(s.grey)]
	for i, v := range s.grey {
		d := int32(v)*one - mean[i]
		a := still
		if fresh[i] {
			a = moved
		}
		mean[i] += a * d >> bits
		if d -= light; d < 0 {
			d = -d
		}
		vary[i] = max(vary[i]+a*(min(d, 40*one)-vary[i])>>bits, one/2)
	}
}

// shift is how much brighter the picture as a whole has become: the median.
func (s *scene) shift() float32 {
	s.diffs = s.diffs[:0]
	for i := 0; i < len(s.grey); i += 37 {
		s.diffs = append(s.diffs, int(int32(s.grey[i])*one-s.mean[i]))
	}
	slices.Sort(s.diffs)
	return float32(s.diffs[len(s.diffs)/2]) / one
}

// shrink takes the picture's luma into the grid, each place the mean of nine samples:
// averaging is worth more against noise than looking oftener.
func (s *scene) shrink(img *image.YCbCr) {
	fw, fh := img.Rect.Dx(), img.Rect.Dy()
	w := min(gridWidth, fw)
	h := max(1, fh*w/fw)
	if w != s.w || h != s.h {
		*s = scene{w: w, h: h, tiles: newTiles(w, h), mean: make([]int32, w*h), vary: make([]int32, w*h), grey: make([]byte, w*h), fresh: make([]bool, w*h)}
	}
	for len(s.cols) < 3*w {
		s.cols = append(s.cols, min(len(s.cols)*fw/(3*w), fw-1))
	}
	for y := range h {
		a := img.Y[min((3*y)*fh/(3*h), fh-1)*img.YStride:][:fw]
		b := img.Y[min((3*y+1)*fh/(3*h), fh-1)*img.YStride:][:fw]
		c := img.Y[min((3*y+2)*fh/(3*h), fh-1)*img.YStride:][:fw]
		out := s.grey[y*w : (y+1)*w]
		for x := range out {
			i, j, k := s.cols[3*x], s.cols[3*x+1], s.cols[3*x+2]
			sum := uint(a[i]) + uint(a[j]) + uint(a[k]) + uint(b[i]) + uint(b[j]) + uint(b[k]) + uint(c[i]) + uint(c[j]) + uint(c[k])
			out[x] = byte(sum * 7282 >> 16) // by nine
		}
	}
}

// weight is rate in 256ths, rounded up so that something is always learnt.
func weight(dt, constant time.Duration) int32 {
	return int32(math.Ceil(float64(rate(dt, constant)) * one))
}

func rate(dt, constant time.Duration) float32 {
	return float32(1 - math.Exp(-dt.Seconds()/constant.Seconds()))
}
