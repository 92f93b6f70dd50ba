package motion

import (
	"math"
	"slices"
	"time"
)

// A background remembers how each pixel looks and how much it varies.
type background struct {
	w, h  int
	mean  []float32
	vary  []float32 // mean absolute deviation in grey levels
	last  time.Duration
	ready bool
	since time.Duration // of the present background's beginning
	light float32       // how much brighter the newest picture was as a whole
	shift []int         // scratch for the median
}

func newBackground(w, h int) *background {
	return &background{w: w, h: h, mean: make([]float32, w*h), vary: make([]float32, w*h)}
}

const (
	settle      = 2 * time.Second  // after a beginning nothing is judged
	lampStep    = 7                // grey levels by which the whole picture may change at once
	keep        = 12 * time.Second // time constant of what is background
	absorb      = 30 * time.Second // time constant of what is not
	gap         = 30 * time.Second // after a longer gap the background is begun anew
	wholeChange = 0.5              // share of the picture that no thing fills
	leastStep   = 14               // grey levels that always count as change
	quietVary   = 4                // a pixel at rest varies no more than this, where nothing is known
)

// foreground writes 255 where pix differs from the background, and learns. It
// reports whether the picture could be judged.
func (b *background) foreground(pix []byte, at time.Duration, out []byte) bool {
	dt := at - b.last
	if !b.ready || dt <= 0 || dt > gap {
		b.begin(pix, at)
		return false
	}
	b.last = at
	shift := b.medianShift(pix)
	if math.Abs(float64(shift-b.light)) > lampStep { // a lamp, or the camera's exposure
		b.begin(pix, at)
		return false
	}
	b.light = shift
	n := 0
	for i, v := range pix {
		d := float32(math.Abs(float64(float32(v) - b.mean[i] - shift)))
		out[i] = 0
		if d > max(leastStep, 4.5*b.vary[i]) {
			out[i] = 255
			n++
		}
	}
	if float64(n) > wholeChange*float64(len(pix)) {
		b.begin(pix, at)
		return false
	}
	young := at-b.since < settle
	b.learn(pix, out, shift, dt, young)
	return !young
}

func (b *background) begin(pix []byte, at time.Duration) {
	for i, v := range pix {
		b.mean[i] = float32(v)
		if b.vary[i] == 0 {
			b.vary[i] = quietVary
		}
	}
	b.ready, b.last, b.since, b.light = true, at, at, 0
}

// medianShift is how much brighter the picture as a whole has become.
func (b *background) medianShift(pix []byte) float32 {
	b.shift = b.shift[:0]
	for i := 0; i < len(pix); i += 37 {
		b.shift = append(b.shift, int(math.Round(float64(float32(pix[i])-b.mean[i]))))
	}
	slices.Sort(b.shift)
	return float32(b.shift[len(b.shift)/2])
}

func (b *background) learn(pix, fg []byte, shift float32, dt time.Duration, young bool) {
	still := rate(dt, keep)
	moved := rate(dt, absorb)
	noise := rate(dt, settle) // how much each pixel varies must be known soon
	for i, v := range pix {
		d := float32(v) - b.mean[i]
		a := still
		if fg[i] != 0 {
			a = moved
		}
		b.mean[i] += a * d
		dev := float32(math.Abs(float64(d - shift)))
		if young {
			a = noise
		}
		b.vary[i] += a * (min(dev, 40) - b.vary[i])
		b.vary[i] = max(b.vary[i], 1)
	}
}

func rate(dt, constant time.Duration) float32 {
	return float32(1 - math.Exp(-dt.Seconds()/constant.Seconds()))
}
