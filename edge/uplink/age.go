package uplink

import (
	"context"
	"sync"
	"time"

	"eastgate/edge/outbox"
)

// backfillAfter is when an event is no news any more.
const backfillAfter = time.Minute

// ageStep is how finely ages are known.
const ageStep = 5 * time.Second

// ages knows how long events have waited, by a clock that never jumps: it notes now
// and then how far the streams had come. Only of what waited before this program
// began does it ask the wall clock, and takes a time in the future for long ago.
type ages struct {
	mu     sync.Mutex
	marks  []mark        // the oldest first, none older than backfillAfter but one
	before outbox.Cursor // the last sequence of each priority from an earlier run
}

type mark struct {
	at   time.Time
	last outbox.Cursor
}

// note keeps how far the streams have come.
func (a *ages) note(streams []outbox.Stream) {
	m := mark{at: time.Now()}
	for _, s := range streams {
		m.last[s.Priority-1] = s.Next - 1
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.marks == nil {
		a.before = m.last
	}
	a.marks = append(a.marks, m)
	for len(a.marks) > 1 && time.Since(a.marks[1].at) >= backfillAfter {
		a.marks = a.marks[1:]
	}
}

// old reports whether an event has waited so long that it is no news.
func (a *ages) old(e outbox.Entry) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Seq <= a.before[e.Priority-1] {
		age := time.Since(e.PutAt) // the wall clock's: a time from a file has no other
		if age < 0 || age > backfillAfter {
			return true
		}
	}
	return len(a.marks) > 0 && time.Since(a.marks[0].at) >= backfillAfter && e.Seq <= a.marks[0].last[e.Priority-1]
}

// watchAges notes until ctx ends, linked or not.
func (u *Uplink) watchAges(ctx context.Context) {
	tick := time.NewTicker(ageStep)
	defer tick.Stop()
	for {
		if streams, err := u.q.Streams(); err == nil {
			u.ages.note(streams)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
