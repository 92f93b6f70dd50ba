package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

func items(epoch string, first uint64, n int) []wire.Item {
	out := make([]wire.Item, n)
	for i := range out {
		id, now := event.NewID(), time.Now().UTC()
		out[i] = wire.Item{Position: wire.Position{Epoch: epoch, Priority: event.Minor, Sequence: first + uint64(i)}, Event: event.Event{
			ID: id, Episode: id, Source: "/garden/gate-1/yard", Kind: event.Motion, State: event.Start, Time: now, Since: now,
			Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: "Actual",
		}}
	}
	return out
}

const childEnv = "STORE_CHILD"

// TestKill kills a process that stores events, several times, and looks whether
// every event that it said was stored is there.
func TestKill(t *testing.T) {
	if address := os.Getenv(childEnv); address != "" {
		storeUntilKilled(t, address)
		return
	}
	t.Run("sqlite", func(t *testing.T) { kill(t, storetest.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { kill(t, storetest.Postgres(t)) })
}

func kill(t *testing.T, address string) {
	promised := 0
	for range 4 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		cmd.Env = append(os.Environ(), childEnv+"="+address)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 40 && lines.Scan(); n++ {
			promised += 10
		}
		cmd.Process.Kill()
		for lines.Scan() { // what it had still said
			promised += 10
		}
		cmd.Wait()
	}
	s := storetest.Open(t, address)
	n, err := s.Events(t.Context())
	if err != nil || n < int64(promised) || promised < 1600 {
		t.Errorf("%d events are there (%v), %d were promised", n, err, promised)
	}
}

func storeUntilKilled(t *testing.T, address string) {
	s := storetest.Open(t, address)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 4 {
		wg.Go(func() {
			epoch := wire.NewEpoch()
			for next := uint64(1); ; next += 10 {
				if _, err := s.Record(context.Background(), "garden", "gate-1", items(epoch, next, 10), nil); err != nil {
					return
				}
				mu.Lock()
				fmt.Println("stored")
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestRepeatsAndClashes(t *testing.T) { storetest.Each(t, repeatsAndClashes) }

func repeatsAndClashes(t *testing.T, s *store.Store) {
	epoch := wire.NewEpoch()
	first := items(epoch, 1, 5)
	for round, want := range []struct{ isNew, repeats int }{{5, 0}, {0, 5}} {
		got, err := s.Record(t.Context(), "garden", "gate-1", first, nil)
		if err != nil || got.New != want.isNew || got.Repeats != want.repeats || len(got.Clashes) != 0 {
			t.Errorf("round %d: %+v, %v", round, got, err)
		}
	}
	got, err := s.Record(t.Context(), "garden", "gate-1", items(epoch, 5, 2), nil)
	if err != nil || got.New != 2 || len(got.Clashes) != 1 || got.Clashes[0].Sequence != 5 {
		t.Errorf("a copy's events: %+v, %v", got, err)
	}
}

func TestOneBadWriteDoesNotSpoilItsNeighbours(t *testing.T) { storetest.Each(t, oneBadWrite) }

func oneBadWrite(t *testing.T, s *store.Store) {
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Record(t.Context(), "garden", "gate-1", items(wire.NewEpoch(), 1, 3), nil); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := s.RecordOwn(t.Context(), event.Event{}); err == nil {
				t.Error("an event that is none was stored")
			}
		})
	}
	wg.Wait()
	if n, err := s.Events(t.Context()); n != 60 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	for address, want := range map[string]string{
		"mysql://user:hunter2@host/db": "want sqlite:PATH or postgres://",
		"sqlite:":                      "want sqlite:PATH or postgres://",
		"postgres://user:hunter2@127.0.0.1:1/db?password=hunter2": "open store postgres://user:xxxxx@127.0.0.1:1/db",
		"sqlite:/nowhere/at/all/cloud.db":                         "open store /nowhere/at/all/cloud.db",
	} {
		_, err := store.Open(t.Context(), address)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func BenchmarkRecord50(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { record50(b, storetest.Open(b, storetest.SQLite(b))) })
	b.Run("postgres", func(b *testing.B) { record50(b, storetest.Open(b, storetest.Postgres(b))) })
}

func record50(b *testing.B, s *store.Store) {
	epoch, next := wire.NewEpoch(), uint64(1)
	for b.Loop() {
		if _, err := s.Record(context.Background(), "garden", "gate-1", items(epoch, next, 50), nil); err != nil {
			b.Fatal(err)
		}
		next += 50
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*50), "ns/event")
}
