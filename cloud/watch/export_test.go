package watch

import (
	"context"
	"time"
)

// At sets the clock.
func At(w *Watch, now func() time.Time) { w.now = now }

// Look judges once.
func Look(w *Watch, ctx context.Context) error { return w.look(ctx) } //nolint:revive // as a method

// Began says that the watch begins to look now.
func Began(w *Watch) { w.began = w.now() }
