package uplink

import (
	"slices"
	"time"

	"eastgate/edge/outbox"
)

// A flight is one MQTT message on its way: a run of sequences of one priority.
type flight struct {
	outbox.Range
	sent time.Time // last
	left time.Time // first
}

// A window is what is on its way, and how far each priority has been sent.
type window struct {
	flights []flight
	cursor  outbox.Cursor
}

// urgent is the priority that goes before everything else.
const urgent = 1

// How many messages may be on their way: the most urgent events have room of
// their own, so that a backlog never stands before them.
const (
	urgentRoom = 8
	room       = 8
)

// free reports whether another message of a priority may go.
func (w *window) free(priority int) bool {
	n := 0
	for _, f := range w.flights {
		if (f.Priority == urgent) == (priority == urgent) {
			n++
		}
	}
	if priority == urgent {
		return n < urgentRoom
	}
	return n < room
}

// depart notes a message that was sent for the first time.
func (w *window) depart(r outbox.Range, now time.Time) {
	w.flights = append(w.flights, flight{Range: r, sent: now, left: now})
}

// arrive takes out the messages that acknowledged ranges cover whole. Others stay
// and are looked at again when they are due.
func (w *window) arrive(acked []outbox.Range) {
	w.flights = slices.DeleteFunc(w.flights, func(f flight) bool {
		return slices.ContainsFunc(acked, func(a outbox.Range) bool {
			return a.Priority == f.Priority && a.First <= f.First && a.Last >= f.Last
		})
	})
}

// due returns the oldest message that was last sent before t, or nil.
func (w *window) due(t time.Time) *flight {
	for i := range w.flights {
		if w.flights[i].sent.Before(t) {
			return &w.flights[i]
		}
	}
	return nil
}

// drop takes a message out.
func (w *window) drop(f *flight) {
	r := f.Range
	w.flights = slices.DeleteFunc(w.flights, func(g flight) bool { return g.Range == r })
}

// oldest is when the message that has been on its way longest was first sent.
func (w *window) oldest() (time.Time, bool) {
	if len(w.flights) == 0 {
		return time.Time{}, false
	}
	return slices.MinFunc(w.flights, func(a, b flight) int { return a.left.Compare(b.left) }).left, true
}
