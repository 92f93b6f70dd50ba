// Package replica lets several clouds share one database: it says which of them
// does what only one should do, and which takes the events of which boxes.
//
// It promises that work goes on within a lease's time after its holder has died.
// It does not promise that two never do the same for a moment, since clocks
// differ and processes pause: so what is written must stand that, by unique keys
// and versions. A lease saves work; it guards nothing.
package replica

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"eastgate/shared/event"
)

// A Store keeps leases where all replicas see them.
type Store interface {
	// Lease takes or renews a lease; false says that another holds it.
	Lease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	// Renew renews all of a holder's leases at once.
	Renew(ctx context.Context, holder string, now time.Time, ttl time.Duration) error
	Release(ctx context.Context, name, holder string) error
	// Leases are those that run, holder by name.
	Leases(ctx context.Context, prefix string, now time.Time) (map[string]string, error)
}

// Shards are how many parts the boxes fall into.
const Shards = 64

// A Member is one running cloud.
type Member struct {
	id    string
	store Store
	log   *slog.Logger
	ttl   time.Duration
	mine  [Shards]atomic.Bool
}

// TTL is how long a lease outlives its holder.
const TTL = 10 * time.Second

// Join makes a member. It holds nothing before Run.
func Join(s Store, log *slog.Logger) *Member {
	return &Member{id: event.NewID(), store: s, log: log, ttl: TTL}
}

// ID names this member among others; new at each start.
func (m *Member) ID() string { return m.id }

// Members names all members that live.
func (m *Member) Members(ctx context.Context) ([]string, error) {
	held, err := m.store.Leases(ctx, memberPrefix, time.Now())
	if err != nil {
		return nil, err
	}
	out := []string{}
	for name := range held {
		out = append(out, strings.TrimPrefix(name, memberPrefix))
	}
	slices.Sort(out)
	return out, nil
}

// Mine reports whether this member takes what a box sends. While leases move,
// two may, or none for a moment: what nobody acknowledges comes again.
func (m *Member) Mine(site, box string) bool { return m.mine[shard(site, box)].Load() }

func shard(site, box string) int {
	h := fnv.New32a()
	h.Write([]byte(site + "/" + box)) //nolint:errcheck // a hash takes everything
	return int(h.Sum32() % Shards)
}

// Alone runs work while this member holds the lease of that name: one of all
// members works at a time. When the lease is lost work's context ends. It returns
// when ctx ends, or with work's error.
func (m *Member) Alone(ctx context.Context, name string, work func(context.Context) error) error {
	for ctx.Err() == nil {
		if m.take(ctx, name) {
			if err := m.hold(ctx, name, work); err != nil {
				return err
			}
		}
		wait(ctx, m.ttl/4)
	}
	return nil
}

func (m *Member) take(ctx context.Context, name string) bool {
	ok, err := m.store.Lease(ctx, name, m.id, time.Now(), m.ttl)
	if err != nil && ctx.Err() == nil {
		m.log.Error("lease cannot be taken", "lease", name, "err", err)
	}
	return ok && err == nil
}

// hold works and renews until the lease is lost, work ends or ctx does.
func (m *Member) hold(ctx context.Context, name string, work func(context.Context) error) error {
	m.log.Info("lease taken", "lease", name)
	held, lose := context.WithCancel(ctx)
	defer lose()
	done := make(chan error, 1)
	go func() { done <- work(held) }()
	beat := time.NewTicker(m.ttl / 4)
	defer beat.Stop()
	renewed := time.Now()
	for {
		select {
		case err := <-done:
			return errors.Join(err, m.release(ctx, name))
		case <-beat.C:
			if m.take(held, name) {
				renewed = time.Now()
				continue
			}
			if time.Since(renewed) < m.ttl/2 { // a database that stumbles
				continue
			}
			m.log.Warn("lease lost", "lease", name)
			lose()
			return <-done
		}
	}
}

func (m *Member) release(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := m.store.Release(ctx, name, m.id); err != nil {
		m.log.Warn("lease is left to run out", "lease", name, "err", err)
	}
	return nil
}

const (
	memberPrefix = "member/"
	shardPrefix  = "shard/"
)

func shardName(n int) string { return fmt.Sprintf("%s%02d", shardPrefix, n) }

// Run shares the boxes out among the members until ctx ends, then lets go of its
// own.
func (m *Member) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := m.share(ctx); err != nil && ctx.Err() == nil {
			m.log.Error("boxes cannot be shared out; those held are kept", "err", err)
		}
		wait(ctx, m.ttl/4)
	}
	for n := range m.mine {
		if m.mine[n].Swap(false) {
			m.release(ctx, shardName(n)) //nolint:errcheck // it says so itself
		}
	}
	return m.release(ctx, memberPrefix+m.id)
}

// share renews what is held, lets go of what is too much, and takes what is free,
// up to an equal part.
func (m *Member) share(ctx context.Context) error {
	now := time.Now()
	if err := m.store.Renew(ctx, m.id, now, m.ttl); err != nil {
		return err
	}
	if _, err := m.store.Lease(ctx, memberPrefix+m.id, m.id, now, m.ttl); err != nil {
		return err
	}
	members, err := m.store.Leases(ctx, memberPrefix, now)
	if err != nil {
		return err
	}
	held, err := m.store.Leases(ctx, shardPrefix, now)
	if err != nil {
		return err
	}
	part, have := (Shards+len(members)-1)/max(len(members), 1), 0
	for n := range Shards {
		keep := held[shardName(n)] == m.id && have < part
		if keep {
			have++
		} else if held[shardName(n)] == m.id {
			if err := m.store.Release(ctx, shardName(n), m.id); err != nil {
				return err
			}
		}
		m.mine[n].Store(keep)
	}
	for n := 0; n < Shards && have < part; n++ {
		if held[shardName(n)] != "" {
			continue
		}
		ok, err := m.store.Lease(ctx, shardName(n), m.id, now, m.ttl)
		if err != nil {
			return err
		}
		if ok {
			m.mine[n].Store(true)
			have++
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
