package watch_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/watch"
	"eastgate/shared/event"
)

// night is a watch over a store, at a time that the test sets.
type night struct {
	*watch.Watch
	now    time.Time
	events []event.State
}

// noted is a store that also notes what is told.
type noted struct {
	*store.Store
	n *night
}

func (s noted) RecordOwn(ctx context.Context, e event.Event) error {
	s.n.events = append(s.n.events, e.State)
	return s.Store.RecordOwn(ctx, e)
}

func begin(s *store.Store, alarm bool) *night {
	n := &night{now: time.Now().UTC().Truncate(time.Second)}
	n.Watch = watch.New(noted{s, n}, alarm, func() {}, slog.New(slog.DiscardHandler))
	watch.At(n.Watch, func() time.Time { return n.now })
	return n
}

// pass lets time go by, a look each 5 s.
func (n *night) pass(t *testing.T, d time.Duration, desks ...watch.Desk) {
	t.Helper()
	for end := n.now.Add(d); n.now.Before(end); n.now = n.now.Add(5 * time.Second) {
		for _, d := range desks {
			d.Input = n.now
			if err := n.Tell(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if err := watch.Look(n.Watch, t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

var armed = watch.Desk{ID: "a", Who: "li", Sound: watch.Running, Visible: true}

func TestADeskIsArmed(t *testing.T) {
	now := time.Now()
	good := watch.Desk{Sound: watch.Running, Visible: true, Input: now.Add(-time.Minute), Told: now.Add(-10 * time.Second)}
	for name, c := range map[string]struct {
		change func(*watch.Desk)
		want   bool
	}{
		"as it should be":  {func(*watch.Desk) {}, true},
		"blocked":          {func(d *watch.Desk) { d.Sound = watch.Blocked }, false},
		"turned off":       {func(d *watch.Desk) { d.Sound = watch.Off }, false},
		"behind a window":  {func(d *watch.Desk) { d.Visible = false }, false},
		"nobody there":     {func(d *watch.Desk) { d.Input = now.Add(-watch.Present) }, false},
		"not heard of":     {func(d *watch.Desk) { d.Told = now.Add(-watch.Gone) }, false},
		"a minute of both": {func(d *watch.Desk) { d.Input = now.Add(-59 * time.Minute) }, true},
	} {
		d := good
		c.change(&d)
		if got := d.Armed(now); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNobodyOnWatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := begin(s, true)
		n.pass(t, 10*time.Minute)
		if got := n.events; len(got) != 0 {
			t.Fatalf("before any desk was armed: %v", got)
		}
		n.pass(t, time.Minute, armed)
		n.pass(t, watch.Patience)
		if got := n.events; len(got) != 0 {
			t.Fatalf("within the minute after a desk counts as gone: %v", got)
		}
		n.pass(t, 10*time.Minute, watch.Desk{ID: "b", Who: "wang", Sound: watch.Blocked, Visible: true})
		if got := n.events; len(got) != 1 || got[0] != event.Start {
			t.Fatalf("with a blocked desk only: %v", got)
		}
		n.pass(t, time.Minute, armed)
		if got := n.events; len(got) != 2 || got[1] != event.End {
			t.Fatalf("with an armed one again: %v", got)
		}
	})
}

// A cloud that was away could not hear the desks: it waits before it judges, and goes
// on with what was told before.
func TestARestart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := begin(s, true)
		n.pass(t, time.Minute, armed)
		later := begin(s, true)
		later.now = n.now.Add(time.Hour)
		watch.Began(later.Watch)
		later.pass(t, 55*time.Second)
		if got := later.events; len(got) != 0 {
			t.Fatalf("at once after a restart: %v", got)
		}
		later.pass(t, time.Minute)
		again := begin(s, true)
		again.now = later.now
		again.pass(t, 5*time.Minute)
		if got := append(later.events, again.events...); len(got) != 1 {
			t.Fatalf("after two minutes, and another restart: %v", got)
		}
	})
}

func TestItCanBeTurnedOff(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := begin(s, false)
		n.pass(t, time.Minute, armed)
		n.pass(t, 10*time.Minute)
		if got := n.events; len(got) != 0 {
			t.Errorf("%v", got)
		}
		if list, err := n.Desks(t.Context()); err != nil || len(list) != 0 {
			t.Errorf("a desk that went: %v %v", list, err)
		}
	})
}
