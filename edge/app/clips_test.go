package app

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/outbox"
	"eastgate/shared/event"
)

func TestWhatWaitsIsKnown(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	box, err := outbox.Open(outbox.Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 8 << 20}, outbox.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	k := newKeeper(box, event.NewSource("garden", "gate-1", ""), newMetrics(prometheus.NewRegistry()), quiet)
	w := waitingEvents{box, k}
	put := func(id string, priority int) {
		t.Helper()
		if err := box.Put(t.Context(), outbox.Message{ID: id, Priority: priority, Body: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, urgent bool, ids ...string) {
		t.Helper()
		got, err := w.Unacknowledged()
		if err != nil || len(got) != len(ids) || w.Urgent() != urgent {
			t.Errorf("%s: urgent %v, waiting %v, %v", what, w.Urgent(), got, err)
		}
		for _, id := range ids {
			if !got[id] {
				t.Errorf("%s: %s is not said to wait", what, id)
			}
		}
	}
	expect("nothing", false)
	put("A", 4)
	put("B", 2)
	expect("nothing urgent", false, "A", "B")
	put("C", 1)
	expect("a fire", true, "A", "B", "C")
	if _, err := box.Ack(box.Epoch(), outbox.Range{Priority: 1, First: 1, Last: 1}); err != nil {
		t.Fatal(err)
	}
	expect("the cloud has the fire", false, "A", "B")
	k.hold(outbox.Message{ID: "D", Priority: 1})
	expect("a fire that the disk refuses", true, "A", "B", "D")
}
