package app

import (
	"context"
	"sync"

	"eastgate/edge/flow"
)

// A tap is a joint that gives the next frame passing it to whoever waits for one.
type tap struct {
	mu      sync.Mutex
	waiting []chan *flow.Frame
}

// see shows the tap a frame on its way. It costs nothing while nobody waits.
func (t *tap) see(f *flow.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range t.waiting {
		w <- f.Retain() // each has room for one
	}
	t.waiting = nil
}

// next returns the next frame, held for the caller, or ctx's error.
func (t *tap) next(ctx context.Context) (*flow.Frame, error) {
	w := make(chan *flow.Frame, 1)
	t.mu.Lock()
	t.waiting = append(t.waiting, w)
	t.mu.Unlock()
	select {
	case f := <-w:
		return f, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.waiting {
		if other == w {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			return nil, ctx.Err()
		}
	}
	return <-w, nil // it came at the last moment
}
