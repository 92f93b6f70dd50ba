package live

import (
	"sync"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A stream is one camera that somebody watches here.
type stream struct {
	hub     *Hub
	camera  Camera
	session string

	mu      sync.Mutex
	viewers map[*viewer]bool
	left    time.Time // when the last one went
	head    []byte    // the message with the MP4's head
	group   [][]byte  // all pictures since the newest key picture
	bytes   int
	notice  []byte // that stands: the box's last word
	heard   time.Time
	hangUp  func() // ends the box's connection; nil while there is none
}

// Bounds of what is kept for those who come later.
const (
	groupMessages = 900
	groupBytes    = 8 << 20
)

func newStream(h *Hub, c Camera) *stream {
	return &stream{hub: h, camera: c, session: h.id + "-" + event.NewID(), viewers: map[*viewer]bool{}, left: time.Now()}
}

const (
	tendEvery = 250 * time.Millisecond
	askEvery  = 3 * time.Second
)

// tend asks the box until it sends, and lets it go when nobody watches any more.
func (s *stream) tend() {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	var asked time.Time
	for ; ; <-tick.C {
		s.mu.Lock()
		idle, silent := len(s.viewers) == 0 && time.Since(s.left) > s.hub.linger, s.hangUp == nil
		s.mu.Unlock()
		if idle && s.hub.drop(s) {
			s.replace(nil)
			return
		}
		if !silent || time.Since(asked) < askEvery {
			continue
		}
		if !asked.IsZero() && s.quiet() {
			s.say(wire.Notice{Code: wire.NoticeWaiting})
		}
		asked = time.Now()
		a := wire.LiveStart{Camera: s.camera.Name, Session: s.session, Stills: s.camera.Stills}
		if err := s.hub.o.Ask(s.camera, a); err != nil {
			s.say(wire.Notice{Code: wire.NoticeWaiting, Detail: err.Error()})
		}
	}
}

// replace takes the box's connection, and ends the one before: the newest is the one
// that lives.
func (s *stream) replace(hangUp func()) {
	s.mu.Lock()
	before := s.hangUp
	s.hangUp = hangUp
	s.clear()
	s.mu.Unlock()
	if before != nil {
		before()
	}
}

// gone notes that the box's connection has ended, unless another has taken its place.
func (s *stream) gone(replaced func() bool) {
	s.mu.Lock()
	if replaced() {
		s.mu.Unlock()
		return
	}
	said := s.notice != nil // why it goes
	s.hangUp = nil
	s.clear()
	s.mu.Unlock()
	if !said {
		s.say(wire.Notice{Code: wire.NoticeGone})
	}
}

// quiet reports whether the box has not even told why it sends nothing.
func (s *stream) quiet() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.heard) > 2*askEvery
}

// clear forgets what must not be shown as live any more.
func (s *stream) clear() { s.head, s.group, s.bytes, s.notice = nil, nil, 0, nil }

// take hands a message of the box to all who watch.
func (s *stream) take(h wire.LiveHeader, m []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = time.Now()
	switch {
	case h.Kind == wire.LiveInit:
		s.head, s.group, s.bytes = m, nil, 0
	case h.Kind == wire.LiveNotice:
		s.notice = m
	case h.Flags&wire.LiveKey != 0:
		s.group, s.bytes, s.notice = [][]byte{m}, len(m), s.standing(h)
	case len(s.group) == 0: // forgotten until the next key picture
	case len(s.group) == groupMessages || s.bytes+len(m) > groupBytes:
		s.group, s.bytes = nil, 0
	default:
		s.group, s.bytes = append(s.group, m), s.bytes+len(m)
	}
	for v := range s.viewers {
		v.add(h, m)
	}
}

// standing is the notice that is true of a camera that sends: that it sends stills.
func (s *stream) standing(h wire.LiveHeader) []byte {
	if h.Kind == wire.LiveStill {
		return s.notice
	}
	return nil
}

// say tells all who watch.
func (s *stream) say(n wire.Notice) {
	m := wire.LiveNoticeMessage(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		v.add(wire.LiveHeader{Kind: wire.LiveNotice}, m)
	}
}

// join makes somebody watch, with what is kept.
func (s *stream) join() *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := newViewer(s)
	for _, m := range [][]byte{s.notice, s.head} {
		if m != nil {
			v.add(wire.LiveHeader{Kind: wire.LiveKind(m[0])}, m)
		}
	}
	for _, m := range s.group {
		v.add(wire.LiveHeader{Kind: wire.LiveKind(m[0]), Flags: m[1]}, m)
	}
	s.viewers[v] = true
	return v
}

func (s *stream) leave(v *viewer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.viewers, v)
	s.left = time.Now()
}

func (s *stream) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers)
}
