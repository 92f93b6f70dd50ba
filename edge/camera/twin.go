package camera

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"eastgate/edge/flow"
)

// A Twin is one camera by two of its streams: the small one is looked at, the large one is
// kept as evidence and never decoded. When the small one is lost, the large one is looked
// at in its place until it is back; that is said in the camera's state.
//
// Media time goes on over each change between the two, and each begins with a key picture.
type Twin struct {
	// Keep, set before Run, is given every picture of the large stream, in order; it must
	// not block.
	Keep func(*flow.Packet)

	small, large *Camera
	name         string
	tell         func(State)

	newest  atomic.Int64 // when the small stream's newest picture came, since born
	born    time.Time
	instead atomic.Bool // the large stream is looked at

	mu     sync.Mutex
	states [2]State // of the small and the large stream
}

// amiss is how long the small stream may be away before the large one is looked at.
const amiss = 5 * time.Second

// NewTwin returns a camera of two streams. tell hears of every change of its state; it
// must not block.
func NewTwin(name string, small, large Config, tell func(State), m *Metrics, log *slog.Logger) *Twin {
	t := &Twin{Keep: func(*flow.Packet) {}, name: name, tell: tell, born: time.Now()}
	t.small = New(name, small, func(s State) { t.change(0, s) }, m, log)
	t.large = New(name+largeName, large, func(s State) { t.change(1, s) }, m, log)
	return t
}

// largeName is added to the camera's name where metrics and the log tell of the large stream.
const largeName = "/record"

// Looked is the stream that is looked at while all is well.
func (t *Twin) Looked() *Camera { return t.small }

// Run does what Camera.Run does.
func (t *Twin) Run(ctx context.Context, out chan<- *flow.Packet) error {
	defer close(out)
	t.large.NoRoom = nil // its channel is always read
	small, large, spare := make(chan *flow.Packet, room), make(chan *flow.Packet, room), make(chan *flow.Packet, room)
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() { t.small.Run(ctx, small) }) //nolint:errcheck // a lost camera is no error
	both.Go(func() { t.large.Run(ctx, large) }) //nolint:errcheck // likewise
	both.Go(func() { t.keepAll(large, spare) })
	t.join(ctx, small, spare, out)
	return nil
}

// room is how many pictures may wait for the other stage: two seconds' worth.
const room = 50

// keepAll keeps the large stream's pictures, and hands them on while they are looked at.
func (t *Twin) keepAll(large <-chan *flow.Packet, spare chan<- *flow.Packet) {
	defer close(spare)
	gap := true
	for p := range large {
		p.Camera = t.name
		t.Keep(p)
		if !t.instead.Load() && time.Since(t.born)-time.Duration(t.newest.Load()) > amiss {
			t.instead.Store(true)
			t.say()
		}
		if gap = !t.instead.Load() || gap && !p.Key; gap {
			continue
		}
		looked := *p // its media time will be another
		select {
		case spare <- &looked:
		default:
			gap = true
			t.large.m.dropped.Inc()
			if t.small.NoRoom != nil {
				t.small.NoRoom()
			}
		}
	}
}

// join hands on the pictures of the stream that is looked at, until both have ended.
func (t *Twin) join(ctx context.Context, small, spare <-chan *flow.Packet, out chan<- *flow.Packet) {
	var line clock
	var from <-chan *flow.Packet
	for small != nil || spare != nil {
		var p *flow.Packet
		var open bool
		source := small
		select {
		case p, open = <-small:
			if small = closedAs(small, open); open {
				t.newest.Store(int64(p.Received.Sub(t.born)))
			}
		case p, open = <-spare:
			source = spare
			spare = closedAs(spare, open)
			open = open && t.instead.Load()
		}
		if !open || source != from && !p.Key {
			continue
		}
		if source != from {
			from = source
			line.leave()
			if source == small && t.instead.Swap(false) {
				t.say()
			}
		}
		p.PTS, _ = line.place(p.PTS, p.Received)
		select {
		case out <- p:
		case <-ctx.Done():
		}
	}
}

func closedAs(c <-chan *flow.Packet, open bool) <-chan *flow.Packet {
	if open {
		return c
	}
	return nil
}

func (t *Twin) change(stream int, s State) {
	t.mu.Lock()
	t.states[stream] = s
	t.mu.Unlock()
	t.say()
}

// say tells how the camera is: as well as the better of its streams, with what is the
// matter with the other.
func (t *Twin) say() {
	t.mu.Lock()
	defer t.mu.Unlock()
	small, large := t.states[0], t.states[1]
	s := small
	switch {
	case small.Word == "" || large.Word == "":
	case small.Word == Online && large.Word != Online && large.Word != Connecting:
		s.Reason = "there is no clip of what happens: " + large.Reason
	case t.instead.Load() && large.Word == Online:
		s = large
		s.Reason = "the sub-stream is lost, the main stream is looked at in its place"
		if small.Word != Online {
			s.Reason += fmt.Sprintf(" (%s: %s)", small.Word, small.Reason)
		}
	}
	t.tell(s)
}
