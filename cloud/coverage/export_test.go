package coverage

import (
	"context"
	"time"
)

// Look is one look of the watch, at a time of the test's own.
func (w *Outages) Look(ctx context.Context, now time.Time) error { return w.look(ctx, now) }
