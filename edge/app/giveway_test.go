package app

import (
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/outbox"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func realOutbox(t *testing.T, path string) *outbox.Box {
	t.Helper()
	b, err := outbox.Open(outbox.Config{Path: path, MaxBytes: 1 << 20}, outbox.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// waitingKinds reads what waits as the cloud would.
func waitingKinds(t *testing.T, b *outbox.Box) (kinds map[event.Kind]int, notes []string) {
	t.Helper()
	kinds = map[event.Kind]int{}
	var c outbox.Cursor
	for p := 1; p <= outbox.Priorities; p++ {
		entries, err := b.Next(&c, outbox.Limit{From: p, To: p, Entries: 1 << 20, Bytes: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			q := wire.Queued{Position: wire.Position{Epoch: b.Epoch(), Priority: event.Level(p), Sequence: e.Seq}, Body: e.Body}
			items, _, err := wire.DecodeBatch(wire.AppendBatch(nil, []wire.Queued{q}), "a", "b")
			if err != nil || len(items) != 1 {
				t.Fatal(err)
			}
			kinds[items[0].Event.Kind]++
			if items[0].Event.Kind == event.EventsLost {
				notes = append(notes, items[0].Event.Note)
			}
		}
	}
	return kinds, notes
}

// TestMotionGivesWayBeforeParkingBeforeTamperAndFireNever fills a real outbox, kind
// after kind, and restarts the box before it could tell what it gave up.
func TestMotionGivesWayBeforeParkingBeforeTamperAndFireNever(t *testing.T) {
	path := filepath.Join(t.TempDir(), "outbox.db")
	b := realOutbox(t, path)
	k := newKeeper(b, "/a/b", newMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	fill := func(kind event.Kind, n int) {
		e := some(kind)
		e.Note = strings.Repeat("n", 200)
		var cameras sync.WaitGroup
		for range 40 {
			cameras.Go(func() {
				for range n / 40 {
					e := e
					e.ID = event.NewID()
					e.Episode = e.ID
					k.keep(t.Context(), e)
				}
			})
		}
		cameras.Wait()
	}
	const many = 400 // a third of what there is room for
	for _, kind := range []event.Kind{event.Motion, event.ParkingMotor, event.Tamper} {
		fill(kind, many)
	}
	if got, _ := waitingKinds(t, b); got[event.Motion] == 0 || got[event.Motion] >= many || got[event.ParkingMotor] != many || got[event.Tamper] != many {
		t.Fatalf("motion was to give way first: %v", got)
	}
	fill(event.Tamper, many)
	if got, _ := waitingKinds(t, b); got[event.Motion] != 0 || got[event.ParkingMotor] == 0 || got[event.ParkingMotor] >= many || got[event.Tamper] != 2*many {
		t.Fatalf("parking was to give way next: %v", got)
	}
	fill(event.FireVisual, 2*many)
	if got, _ := waitingKinds(t, b); got[event.ParkingMotor] != 0 || got[event.Tamper] == 0 || got[event.Tamper] >= 2*many || got[event.FireVisual] != 2*many {
		t.Fatalf("tamper was to give way last: %v", got)
	}

	b.Close()
	b = realOutbox(t, path)
	k = newKeeper(b, "/a/b", newMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	k.tell(t.Context())
	got, notes := waitingKinds(t, b)
	if got[event.EventsLost] != 3 || got[event.FireVisual] != 2*many || !strings.Contains(strings.Join(notes, "\n"), "400 events of priority 4 gave way, sequences 1 to 400") {
		t.Errorf("told after the restart: %v, %q", got, notes)
	}
	k.tell(t.Context())
	if again, _ := waitingKinds(t, b); again[event.EventsLost] > 4 { // what the reports themselves made give way
		t.Errorf("told again: %v", again)
	}
}
