// Package status knows how the box is: the state of each camera with its
// reason, whether the clock can be trusted, and whether the box can do its job.
//
// It reports what others tell it and invents nothing: a camera nobody has spoken
// of is unknown, not fine.
package status

import (
	"slices"
	"strings"
	"sync"
	"time"

	"eastgate/shared/wire"
)

// Online is the state word of a camera that sends pictures.
const Online = "online"

// A Board holds the state of all cameras. Its methods may be called at once.
type Board struct {
	mu      sync.Mutex
	cameras map[string]wire.CameraHealth
	changed chan struct{}
}

// NewBoard returns an empty board.
func NewBoard() *Board {
	return &Board{cameras: map[string]wire.CameraHealth{}, changed: make(chan struct{}, 1)}
}

// Set notes a camera's state. Since is kept while the state word stays the same.
func (b *Board) Set(c wire.CameraHealth) {
	b.mu.Lock()
	old, known := b.cameras[c.Camera]
	if known && old.State == c.State {
		c.Since = old.Since
	}
	b.cameras[c.Camera] = c
	b.mu.Unlock()
	if known && old.State == c.State {
		return
	}
	b.Tell()
}

// Tell has the state told anew, though no camera has changed.
func (b *Board) Tell() {
	select {
	case b.changed <- struct{}{}:
	default: // a change is already waiting to be noticed
	}
}

// Changed is told, at most once until it is read, when a camera's state changes.
func (b *Board) Changed() <-chan struct{} { return b.changed }

// Camera returns the state of one camera; ok is false while it is unknown.
func (b *Board) Camera(name string) (c wire.CameraHealth, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, ok = b.cameras[name]
	return c, ok
}

// Cameras returns the state of all cameras in the order of their names.
func (b *Board) Cameras() []wire.CameraHealth {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]wire.CameraHealth, 0, len(b.cameras))
	for _, c := range b.cameras {
		out = append(out, c)
	}
	slices.SortFunc(out, func(x, y wire.CameraHealth) int { return strings.Compare(x.Camera, y.Camera) })
	return out
}

// Blind reports since when a camera has sent no pictures. ok is false while it
// sends them, and before anything is known.
func (b *Board) Blind(camera string) (since time.Time, reason string, ok bool) {
	c, known := b.Camera(camera)
	if !known || c.State == Online {
		return time.Time{}, "", false
	}
	return c.Since, c.Reason, true
}
