package live

import (
	"slices"
	"sync"
	"time"

	"eastgate/shared/wire"
)

// A viewer is one who watches; its queue is what the line has not taken yet.
type viewer struct {
	stream *stream
	wake   chan struct{} // told of something new; one token at most

	mu      sync.Mutex
	queue   []queued
	waitKey bool // pictures that come cannot be shown before the next key picture
	skipped bool
}

type queued struct {
	m     []byte
	shows bool // a picture or a still
	key   bool
	came  time.Time
}

// tooOld is how long a picture may wait for a slow line, and mostQueued how many may.
const (
	tooOld     = time.Second
	mostQueued = 2 * groupMessages
)

func newViewer(s *stream) *viewer {
	return &viewer{stream: s, wake: make(chan struct{}, 1), waitKey: true}
}

func (v *viewer) add(h wire.LiveHeader, m []byte) {
	q := queued{m: m, shows: h.Kind == wire.LivePicture || h.Kind == wire.LiveStill, key: h.Flags&wire.LiveKey != 0, came: time.Now()}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.queue) >= mostQueued {
		v.skip(len(v.queue))
		v.waitKey = true
	}
	switch {
	case q.shows && v.waitKey && !q.key:
		v.skipped = true
		return
	case q.shows:
		v.waitKey = false
	case h.Kind == wire.LiveInit:
		v.waitKey = true
	}
	v.queue = append(v.queue, q)
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// next returns the oldest message that waits; nil when none does. When a picture has
// waited too long the newest key picture is next, and says so.
func (v *viewer) next() []byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.queue) == 0 {
		return nil
	}
	if time.Since(v.queue[0].came) > tooOld {
		key := len(v.queue) - 1
		for key > 0 && !v.queue[key].key {
			key--
		}
		if key == 0 && !v.queue[0].key { // none to go on from
			key = len(v.queue)
			v.waitKey = true
		}
		v.skip(key)
		if len(v.queue) == 0 {
			return nil
		}
	}
	q := v.queue[0]
	v.queue[0] = queued{}
	v.queue = v.queue[1:]
	if q.shows && v.skipped {
		v.skipped = false
		q.m = slices.Clone(q.m) // others have the same
		q.m[1] |= wire.LiveSkip
	}
	return q.m
}

// skip leaves out the pictures among the first n that wait. Heads and notices stay.
func (v *viewer) skip(n int) {
	var stay []queued
	left := 0
	for _, q := range v.queue[:n] {
		if q.shows {
			left++
		} else {
			stay = append(stay, q)
		}
	}
	if left > 0 {
		v.skipped = true
		v.stream.hub.o.Metrics.skipped.Add(float64(left))
	}
	v.queue = append(stay, v.queue[n:]...)
	for i, now := 0, time.Now(); i < len(v.queue); i++ { // this is the present, as far as there is one
		v.queue[i].came = now
	}
}
