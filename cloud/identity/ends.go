package identity

import (
	"context"
	"slices"
	"time"
)

// lookEvery is how soon a revocation that another program wrote is seen.
const lookEvery = 500 * time.Millisecond

// lookBack is how far back ends are looked for: clocks of replicas differ, and a commit
// is seen after the time that it names.
const lookBack = 10 * time.Minute

// Holds has a gate's connections cut from now on.
func (b *Book) Holds(g Gate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gates = append(b.gates, g)
}

// Look has Run look at once for what has ended.
func (b *Book) Look() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Run cuts the connections of boxes whose right to speak has ended, until ctx ends:
// those that were revoked here, by another replica or from the command line, whose
// certificate was replaced, and whose certificate is over.
func (b *Book) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	since := time.Time{} // what ended before this program began is refused at the door; be sure
	failed := false
	for {
		begun := b.now()
		serials, boxes, err := b.store.Ended(ctx, since)
		if err == nil {
			since = begun.Add(-lookBack)
			b.cut(serials, boxes)
		}
		if (err != nil) != failed && ctx.Err() == nil {
			failed = err != nil
			b.log.Error("revocations are read from the database", "works", !failed, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-tick.C:
		}
	}
}

func (b *Book) cut(serials, boxes []string) {
	now := b.now()
	gone := func(p Peer) bool {
		if p.Serial == "" {
			return slices.Contains(boxes, p.Name())
		}
		return now.After(p.Until) || slices.Contains(serials, p.Serial)
	}
	b.mu.Lock()
	gates := slices.Clone(b.gates)
	b.mu.Unlock()
	for _, g := range gates {
		g.End(gone)
	}
}
