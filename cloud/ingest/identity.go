package ingest

import (
	"sync"
	"time"

	"eastgate/shared/wire"
)

// identities notices when two boxes take turns under one name. A box that gets a
// new outbox changes its epoch once; two boxes change it to and fro.
type identities struct {
	mu   sync.Mutex
	seen map[string]*turns
}

type turns struct {
	now, before   string // epochs
	host, other   string // where they run
	changed, told time.Time
}

// turnWithin is how soon an epoch that was replaced must come back to be another
// box.
const turnWithin = 10 * time.Minute

// tellEvery bounds how often one clash is told.
const tellEvery = 10 * time.Minute

func newIdentities() *identities { return &identities{seen: map[string]*turns{}} }

// online takes in a status and reports whether the name has two boxes, and where
// the other runs.
func (i *identities) online(name string, s wire.BoxStatus, at time.Time) (other string, two bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	t := i.of(name)
	if !s.Online || s.Epoch == t.now {
		return "", false
	}
	two = s.Epoch == t.before && at.Sub(t.changed) < turnWithin
	t.before, t.other = t.now, t.host
	t.now, t.host, t.changed = s.Epoch, s.Host, at
	return t.other, two
}

// tell reports whether a clash of this name should be told now.
func (i *identities) tell(name string, at time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	t := i.of(name)
	if !t.told.IsZero() && at.Sub(t.told) < tellEvery {
		return false
	}
	t.told = at
	return true
}

func (i *identities) of(name string) *turns {
	if i.seen[name] == nil {
		i.seen[name] = &turns{}
	}
	return i.seen[name]
}
