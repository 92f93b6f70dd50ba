package replica_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"eastgate/cloud/replica"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

func member(s *store.Store) *replica.Member {
	m := replica.Join(s, slog.New(slog.DiscardHandler))
	m.SetTTL(time.Second)
	return m
}

// eventually waits for something that must come.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

// start runs a member until stopped; what it holds is let go of, unless it dies.
func start(t *testing.T, m *replica.Member) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	return stop
}

func TestShardsAreSharedOut(t *testing.T) { storetest.Each(t, sharedOut) }

func sharedOut(t *testing.T, s *store.Store) {
	a, b := member(s), member(s)
	start(t, a)
	eventually(t, "one member holds all", func() bool { return a.Holds() == replica.Shards })
	stopB := start(t, b)
	eventually(t, "two hold a half each", func() bool { return a.Holds() == replica.Shards/2 && b.Holds() == replica.Shards/2 })
	for site := range 50 { // every box is somebody's, and nobody's twice
		if name := fmt.Sprint("site-", site); a.Mine(name, "gate-1") == b.Mine(name, "gate-1") {
			t.Errorf("%s: a %v, b %v", name, a.Mine(name, "gate-1"), b.Mine(name, "gate-1"))
		}
	}
	stopB()
	eventually(t, "the other takes over", func() bool { return a.Holds() == replica.Shards })
}

// TestADeadMembersWorkGoesOn: a member that dies without a word loses its leases
// when they run out.
func TestADeadMembersWorkGoesOn(t *testing.T) { storetest.Each(t, deadMember) }

func deadMember(t *testing.T, s *store.Store) {
	dead := member(s)
	if err := dead.Share(t.Context()); err != nil || dead.Holds() != replica.Shards {
		t.Fatal(err, dead.Holds())
	}
	if !dead.Take(t.Context(), "fold") {
		t.Fatal("a free lease was refused")
	}
	next := member(s)
	if next.Take(t.Context(), "fold") {
		t.Fatal("a lease that is held was given")
	}
	start(t, next)
	eventually(t, "the survivor holds all shards", func() bool { return next.Holds() == replica.Shards })
	var working atomic.Bool
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- next.Alone(ctx, "fold", func(ctx context.Context) error {
			working.Store(true)
			<-ctx.Done()
			return nil
		})
	}()
	eventually(t, "the survivor works", working.Load)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if !member(s).Take(t.Context(), "fold") {
		t.Error("a lease was not let go of")
	}
}
