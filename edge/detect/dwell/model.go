package dwell

import (
	"image"
	"math"
	"slices"
	"time"
)

// A model remembers the empty place and since when each pixel has been still.
type model struct {
	w, h  int
	empty []float32       // how the place looks with nothing in it
	prev  []float32       // the picture before, smoothed over time
	since []time.Duration // media time since when a pixel is still
	moved []bool          // it came to rest after moving
	diff  []byte          // 255 where the picture differs from the empty place
	pix   []byte
	last  time.Duration
	began time.Duration
	ready bool
}

func newModel(w, h int) *model {
	n := w * h
	return &model{
		w: w, h: h, empty: make([]float32, n), prev: make([]float32, n), since: make([]time.Duration, n),
		moved: make([]bool, n), diff: make([]byte, n),
	}
}

// restAfter is how long a thing must have been still to be said to stand.
const restAfter = 1500 * time.Millisecond

const (
	gap       = 30 * time.Second // after a longer gap the model begins anew
	bootstrap = 2 * time.Second  // in which what moves is not yet part of the place
	keep      = 20 * time.Second // time constant of the empty place
	stir      = 14               // grey levels between pictures that are movement
	differs   = 20               // grey levels from the empty place
	whole     = 0.6              // share of the picture that no thing fills
)

// see takes in a picture; it reports whether there is anything to judge.
func (m *model) see(pix []byte, at time.Duration) bool {
	m.pix = pix
	if !m.ready || at <= m.last || at-m.last > gap {
		for i, v := range pix {
			m.empty[i], m.prev[i], m.since[i], m.moved[i] = float32(v), float32(v), at, false
		}
		m.ready, m.last, m.began = true, at, at
		return false
	}
	dt := at - m.last
	m.last = at
	shift := m.shift()
	changed := 0
	for i, v := range pix {
		m.diff[i] = 0
		if math.Abs(float64(float32(v)-m.empty[i]-shift)) > differs {
			m.diff[i] = 255
			changed++
		}
	}
	if float64(changed) > whole*float64(len(pix)) { // the light, or the view: begin anew
		m.ready = false
		return false
	}
	m.learn(at, dt, shift)
	return true
}

func (m *model) learn(at, dt time.Duration, shift float32) {
	slow := float32(1 - math.Exp(-dt.Seconds()/keep.Seconds()))
	starting := at-m.began < bootstrap
	for i, v := range m.pix {
		if float32(math.Abs(float64(float32(v)-m.prev[i]))) > stir {
			m.since[i], m.moved[i] = at, true
			m.prev[i] = float32(v)
		} else {
			m.prev[i] += 0.3 * (float32(v) - m.prev[i])
		}
		switch {
		case m.diff[i] == 0:
			m.empty[i] += slow * (float32(v) - m.empty[i])
			if !starting && at-m.since[i] > bootstrap {
				m.moved[i] = false
			}
		case !m.moved[i]: // changed without moving: light, a shadow that crept
			m.empty[i] += slow * (float32(v) - m.empty[i])
		default:
			m.empty[i] += 0.1 * slow * shift
		}
	}
}

// shift is how much brighter the picture as a whole has become.
func (m *model) shift() float32 {
	var d []int
	for i := 0; i < len(m.pix); i += 37 {
		d = append(d, int(math.Round(float64(float32(m.pix[i])-m.empty[i]))))
	}
	slices.Sort(d)
	return float32(d[len(d)/2])
}

// A piece is something connected that stands.
type piece struct {
	box   image.Rectangle
	n     int
	still time.Duration // for how long most of it has been at rest
}

// standing returns what stands within mask and is large enough. What turns out to
// be a ghost, the place that something has left, becomes part of the empty place.
func (m *model) standing(mask []byte, least int) []piece {
	rest := make([]byte, len(mask))
	for i, k := range mask {
		if k != 0 && m.diff[i] != 0 && m.moved[i] && m.last-m.since[i] >= restAfter {
			rest[i] = 255
		}
	}
	var out []piece
	for _, pixels := range connected(rest, m.w, m.h) {
		if len(pixels) < least {
			continue
		}
		if m.ghost(pixels) {
			for _, i := range pixels {
				m.empty[i], m.moved[i] = float32(m.pix[i]), false
			}
			continue
		}
		p := piece{n: len(pixels)}
		ages := make([]time.Duration, 0, len(pixels))
		for _, i := range pixels {
			x, y := i%m.w, i/m.w
			p.box = p.box.Union(image.Rect(x, y, x+1, y+1))
			ages = append(ages, m.last-m.since[i])
		}
		slices.Sort(ages)
		p.still = ages[len(ages)/2]
		out = append(out, p)
	}
	return out
}

// crop copies the pixels of a rectangle.
func (m *model) crop(r image.Rectangle) []byte {
	out := make([]byte, 0, r.Dx()*r.Dy())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out = append(out, m.pix[y*m.w+r.Min.X:y*m.w+r.Max.X]...)
	}
	return out
}

// ghost reports whether the outline of pixels was sharper in the memory than it is
// now: then it is the memory that holds a thing, and the thing has left.
func (m *model) ghost(pixels []int) bool {
	in := make(map[int]bool, len(pixels))
	for _, i := range pixels {
		in[i] = true
	}
	var now, then float64
	for _, i := range pixels {
		x, y := i%m.w, i/m.w
		if x < 2 || y < 2 || x >= m.w-2 || y >= m.h-2 {
			continue
		}
		for _, step := range [4]int{-1, 1, -m.w, m.w} {
			if in[i+step] {
				continue
			}
			now += math.Abs(float64(m.pix[i]) - float64(m.pix[i+2*step]))
			then += math.Abs(float64(m.empty[i]) - float64(m.empty[i+2*step]))
		}
	}
	return now < 0.8*then
}

// connected returns the pixels of each connected piece; pieces two pixels apart
// are one. It clears r.
func connected(r []byte, w, h int) [][]int {
	var out [][]int
	for start, v := range r {
		if v == 0 {
			continue
		}
		r[start] = 0
		pixels := []int{start}
		for k := 0; k < len(pixels); k++ {
			x, y := pixels[k]%w, pixels[k]/w
			for yy := max(0, y-2); yy <= min(h-1, y+2); yy++ {
				for xx := max(0, x-2); xx <= min(w-1, x+2); xx++ {
					if j := yy*w + xx; r[j] != 0 {
						r[j] = 0
						pixels = append(pixels, j)
					}
				}
			}
		}
		out = append(out, pixels)
	}
	return out
}
