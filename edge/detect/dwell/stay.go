//go:build !nocv

package dwell

import (
	"image"
	"time"

	"eastgate/edge/detect/light"
)

// A stay is one thing at rest, from when it stopped until it leaves.
type stay struct {
	name   string
	pixels []int     // where it is
	look   []float32 // how it looks there
	fresh  []time.Duration
	box    image.Rectangle
	path   []step
	seen   time.Duration // media time when it was last seen
	score  float64
	kind   kind
}

// A step is where a stay has been since when.
type step struct {
	at     time.Duration
	centre image.Point
}

const (
	same    = 0.45 // share of a stay's pixels from which it is there
	alike   = 0.75 // correlation from which it is there in another light
	cleared = 0.6  // share that shows the empty place when it has left
	swapped = 0.5  // share that shows something else at rest when another came
	moved   = 3    // a thing that has moved by its size divided by this has not rested
)

// newStay begins the stay of a piece.
func (m *model) newStay(name string, p piece) *stay {
	s := &stay{name: name, score: p.score, seen: m.last}
	s.take(m, p.pixels)
	s.box = p.box
	s.path = []step{{p.rest, centre(p.box)}}
	return s
}

// take adds pixels to a stay.
func (s *stay) take(m *model, pixels []int) {
	for _, i := range pixels {
		m.held[i] = true
		s.pixels = append(s.pixels, i)
		s.look = append(s.look, m.now[i])
		s.fresh = append(s.fresh, m.last)
	}
}

// release gives all its pixels back to the model.
func (s *stay) release(m *model) {
	for _, i := range s.pixels {
		m.held[i] = false
	}
}

// see looks for the stay in the newest picture; it reports false when the thing
// has left.
func (s *stay) see(m *model, patience time.Duration) bool {
	t := m.differs()
	var there, empty, other int
	for k, i := range s.pixels {
		switch v := m.now[i]; {
		case abs(v-s.look[k]) <= t:
			there++
		case m.known[i] && !m.diff[i]:
			empty++
		case m.last-m.since[i] >= restAfter && m.since[i] > s.fresh[k]:
			other++
		}
	}
	n := float64(len(s.pixels))
	switch {
	case n == 0, float64(empty) >= cleared*n:
		return false
	case float64(there) >= same*n:
		s.refresh(m, t)
		s.shrink(m, t)
	case s.correlates(m):
		s.refresh(m, 256)
	case float64(other) >= swapped*n:
		return false
	default: // hidden, or driving off
		return m.last-s.seen <= patience
	}
	s.seen = m.last
	return len(s.pixels) > 0
}

// refresh takes over how the thing looks now, where it differs by no more than t.
func (s *stay) refresh(m *model, t float32) {
	for k, i := range s.pixels {
		if d := m.now[i] - s.look[k]; abs(d) <= t {
			s.look[k] += 0.5 * d
			s.fresh[k] = m.last
		}
	}
}

// shrink gives back pixels that the thing no longer covers, as it rolls on.
func (s *stay) shrink(m *model, t float32) {
	n := 0
	for k, i := range s.pixels {
		gone := abs(m.now[i]-s.look[k]) > t && m.last-m.since[i] >= restAfter && m.since[i] > s.fresh[k]
		if gone {
			m.held[i] = false
			continue
		}
		s.pixels[n], s.look[n], s.fresh[n] = i, s.look[k], s.fresh[k]
		n++
	}
	s.pixels, s.look, s.fresh = s.pixels[:n], s.look[:n], s.fresh[:n]
	s.settleBox(m)
}

// settleBox measures the stay anew and notes where it has moved.
func (s *stay) settleBox(m *model) {
	if len(s.pixels) == 0 {
		return
	}
	s.box = m.bounds(s.pixels)
	c := centre(s.box)
	if last := s.path[len(s.path)-1]; far(last.centre, c, s.box, 4*moved) {
		s.path = append(s.path, step{m.last, c})
	}
	for len(s.path) > 1 && far(s.path[0].centre, c, s.box, moved) {
		s.path = s.path[1:]
	}
}

// far reports whether a and b are more than the box's size divided by part apart.
func far(a, b image.Point, box image.Rectangle, part int) bool {
	dx, dy := a.X-b.X, a.Y-b.Y
	return part*max(dx, -dx) > box.Dx() || part*max(dy, -dy) > box.Dy()
}

func centre(r image.Rectangle) image.Point { return r.Min.Add(r.Max).Div(2) }

// rest is the media time when the thing came to rest where it is.
func (s *stay) rest() time.Duration { return s.path[0].at }

// correlates reports whether the thing is there in another light.
func (s *stay) correlates(m *model) bool {
	var sx, sy, sxx, syy, sxy float64
	for k, i := range s.pixels {
		x, y := float64(s.look[k]), float64(m.now[i])
		sx, sy, sxx, syy, sxy = sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
	}
	n := float64(len(s.pixels))
	cov, vx, vy := sxy-sx*sy/n, sxx-sx*sx/n, syy-sy*sy/n
	return cov > 0 && cov*cov >= alike*alike*vx*vy && min(vx, vy) > 25*n
}

// grows takes in a piece that lies within the thing's outline: a part of it that
// was hidden, or rolled on. It reports false for another thing.
func (s *stay) grows(m *model, p piece) bool {
	outline := s.box.Inset(-max(3, min(s.box.Dx(), s.box.Dy())/8))
	within := 0
	for _, i := range p.pixels {
		if image.Pt(i%m.w, i/m.w).In(outline) {
			within++
		}
	}
	together := p.box.Overlaps(outline) && p.rest-s.rest() < restAfter && s.seen-s.rest() < 2*restAfter
	if float64(within) < 0.6*float64(len(p.pixels)) && !together {
		return false
	}
	s.take(m, p.pixels)
	s.settleBox(m)
	return true
}

// relight keeps the remembered look in the remembered light.
func (s *stay) relight(l light.Change, k float32) {
	gain, add := 1+k*(l.Gain-1), k*l.Add
	for i := range s.look {
		s.look[i] = gain*s.look[i] + add
	}
}
