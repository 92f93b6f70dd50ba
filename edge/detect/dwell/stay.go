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
}

// bridge is how long a stay may be hidden, by who walks past.
const bridge = 3 * time.Second

// match gives the pieces that stand now to the stays that were, begins stays for
// the rest and ends those that were gone for too long.
func (w *watched) match(pieces []piece, at time.Duration) {
	taken := make([]bool, len(pieces))
	for _, s := range w.stays {
		best, most := -1, 0.25
		for i, p := range pieces {
			if o := overlap(s.box, p.box); !taken[i] && o > most {
				best, most = i, o
			}
		}
		if best >= 0 {
			taken[best] = true
			s.box, s.seen = pieces[best].box, at
		}
	}
	kept := w.stays[:0]
	for _, s := range w.stays {
		if at-s.seen <= bridge {
			kept = append(kept, s)
		}
	}
	w.stays = kept
	for i, p := range pieces {
		if !taken[i] {
			w.next++
			w.stays = append(w.stays, &stay{name: fmt.Sprintf("s%d", w.next), box: p.box, rest: at - p.still, seen: at})
		}
	}
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
