package dwell

import (
	"image"
	"slices"
	"time"
)

// A piece is something connected that is at rest and is not the empty place.
type piece struct {
	pixels []int
	box    image.Rectangle
	rest   time.Duration // media time when most of it came to rest
	score  float64
}

// What a piece turns out to be.
type verdict int

const (
	thing  verdict = iota
	ground         // the place itself: uncovered, or in another light
	unsure         // to be looked at again
)

// pieces returns the things at rest that no stay holds yet, of least pixels or
// more. What proves to be the place itself becomes part of it.
func (m *model) pieces(least int) []piece {
	var out []piece
	for _, p := range m.resting() {
		if len(p.pixels) < least {
			m.drop(p)
			continue
		}
		switch m.judge(&p) {
		case thing:
			out = append(out, p)
		case ground:
			for _, i := range p.pixels {
				m.settle(i)
			}
		case unsure:
		}
	}
	return out
}

// drop passes over a piece too small to be a thing. Where the place was not yet
// seen, it now is.
func (m *model) drop(p piece) {
	for _, i := range p.pixels {
		if !m.known[i] && m.last-m.since[i] > 2*restAfter {
			m.settle(i)
		}
	}
}

// resting returns the connected pieces of what differs, moved, is still and is not
// held. Pieces two pixels apart are one.
func (m *model) resting() []piece {
	const free, open = 0, -1
	for i := range m.labels {
		m.labels[i] = free
		if m.diff[i] && m.moved[i] && !m.held[i] && m.last-m.since[i] >= restAfter {
			m.labels[i] = open
		}
	}
	var out []piece
	for start, l := range m.labels {
		if l != open {
			continue
		}
		name := int32(len(out) + 1)
		m.labels[start] = name
		pixels := []int{start}
		for k := 0; k < len(pixels); k++ {
			x, y := pixels[k]%m.w, pixels[k]/m.w
			for yy := max(0, y-2); yy <= min(m.h-1, y+2); yy++ {
				for j := yy*m.w + max(0, x-2); j <= yy*m.w+min(m.w-1, x+2); j++ {
					if m.labels[j] == open {
						m.labels[j] = name
						pixels = append(pixels, j)
					}
				}
			}
		}
		out = append(out, m.piece(pixels))
	}
	return out
}

// piece measures connected pixels.
func (m *model) piece(pixels []int) piece {
	p := piece{pixels: pixels, box: m.bounds(pixels)}
	since := make([]time.Duration, len(pixels))
	for k, i := range pixels {
		since[k] = m.since[i]
	}
	slices.Sort(since)
	p.rest = since[len(since)/2]
	return p
}

func (m *model) bounds(pixels []int) image.Rectangle {
	box := image.Rectangle{Min: image.Pt(m.w, m.h)}
	for _, i := range pixels {
		x, y := i%m.w, i/m.w
		box.Min.X, box.Min.Y = min(box.Min.X, x), min(box.Min.Y, y)
		box.Max.X, box.Max.Y = max(box.Max.X, x+1), max(box.Max.Y, y+1)
	}
	return box
}

// judge tells a thing from the place itself.
func (m *model) judge(p *piece) verdict {
	unknown, stirred := 0, 0
	for _, i := range p.pixels {
		if !m.known[i] {
			unknown++
			if m.since[i] > m.began {
				stirred++
			}
		}
	}
	new := m.unexplained(p.pixels)
	p.score = min(0.5+new, 1)
	if 2*unknown > len(p.pixels) {
		if 3*stirred < unknown {
			return ground // it never moved itself
		}
		return m.judgeUnknown(p)
	}
	if new < lit || m.ghost(p.pixels) {
		return ground
	}
	return thing
}

// Of a piece that a change of light explains, fewer pixels than this share are
// left over; compression and half-shadows leave some.
const lit = 0.12

// unexplained returns the share of pixels that are not the empty place in another
// light. Light multiplies what is there: it keeps texture, and makes none.
func (m *model) unexplained(pixels []int) float64 {
	ratios := make([]float32, len(pixels))
	for k, i := range pixels {
		ratios[k] = (m.now[i] + 1) / (m.empty[i] + 1)
	}
	slices.Sort(ratios)
	gain := ratios[len(ratios)/2]
	inner, off := 0, 0
	for _, i := range pixels {
		if !m.inside(i) {
			continue
		}
		inner++
		want := gain * m.empty[i]
		if abs(m.now[i]-want) > max(0.6*m.differs(), 0.1*want) {
			off++
		}
	}
	if inner == 0 {
		return 0
	}
	return float64(off) / float64(inner)
}

// inside reports whether the pixels around i are of the same piece.
func (m *model) inside(i int) bool {
	x, y, l := i%m.w, i/m.w, m.labels[i]
	return x > 0 && y > 0 && x < m.w-1 && y < m.h-1 &&
		m.labels[i-1] == l && m.labels[i+1] == l && m.labels[i-m.w] == l && m.labels[i+m.w] == l
}

// ghost reports whether the outline of pixels was sharper in the memory than it is
// now: then it is the memory that holds a thing, and the thing has left.
func (m *model) ghost(pixels []int) bool {
	var now, then float32
	m.outline(pixels, func(in, out int) {
		now += abs(m.now[in] - m.now[out])
		then += abs(m.empty[in] - m.empty[out])
	})
	return now < 0.8*then
}

// outline calls step for each pixel at the edge of a piece, with the pixel two
// steps outside of it.
func (m *model) outline(pixels []int, step func(in, out int)) {
	for _, i := range pixels {
		x, y := i%m.w, i/m.w
		if x < 2 || y < 2 || x >= m.w-2 || y >= m.h-2 {
			continue
		}
		for _, d := range [4]int{-1, 1, -m.w, m.w} {
			if m.labels[i+d] != m.labels[i] && m.labels[i+2*d] != m.labels[i] {
				step(i, i+2*d)
			}
		}
	}
}

const (
	closed   = 0.5           // share of a thing's outline that is an edge
	patience = 4 * restAfter // after which what is still unsure is the place
)

// judgeUnknown tells a thing from the place where the place was never seen
// without something moving in it: a thing stands out against the place all around.
func (m *model) judgeUnknown(p *piece) verdict {
	edges, all := 0, 0
	m.outline(p.pixels, func(in, out int) {
		if m.diff[out] { // more of the same, not yet at rest
			return
		}
		all++
		if abs(m.now[in]-m.now[out]) > m.differs() {
			edges++
		}
	})
	switch {
	case all > 0 && float64(edges) >= closed*float64(all):
		return thing
	case m.last-p.rest > patience:
		return ground
	}
	return unsure
}
