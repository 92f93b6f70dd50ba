package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/edge/outbox"
	"eastgate/shared/event"
)

// A disk is an outbox that can refuse.
type disk struct {
	mu     sync.Mutex
	fault  error
	stored []int // priorities, in order
	lost   []outbox.Lost
}

func (d *disk) Put(_ context.Context, m outbox.Message) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fault == nil {
		d.stored = append(d.stored, m.Priority)
	}
	return d.fault
}

func (d *disk) Lost() ([]outbox.Lost, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost, nil
}

func (d *disk) Report(ctx context.Context, m outbox.Message, _ outbox.Lost) error {
	err := d.Put(ctx, m)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.lost = nil
	}
	return err
}

// order is what was stored.
func (d *disk) order() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.stored)
}

func (d *disk) set(fault error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

func some(kind event.Kind) event.Event {
	id, now := event.NewID(), time.Now()
	return event.Event{
		ID: id, Episode: id, Source: "/a/b/c", Kind: kind, State: event.Start, Time: now, Since: now,
		Certainty: "Possible", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual",
	}
}

func keeping(t *testing.T, d *disk) (*keeper, func() error) {
	t.Helper()
	k := newKeeper(d, "/a/b", newMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- k.Run(ctx) }()
	return k, func() error {
		stop()
		return <-done
	}
}

func TestAFullDiskHoldsEventsInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		k, stop := keeping(t, d)
		d.set(outbox.ErrFull)
		for _, kind := range []event.Kind{event.Motion, event.ParkingMotor, event.FireVisual, event.Motion} {
			k.keep(t.Context(), some(kind))
		}
		time.Sleep(10 * time.Second)
		if k.waiting() != 4 {
			t.Errorf("%d are held, want 4", k.waiting())
		}
		d.set(nil)
		time.Sleep(2 * keepRetry)
		if got := fmt.Sprint(d.order()); got != "[1 3 4 4]" {
			t.Errorf("stored in the order %s, want the most urgent first", got)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhenMemoryIsFullTooTheLeastUrgentGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{fault: outbox.ErrFull}
		k, stop := keeping(t, d)
		k.keep(t.Context(), some(event.FireVisual))
		for range maxHeld + 4 {
			k.keep(t.Context(), some(event.Motion))
		}
		if n := testutil.ToFloat64(k.m.givenUp); n != 5 || k.waiting() != maxHeld {
			t.Errorf("%v given up, %d held", n, k.waiting())
		}
		d.set(nil)
		if err := stop(); err != nil { // the last try, when the box stops
			t.Error(err)
		}
		if got := d.order(); len(got) != maxHeld+1 || got[0] != 1 || got[maxHeld] != int(event.EventsLost.Level()) {
			t.Errorf("%d stored, the first of priority %d, the last of %d: not that some were given up", len(got), got[0], got[len(got)-1])
		}
	})
}

func TestWhatTheOutboxGaveUpIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{lost: []outbox.Lost{{Priority: 4, Count: 7, First: 1, Last: 9, Since: time.Now()}}}
		_, stop := keeping(t, d)
		time.Sleep(3 * keepRetry)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := fmt.Sprint(d.order()); got != "[2]" || d.lost != nil {
			t.Errorf("stored %s, still to tell %v", got, d.lost)
		}
	})
}

func TestABrokenOutboxEndsTheBox(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{fault: fmt.Errorf("commit: %w", outbox.ErrBroken)}
		k, stop := keeping(t, d)
		k.keep(t.Context(), some(event.FireVisual))
		time.Sleep(2 * keepRetry)
		if err := stop(); !errors.Is(err, outbox.ErrBroken) {
			t.Errorf("got %v", err)
		}
	})
}
