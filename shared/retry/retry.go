// Package retry says how long to wait before trying again: longer each time, and
// never in step with the other boxes that wait for the same thing.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Backoff gives growing waits with full jitter: each is drawn evenly between
// half of and the whole of a bound that doubles from Min to Max. The zero value
// is not usable; one goroutine uses it at a time.
type Backoff struct {
	Min, Max time.Duration
	bound    time.Duration
}

// Next returns how long to wait now.
func (b *Backoff) Next() time.Duration {
	switch {
	case b.bound == 0:
		b.bound = b.Min
	case b.bound < b.Max:
		b.bound = min(b.bound*2, b.Max)
	}
	half := b.bound / 2
	return half + rand.N(half+1)
}

// Reset starts again from Min, after something worked.
func (b *Backoff) Reset() { b.bound = 0 }

// Wait waits for the next duration or until ctx ends; it reports whether the
// wait was completed.
func (b *Backoff) Wait(ctx context.Context) bool { return Sleep(ctx, b.Next()) }

// Sleep waits for d or until ctx ends; it reports whether d passed.
func Sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
