package tamper

import (
	"math"
	"time"
)

// A view remembers where the picture has structure, block by block.
type view struct {
	w, h   int
	grad   []float32 // of the present picture
	smooth []byte
	ref    []float32 // remembered
	blocks []block
	last   time.Duration
	began  time.Duration
	ready  bool
	hits   int // judged pictures since the beginning
}

type block struct{ x0, y0, x1, y1 int }

// The picture is judged in a grid of so many blocks.
const (
	across = 6
	down   = 4
)

func newView(w, h int) *view {
	v := &view{w: w, h: h, grad: make([]float32, w*h), ref: make([]float32, w*h), smooth: make([]byte, w*h)}
	for j := range down {
		for i := range across {
			v.blocks = append(v.blocks, block{i * w / across, j * h / down, (i + 1) * w / across, (j + 1) * h / down})
		}
	}
	return v
}

func (v *view) begin() { v.ready = false }

const (
	settle   = 2 * time.Second  // after a beginning nothing is judged
	remember = 40 * time.Second // time constant of the memory
	gap      = 2 * time.Minute  // after a longer gap the view is learnt anew
	texture  = 2.2              // mean gradient in grey levels below which a block says nothing
	alike    = 0.35             // correlation below which a block is not itself
	lost     = 0.6              // share of the blocks that must be lost
	flat     = 0.45             // gradient left, as a share, below which a lens is covered
	darkness = 14               // mean grey level of black
)

// judge returns what is wrong, or nothing, and how clearly. black says that the
// picture is that dark.
func (v *view) judge(pix []byte, at time.Duration, black bool) (note string, score float64) {
	v.gradient(pix)
	if !v.ready || at <= v.last || at-v.last > gap {
		copy(v.ref, v.grad)
		v.ready, v.began, v.last, v.hits = true, at, at, 0
		return "", 0
	}
	dt := at - v.last
	v.last = at
	share, left, judged := v.compare()
	wrong := judged >= 4 && share >= lost
	switch {
	case black && (wrong || v.blank()):
		note = "black"
	case wrong && left < flat:
		note = "covered"
	case wrong:
		note = "moved"
	}
	if note == "" || at-v.began < settle {
		v.learn(dt)
		return "", 0
	}
	return note, min(1, 0.5+max(share-lost, 0)/(1-lost)/2)
}

// blank says that nothing at all has structure: a picture that was black from the
// beginning has nothing to be compared with.
func (v *view) blank() bool {
	for _, b := range v.blocks {
		if _, now, _ := v.correlate(b); now >= texture {
			return false
		}
	}
	return true
}

// compare returns the share of blocks that are not themselves any more, how much
// of the structure is left, and how many blocks had enough to say.
func (v *view) compare() (share, left float64, judged int) {
	gone := 0
	var now, then float64
	for _, b := range v.blocks {
		c, g, r := v.correlate(b)
		if r < texture {
			continue
		}
		judged++
		now += g
		then += r
		if c < alike {
			gone++
		}
	}
	if judged == 0 {
		return 0, 1, 0
	}
	return float64(gone) / float64(judged), now / then, judged
}

// correlate compares a block's gradients with those remembered; it does not change
// when both grow or shrink together, as with the light.
func (v *view) correlate(b block) (corr, now, then float64) {
	var n, sg, sr, gg, rr, gr float64
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			g, r := float64(v.grad[y*v.w+x]), float64(v.ref[y*v.w+x])
			n++
			sg += g
			sr += r
			gg += g * g
			rr += r * r
			gr += g * r
		}
	}
	if n == 0 {
		return 1, 0, 0
	}
	vg, vr := gg/n-sg*sg/n/n, rr/n-sr*sr/n/n
	if vr <= 0 {
		return 1, sg / n, 0
	}
	if vg <= 1e-9 {
		return 0, sg / n, sr / n
	}
	return (gr/n - sg*sr/n/n) / math.Sqrt(vg*vr), sg / n, sr / n
}

func (v *view) learn(dt time.Duration) {
	v.hits++
	// At first the memory is the mean of what was seen, later it fades slowly.
	a := max(float32(1-math.Exp(-dt.Seconds()/remember.Seconds())), 1/float32(v.hits+1))
	for i, g := range v.grad {
		v.ref[i] += a * (g - v.ref[i])
	}
}

// gradient writes how much the picture changes from pixel to pixel, smoothed
// first, since noise is structure too.
func (v *view) gradient(pix []byte) {
	w, h := v.w, v.h
	for y := range h {
		for x := range w {
			sum, n := 0, 0
			for yy := max(0, y-1); yy <= min(h-1, y+1); yy++ {
				for xx := max(0, x-1); xx <= min(w-1, x+1); xx++ {
					sum += int(pix[yy*w+xx])
					n++
				}
			}
			v.smooth[y*w+x] = byte(sum / n)
		}
	}
	for y := range h {
		for x := range w {
			l, r := v.smooth[y*w+max(0, x-1)], v.smooth[y*w+min(w-1, x+1)]
			u, d := v.smooth[max(0, y-1)*w+x], v.smooth[min(h-1, y+1)*w+x]
			v.grad[y*w+x] = float32(math.Abs(float64(int(r)-int(l))) + math.Abs(float64(int(d)-int(u))))
		}
	}
}

func average(pix []byte) float64 {
	sum := 0
	for _, p := range pix {
		sum += int(p)
	}
	return float64(sum) / float64(max(1, len(pix)))
}
