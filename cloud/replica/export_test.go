package replica

import (
	"context"
	"time"
)

// What the tests, which need a store that knows this package, see of a Member.

// SetTTL shortens the leases.
func (m *Member) SetTTL(d time.Duration) { m.ttl = d }

// Holds counts the shards that are held.
func (m *Member) Holds() (n int) {
	for i := range m.mine {
		if m.mine[i].Load() {
			n++
		}
	}
	return n
}

// Share is one round of sharing out.
func (m *Member) Share(ctx context.Context) error { return m.share(ctx) }

// Take takes a lease or does not.
func (m *Member) Take(ctx context.Context, name string) bool { return m.take(ctx, name) }
