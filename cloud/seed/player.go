package seed

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// A player plays tales in the order of their time, one step after the other.
type player struct {
	ctx    context.Context
	centre Centre
	now    time.Time
	queue  queue
	next   uint64
	places spots
	ids    io.Reader
	err    error
}

// A turn is a tale that goes on at a time.
type turn struct {
	at   time.Time
	seq  uint64 // of two at one time the one that was first here
	next func() (time.Time, bool)
	stop func()
}

type queue []turn

func (q queue) Len() int { return len(q) }
func (q queue) Less(a, b int) bool {
	return q[a].at.Before(q[b].at) || q[a].at.Equal(q[b].at) && q[a].seq < q[b].seq
}
func (q queue) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *queue) Push(x any)   { *q = append(*q, x.(turn)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// begin lets a tale begin at a time. A tale waits by yielding when it goes on.
func (p *player) begin(at time.Time, tale func(yield func(time.Time) bool)) {
	next, stop := iter.Pull(iter.Seq[time.Time](tale))
	p.push(turn{at: at, next: next, stop: stop})
}

func (p *player) push(t turn) {
	p.next++
	t.seq = p.next
	heap.Push(&p.queue, t)
}

// until plays all that happens before a time.
func (p *player) until(end time.Time) error {
	for len(p.queue) > 0 && p.queue[0].at.Before(end) && p.err == nil {
		t := heap.Pop(&p.queue).(turn)
		if t.at.After(p.now) {
			p.now, p.centre.Clock.now = t.at, t.at
		}
		if at, more := t.next(); more {
			t.at = at
			p.push(t)
		}
		if err := p.ctx.Err(); err != nil {
			return err
		}
	}
	return p.err
}

// stop ends what still goes on.
func (p *player) stop() {
	for _, t := range p.queue {
		t.stop()
	}
}

// fail notes the first error, which ends the play.
func (p *player) fail(err error) {
	if p.err == nil && err != nil {
		p.err = fmt.Errorf("at %s: %w", p.now.Format(time.RFC3339), err)
	}
}

// hear takes in an event as a box sends it, and returns its incident and whether it
// is new.
func (p *player) hear(e event.Event) (i incident.Incident, fresh bool) {
	last, err := p.centre.Engine.Last(p.ctx)
	p.fail(err)
	if err := p.centre.Record(p.ctx, e); err != nil {
		p.fail(err)
		return i, false
	}
	if _, err := p.centre.Engine.Fold(p.ctx); err != nil {
		p.fail(err)
		return i, false
	}
	changes, err := p.centre.Engine.Changes(p.ctx, last, 10)
	p.fail(err)
	for _, c := range changes {
		i, fresh = c.Incident, c.Step.Seq == 1
	}
	return i, fresh
}
