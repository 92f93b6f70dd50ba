package tamper

import (
	"math"
	"time"
)

// A view remembers where the picture has structure, block by block, at half the size
// of the small grey picture.
type view struct {
	w, h   int // of the small grey picture
	hw, hh int
	half   []byte
	grad   []float32 // of the present picture
	ref    []float32 // remembered
	blocks []block
	last   time.Duration
	began  time.Duration
	ready  bool
	hits   int // judged pictures since the beginning

	whole time.Duration // when nearly all was last itself
	slow  bool          // what is wrong came bit by bit
}

// A block is a part of the view.
type block struct {
	x0, y0, x1, y1 int
	usual          float64 // correlation that it has while all is well
	lum            float64 // how light it is, while all is well

	corr, level float64 // of the newest picture
	now, then   float64 // mean gradient, now and remembered
	most, was   float64 // strongest gradient, now and remembered
	spread      float64 // deviation of the remembered gradients, as a share of their mean
	lost        bool
}

// The picture is judged in a grid of so many blocks.
const (
	across = 8
	down   = 6
)

func newView(w, h int) *view {
	hw, hh := max(w/2, 1), max(h/2, 1)
	v := &view{w: w, h: h, hw: hw, hh: hh, half: make([]byte, hw*hh), grad: make([]float32, hw*hh), ref: make([]float32, hw*hh)}
	for j := range down {
		for i := range across {
			v.blocks = append(v.blocks, block{x0: i * hw / across, y0: j * hh / down, x1: (i + 1) * hw / across, y1: (j + 1) * hh / down})
		}
	}
	return v
}

func (v *view) begin() { v.ready = false }

const (
	settle   = 2 * time.Second  // after a beginning nothing is judged
	remember = 40 * time.Second // time constant of the memory
	replaced = 5 * time.Minute  // and of what is not itself, while most is
	gap      = 2 * time.Minute  // after a longer gap the view is learnt anew
	texture  = 2.2              // mean gradient in grey levels below which a block says nothing
	edges    = 0.8              // spread of gradients below which they are noise
	steady   = 0.55             // correlation that a block must usually have to say anything
	alike    = 0.35             // correlation below which a block is not itself
	fewest   = 4                // blocks that must have something to say
)

// see takes in a picture. It reports whether it can be compared with what is
// remembered.
func (v *view) see(pix []byte, at time.Duration) bool {
	v.gradient(pix)
	if !v.ready || at <= v.last || at-v.last > gap {
		copy(v.ref, v.grad)
		v.ready, v.began, v.last, v.whole, v.hits, v.slow = true, at, at, at, 0, false
		for i := range v.blocks {
			v.blocks[i].measure(v)
			v.blocks[i].usual, v.blocks[i].lum = 1, v.blocks[i].level
		}
		return false
	}
	for i := range v.blocks {
		v.blocks[i].measure(v)
	}
	return true
}

// measure compares a block's gradients with those remembered. The correlation does
// not change when both grow or shrink together, as with the light.
func (b *block) measure(v *view) {
	var n, sg, sr, gg, rr, gr, light float64
	b.most, b.was = 0, 0
	for y := b.y0; y < b.y1; y++ {
		for x := b.x0; x < b.x1; x++ {
			g, r := float64(v.grad[y*v.hw+x]), float64(v.ref[y*v.hw+x])
			n++
			light += float64(v.half[y*v.hw+x])
			sg, sr, gg, rr, gr = sg+g, sr+r, gg+g*g, rr+r*r, gr+g*r
			b.most, b.was = max(b.most, g), max(b.was, r)
		}
	}
	b.corr, b.now, b.then, b.lost = 1, 0, 0, false
	if n == 0 {
		return
	}
	b.now, b.then, b.level = sg/n, sr/n, light/n
	vg, vr := gg/n-b.now*b.now, rr/n-b.then*b.then
	b.spread = math.Sqrt(max(vr, 0)) / max(b.then, 1e-9)
	switch {
	case vr <= 0:
		b.then = 0
	case vg <= 1e-9:
		b.corr = 0
	default:
		b.corr = (gr/n - b.now*b.then) / math.Sqrt(vg*vr)
	}
	b.lost = b.says() && b.corr < min(alike, b.usual-0.25)
}

// says reports whether the block has structure, and keeps it. A coder may hold the
// same noise for many seconds and then another: noise has no edges that stand out.
func (b *block) says() bool { return b.then >= texture && b.spread >= edges && b.usual >= steady }

// learn lets the memory follow what is there; what is not itself only slowly.
func (v *view) learn(at time.Duration) {
	dt := at - v.last
	v.hits++
	// At first the memory is the mean of what was seen, later it fades slowly.
	first := 1 / float64(v.hits+1)
	for i := range v.blocks {
		b := &v.blocks[i]
		a := max(rate(dt, remember), first)
		if b.lost {
			a = rate(dt, replaced)
		}
		b.usual += a * (b.corr - b.usual)
		b.lum += a * (b.level - b.lum)
		for y := b.y0; y < b.y1; y++ {
			for i := y*v.hw + b.x0; i < y*v.hw+b.x1; i++ {
				v.ref[i] += float32(a) * (v.grad[i] - v.ref[i])
			}
		}
	}
}

func rate(dt, constant time.Duration) float64 {
	return 1 - math.Exp(-dt.Seconds()/constant.Seconds())
}

// gradient writes how much the picture changes from pixel to pixel, at half its
// size: noise is structure too.
func (v *view) gradient(pix []byte) {
	w, hw, hh := v.w, v.hw, v.hh
	for y := range hh {
		upper, lower := pix[2*y*w:], pix[min(2*y+1, v.h-1)*w:]
		out := v.half[y*hw : (y+1)*hw]
		for x := range out {
			r := min(2*x+1, w-1)
			out[x] = byte((int(upper[2*x]) + int(upper[r]) + int(lower[2*x]) + int(lower[r])) / 4)
		}
	}
	for y := range hh {
		above, below := v.half[max(0, y-1)*hw:], v.half[min(hh-1, y+1)*hw:]
		row, out := v.half[y*hw:(y+1)*hw], v.grad[y*hw:(y+1)*hw]
		for x := range out {
			dx := int(row[min(hw-1, x+1)]) - int(row[max(0, x-1)])
			dy := int(below[x]) - int(above[x])
			out[x] = float32(max(dx, -dx) + max(dy, -dy))
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
