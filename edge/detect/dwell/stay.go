package dwell

import (
	"fmt"
	"image"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A watched zone and what stands in it.
type watched struct {
	zone  zone.Zone
	mask  []byte
	stays []*stay
	next  int // number of the next stay
}

// A stay is one thing at rest, from when it stopped.
type stay struct {
	name string
	box  image.Rectangle
	rest time.Duration // media time when it came to rest
	seen time.Duration // media time when it was last seen
	look []byte        // its pixels then
}

// bridge is how long a stay may be hidden, by who walks past, and be the same one
// when it is seen again.
const bridge = 6 * time.Second

// belongs is the overlap from which a piece is part of a stay.
const belongs = 0.3

// match gives the pieces that stand now to the stays that were, begins stays for
// the rest and forgets those that were gone for too long. Who passes before a
// thing parts it into pieces: all of them are its.
func (w *watched) match(pieces []piece, m *model) {
	at := m.last
	found := make([]image.Rectangle, len(w.stays))
	var fresh []piece
	for _, p := range pieces {
		best, most := -1, belongs
		for i, s := range w.stays {
			if o := overlap(s.box, p.box); o > most && s.still(m) {
				best, most = i, o
			}
		}
		if best < 0 {
			fresh = append(fresh, p)
			continue
		}
		found[best] = found[best].Union(p.box)
	}
	kept := w.stays[:0]
	for i, s := range w.stays {
		if !found[i].Empty() { // part of it may be hidden: it does not become smaller
			s.box, s.seen = s.box.Union(found[i]), at
			s.look = m.crop(s.box)
		}
		if at-s.seen <= bridge {
			kept = append(kept, s)
		}
	}
	w.stays = kept
	for _, p := range fresh {
		w.next++
		w.stays = append(w.stays, &stay{
			name: fmt.Sprintf("s%d", w.next), box: p.box, rest: at - p.still, seen: at, look: m.crop(p.box),
		})
	}
}

// Between the same thing seen before and after a gap the pixels differ by less.
const (
	shortGap  = time.Second
	otherLook = 20 // grey levels, on average
)

// still reports whether what is at the stay's place can be the same thing: after a
// gap, in which it may have left and another come, it must look the same.
func (s *stay) still(m *model) bool {
	if m.last-s.seen <= shortGap {
		return true
	}
	now, sum := m.crop(s.box), 0
	for i, v := range now {
		d := int(v) - int(s.look[i])
		sum += max(d, -d)
	}
	return float64(sum) < otherLook*float64(len(now))
}

// overlap is the intersection's share of the smaller box.
func overlap(a, b image.Rectangle) float64 {
	in := a.Intersect(b)
	small := min(a.Dx()*a.Dy(), b.Dx()*b.Dy())
	if small == 0 {
		return 0
	}
	return float64(in.Dx()*in.Dy()) / float64(small)
}

func (s *stay) finding(z zone.Zone, at time.Duration, w, h int) flow.Finding {
	fw, fh := float64(w), float64(h)
	return flow.Finding{
		Kind: z.Kind(), Zone: z.Name, Subject: s.name, Age: at - s.rest, Score: 0.7,
		Box: event.Box{float64(s.box.Min.X) / fw, float64(s.box.Min.Y) / fh, float64(s.box.Dx()) / fw, float64(s.box.Dy()) / fh},
	}
}
