package evidence

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
)

// hindsight is what a ring remembers besides the pre-roll: an event is known
// only after the thing was seen, or missed, for a while.
const hindsight = 5 * time.Second

// A Ring remembers one camera's newest packets, so that a clip can begin before
// anybody knew that something would happen. It shares the packets and copies
// nothing.
//
// It always begins with a key picture and forgets whole groups of pictures: those
// older than the pre-roll and hindsight that no clip under way needs, and the
// oldest when there is no room. It holds at most MaxBytes; a clip under way that
// no longer fits ends early. Its methods may be called at once.
type Ring struct {
	c ClipConfig

	mu      sync.Mutex
	packets circle
	next    int   // how many packets come before the second key picture; 0 where there is none
	bytes   int64 // of all packets' data
	stream  *flow.Stream
	waitKey bool // what comes cannot be decoded before the next key picture
	takes   []*take

	memory    prometheus.Gauge
	overflows prometheus.Counter
}

// A take is a clip under way.
type take struct {
	from, to time.Time
	packets  []*flow.Packet // once it is done
	done     chan struct{}
}

// NewRing returns the ring of a camera.
func NewRing(camera string, c ClipConfig, m *Metrics) *Ring {
	return &Ring{c: c, memory: m.ring.WithLabelValues(camera), overflows: m.overflows.WithLabelValues(camera)}
}

// Add remembers a packet. Packets come in the order of their decoding.
func (r *Ring) Add(p *flow.Packet) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p.Stream != r.stream { // a new session, or new parameters: what came before is no help to it
		r.stream, r.waitKey = p.Stream, true
	}
	if r.waitKey && !p.Key {
		return
	}
	r.waitKey = false
	r.packets.push(p)
	r.bytes += int64(len(p.Data))
	if n := r.packets.n; p.Key && n > 1 && r.next == 0 {
		r.next = n - 1
	}
	r.finish(func(t *take) bool { return !p.Received.Before(t.to) })
	r.forget(p.Received)
	r.memory.Set(float64(r.bytes))
}

// forget drops what is not needed at now, or has no room.
func (r *Ring) forget(now time.Time) {
	need := now.Add(-r.c.PreRoll - hindsight)
	for _, t := range r.takes {
		if t.from.Before(need) {
			need = t.from
		}
	}
	for r.next > 0 && (r.bytes > r.c.MaxBytes || !r.packets.at(r.next).Received.After(need)) {
		second := r.packets.at(r.next).Received
		r.finish(func(t *take) bool { return t.from.Before(second) }) // only those that had no room
		r.drop(r.next)
	}
	if r.bytes > r.c.MaxBytes { // a single group of pictures is larger than the ring
		r.finish(func(*take) bool { return true })
		r.drop(r.packets.n)
		r.waitKey = true
		r.overflows.Inc()
	}
}

// Newest returns all that the ring remembers now, from a key picture on; it is empty
// while the camera sends nothing that can be decoded.
func (r *Ring) Newest() []*flow.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*flow.Packet, r.packets.n)
	for i := range out {
		out[i] = r.packets.at(i)
	}
	return out
}

// drop forgets the n oldest packets.
func (r *Ring) drop(n int) {
	for range n {
		r.bytes -= int64(len(r.packets.pop().Data))
	}
	r.next = 0
	for i := 1; i < r.packets.n; i++ {
		if r.packets.at(i).Key {
			r.next = i
			return
		}
	}
}

// finish gives the takes that are ready what they asked for, or what there is of it.
func (r *Ring) finish(ready func(*take) bool) {
	left := r.takes[:0]
	for _, t := range r.takes {
		if !ready(t) {
			left = append(left, t)
			continue
		}
		t.packets = r.cut(t.from, t.to)
		close(t.done)
	}
	clear(r.takes[len(left):])
	r.takes = left
}

// cut returns the packets from the last key picture not after from, up to to. Of a
// camera that was lost before, it returns its last seconds.
func (r *Ring) cut(from, to time.Time) []*flow.Packet {
	if n := r.packets.n; n > 0 {
		if lost := r.packets.at(n - 1).Received.Add(-r.c.PreRoll); lost.Before(from) {
			from = lost
		}
	}
	first, end := 0, 0
	for i := range r.packets.n {
		p := r.packets.at(i)
		if p.Received.After(to) {
			break
		}
		if p.Key && !p.Received.After(from) {
			first = i
		}
		end = i + 1
	}
	out := make([]*flow.Packet, 0, end-first)
	for i := first; i < end; i++ {
		out = append(out, r.packets.at(i))
	}
	return out
}

// patience is how long after the end of a clip its last packets may come.
const patience = 2 * time.Second

// Record waits until the time to has come and returns what was received since
// from, or since the key picture before it. It returns sooner, with what there is,
// when there is no more room, when no more packets come, when last is closed, or
// when ctx ends.
func (r *Ring) Record(ctx context.Context, from, to time.Time, last <-chan struct{}) []*flow.Packet {
	t := &take{from: from, to: to, done: make(chan struct{})}
	r.mu.Lock()
	r.takes = append(r.takes, t)
	r.mu.Unlock()
	late := time.NewTimer(time.Until(to) + patience)
	defer late.Stop()
	select {
	case <-t.done:
	case <-late.C:
	case <-last:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finish(func(other *take) bool { return other == t })
	return t.packets
}

// A circle is a queue that reuses its memory.
type circle struct {
	buf     []*flow.Packet // its length is a power of two
	head, n int
}

func (c *circle) at(i int) *flow.Packet { return c.buf[(c.head+i)&(len(c.buf)-1)] }

func (c *circle) push(p *flow.Packet) {
	if c.n == len(c.buf) {
		larger := make([]*flow.Packet, max(64, 2*c.n))
		for i := range c.n {
			larger[i] = c.at(i)
		}
		c.buf, c.head = larger, 0
	}
	c.buf[(c.head+c.n)&(len(c.buf)-1)] = p
	c.n++
}

func (c *circle) pop() *flow.Packet {
	p := c.buf[c.head]
	c.buf[c.head] = nil // nothing is held that was forgotten
	c.head = (c.head + 1) & (len(c.buf) - 1)
	c.n--
	return p
}
