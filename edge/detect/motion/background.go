package motion

import (
	"math"
	"time"

	"eastgate/edge/detect/light"
)

// A background remembers how each pixel looks and how much it varies. Grey levels
// are kept in parts of 1/fine, for whole numbers are fast.
type background struct {
	w, h  int
	mean  []int32
	vary  []int32 // mean absolute deviation
	prev  []byte  // the picture before
	last  time.Duration
	since time.Duration // of the present background's beginning
	ready bool
	hits  int  // pictures since the beginning
	whole bool // the newest picture was another as a whole

	far       []byte  // of each pixel that changed: how many times its threshold it is off, in eighths; 0 elsewhere
	changed   []int32 // pixels that are off
	then, now []float32
	raw, seen [256]int32 // grey levels as they are, and in the remembered light
	doubt     [256]int32 // how far that may be wrong: cameras bend and clip what is bright
}

func newBackground(w, h int) *background {
	n := w * h
	return &background{w: w, h: h, mean: make([]int32, n), vary: make([]int32, n), prev: make([]byte, n), far: make([]byte, n)}
}

const (
	fine        = 128
	settle      = 2 * time.Second  // after a beginning nothing is judged
	fewest      = 2                // nor before so many pictures
	keep        = 12 * time.Second // time constant of what is background
	absorb      = 30 * time.Second // time constant of what is not
	gap         = 30 * time.Second // after a longer gap the background is begun anew
	wholeChange = 0.5              // share of the picture that no thing fills
	leastStep   = 14 * fine        // that always counts as change
	quietVary   = 4 * fine         // a pixel at rest varies no more than this, where nothing is known
	mostVary    = 40 * fine
)

// look finds what differs from the background, and learns. It reports whether the
// picture could be judged.
func (b *background) look(pix []byte, at time.Duration) bool {
	dt := at - b.last
	b.last, b.whole = at, false
	if !b.ready || dt <= 0 || dt > gap {
		b.begin(pix, at)
		return false
	}
	b.then, b.now = light.Sample(b.mean, b.w, b.then[:0]), light.Sample(pix, b.w, b.now[:0])
	for i := range b.then {
		b.then[i] /= fine
	}
	change, explained := light.Fit(b.then, b.now)
	for v, s := range change.Table() {
		b.raw[v], b.seen[v] = int32(v)*fine, int32(s*fine)
		b.doubt[v] = max(b.seen[v]-b.raw[v], b.raw[v]-b.seen[v]) * 2 / 5
	}
	young := at-b.since < settle || b.hits < fewest
	b.hits++
	b.compare(pix, dt, young)
	if !explained || float64(len(b.changed)) > wholeChange*float64(len(pix)) {
		b.whole = true
		b.begin(pix, at)
		return false
	}
	return !young
}

func (b *background) begin(pix []byte, at time.Duration) {
	for i, v := range pix {
		b.mean[i] = int32(v) * fine
		if b.vary[i] == 0 {
			b.vary[i] = quietVary
		}
	}
	for _, i := range b.changed {
		b.far[i] = 0
	}
	b.changed = b.changed[:0]
	copy(b.prev, pix)
	b.ready, b.last, b.since, b.hits = true, at, at, 0
}

// compare marks the pixels that are off by more than they vary, and lets the
// background follow: soon where all is as before, late where something is. It learns
// grey levels as they are, so that it follows the light too.
func (b *background) compare(pix []byte, dt time.Duration, young bool) {
	for _, i := range b.changed {
		b.far[i] = 0
	}
	b.changed = b.changed[:0]
	still, moved := rate(dt, keep), rate(dt, absorb)
	wobble, jump := still, moved
	if young { // how much each pixel varies must be known soon
		wobble = rate(dt, settle)
		jump = wobble
	}
	means, varies := b.mean[:len(pix)], b.vary[:len(pix)]
	raws, seens, doubts := &b.raw, &b.seen, &b.doubt
	for i, v := range pix {
		mean, vary, raw := means[i], varies[i], raws[v]
		d := seens[v] - mean
		d = max(d, -d)
		limit := max(leastStep, vary*9/2) + doubts[v]
		a, c := still, wobble
		if d > limit {
			a, c = moved, jump
			b.far[i] = byte(min(d*8/limit, 255))
			b.changed = append(b.changed, int32(i))
		}
		means[i] = mean + (raw-mean)*a>>16
		varies[i] = max(vary+(min(d, mostVary)-vary)*c>>16, fine)
	}
}

// rate is how far a value with a time constant moves in dt, in parts of 65536.
func rate(dt, constant time.Duration) int32 {
	return int32(65536 * (1 - math.Exp(-dt.Seconds()/constant.Seconds())))
}
