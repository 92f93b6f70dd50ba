package live

import (
	"sync"
	"time"

	"eastgate/edge/flow"
)

// A Source remembers what one camera has sent since its newest key picture, so that
// whoever begins to watch sees a picture at once, and hands on what comes. It shares
// the packets, copies nothing and never waits. Its methods may be called at once.
type Source struct {
	mu      sync.Mutex
	group   []*flow.Packet
	bytes   int
	stream  *flow.Stream
	waitKey bool // nothing can be shown before the next key picture
	whole   bool // group is all since the newest one
	taps    map[*tap]bool
}

// Bounds of a group of pictures that is remembered; a longer one is forgotten.
const (
	groupPackets = 900
	groupBytes   = 8 << 20
)

// NewSource returns one that has seen nothing.
func NewSource() *Source { return &Source{waitKey: true, taps: map[*tap]bool{}} }

// Add takes in a packet. Packets come in the order of their decoding.
func (s *Source) Add(p *flow.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Stream != s.stream { // a new session, or new parameters: what came before is no help to it
		s.stream, s.waitKey = p.Stream, true
		s.forget()
	}
	if p.Key {
		s.waitKey, s.whole = false, true
		s.forget()
	}
	if s.waitKey {
		return
	}
	if len(s.group) == groupPackets || s.bytes+len(p.Data) > groupBytes {
		s.whole = false // who begins to watch waits for the next one
		s.forget()
	}
	if s.whole {
		s.group, s.bytes = append(s.group, p), s.bytes+len(p.Data)
	}
	for t := range s.taps {
		t.add(p)
	}
}

func (s *Source) forget() {
	clear(s.group) // nothing is held that was forgotten
	s.group, s.bytes = s.group[:0], 0
}

// A tap is one who watches.
type tap struct {
	source *Source
	wake   chan struct{} // told of something new; one token at most

	mu      sync.Mutex
	queue   []queued
	skipped int  // packets, since they were last counted
	waitKey bool // what comes cannot be shown before the next key picture
}

type queued struct {
	*flow.Packet
	came time.Time
}

// tap begins to watch, with what is remembered.
func (s *Source) tap() *tap {
	t := &tap{source: s, wake: make(chan struct{}, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	t.waitKey = len(s.group) == 0
	for _, p := range s.group {
		t.add(p)
	}
	s.taps[t] = true
	return t
}

func (t *tap) close() {
	t.source.mu.Lock()
	defer t.source.mu.Unlock()
	delete(t.source.taps, t)
}

// tooOld is how long a packet may wait for a slow line.
const tooOld = time.Second

// mostQueued bounds what waits, whatever the time.
const mostQueued = 2 * groupPackets

func (t *tap) add(p *flow.Packet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) >= mostQueued {
		t.skipped += len(t.queue)
		t.queue, t.waitKey = nil, true
	}
	if t.waitKey && !p.Key {
		t.skipped++
		return
	}
	t.waitKey = false
	t.queue = append(t.queue, queued{p, time.Now()})
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// next returns the oldest packet that waits; nil when none does. When it has waited
// too long the newest key picture is next, and skipped says how many were left out.
func (t *tap) next() (p *flow.Packet, skipped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.queue) > 0 && time.Since(t.queue[0].came) > tooOld {
		key := len(t.queue) - 1
		for key > 0 && !t.queue[key].Key {
			key--
		}
		switch {
		case key > 0:
			t.skipped += key
			t.queue = t.queue[key:]
			for i, now := 0, time.Now(); i < len(t.queue); i++ { // this is the present, as far as there is one
				t.queue[i].came = now
			}
		case !t.queue[0].Key: // none to go on from
			t.skipped += len(t.queue)
			t.queue, t.waitKey = nil, true
		}
	}
	if len(t.queue) == 0 {
		return nil, 0
	}
	p, skipped = t.queue[0].Packet, t.skipped
	t.queue[0] = queued{}
	t.queue, t.skipped = t.queue[1:], 0
	return p, skipped
}
