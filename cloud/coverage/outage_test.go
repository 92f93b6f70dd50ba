package coverage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/shared/event"
)

// A town is boxes that may or may not be heard, under a clock of its own.
type town struct {
	t       *testing.T
	now     time.Time
	deaf    bool
	fails   bool
	boxes   map[string]*Heard
	silent  map[string]bool
	outages map[[2]string]Outage
	events  []event.Event
	watch   *Outages
}

func newTown(t *testing.T, boxes ...string) *town {
	w := &town{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), boxes: map[string]*Heard{}, silent: map[string]bool{}, outages: map[[2]string]Outage{}}
	for _, b := range boxes {
		h := &Heard{Online: true, At: w.now}
		h.Site, h.Box = b[:1], b[1:]
		w.boxes[b] = h
	}
	w.restart()
	return w
}

// restart is a new cloud over the same database.
func (w *town) restart() {
	w.watch = NewOutages(w, func() bool { return !w.deaf }, func() {}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
}

func (w *town) Heards(context.Context) ([]Heard, error) {
	var out []Heard
	for _, h := range w.boxes {
		out = append(out, *h)
	}
	slices.SortFunc(out, func(a, b Heard) int { return slices.Compare([]string{a.Site, a.Box}, []string{b.Site, b.Box}) })
	return out, nil
}

func (w *town) Outages(context.Context) ([]Outage, error) {
	var out []Outage
	for _, o := range w.outages {
		out = append(out, o)
	}
	return out, nil
}

func (w *town) KeepOutage(_ context.Context, o Outage) error {
	w.outages[[2]string{o.Site, o.Box}] = o
	return nil
}

func (w *town) DropOutage(_ context.Context, o Outage) error {
	delete(w.outages, [2]string{o.Site, o.Box})
	return nil
}

func (w *town) RecordOwn(_ context.Context, e event.Event) error {
	if w.fails {
		return errors.New("disk full")
	}
	if err := e.Validate(); err != nil {
		w.t.Error(err)
	}
	w.events = append(w.events, e)
	return nil
}

// pass lets time pass; boxes that are not silent speak every 30 s.
func (w *town) pass(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(lookEvery)
		for name, h := range w.boxes {
			if !w.silent[name] && !w.deaf && w.now.Unix()%30 == 0 {
				h.At, h.Online = w.now, true
			}
		}
		if err := w.watch.look(context.Background(), w.now); err != nil && !w.fails {
			w.t.Error(err)
		}
	}
}

func (w *town) hush(boxes ...string) {
	for _, b := range boxes {
		w.silent[b] = true
	}
}

func (w *town) speak(boxes ...string) {
	for _, b := range boxes {
		w.silent[b] = false
	}
}

// told returns what was told since the last time.
func (w *town) told() (out []string) {
	for _, e := range w.events {
		out = append(out, fmt.Sprintf("%s %s", e.Source, e.State))
	}
	w.events = nil
	return out
}

func (w *town) want(what string, want ...string) {
	w.t.Helper()
	if got := w.told(); !slices.Equal(got, want) {
		w.t.Errorf("%s: told %v, want %v", what, got, want)
	}
}

func TestABoxIsToldOnceRemindedAndOver(t *testing.T) {
	w := newTown(t, "a1", "a2")
	w.pass(10 * time.Minute)
	w.hush("a1")
	w.pass(90 * time.Second)
	w.speak("a1")
	w.pass(5 * time.Minute)
	w.want("a blip")
	w.hush("a1")
	since := w.boxes["a1"].At
	w.pass(10 * time.Minute)
	if len(w.events) != 1 || w.events[0].Since != since || w.events[0].Kind != event.Offline {
		t.Fatalf("%+v", w.events)
	}
	w.want("gone", "/a/1 start")
	w.pass(time.Hour)
	w.want("an hour", "/a/1 update")
	w.pass(72 * time.Hour)
	w.want("three days", "/a/1 update", "/a/1 update", "/a/1 update")
	w.speak("a1")
	w.pass(time.Minute)
	w.want("back", "/a/1 end")
	if len(w.outages) != 0 {
		t.Errorf("kept: %+v", w.outages)
	}
}

func TestASiteIsOneEvent(t *testing.T) {
	w := newTown(t, "a1", "a2", "a3", "b1", "b2")
	w.pass(10 * time.Minute)
	w.hush("a1")
	w.pass(30 * time.Second) // one after the other, as batteries end
	w.hush("a2")
	w.pass(30 * time.Second)
	w.hush("a3")
	w.pass(10 * time.Minute)
	w.want("the power of a compound", "/a start")
	w.speak("a2")
	w.pass(time.Minute)
	w.want("one is back: the others are told by themselves", "/a end", "/a/1 start", "/a/3 start")
	w.speak("a1", "a3")
	w.pass(time.Minute)
	w.want("all are back", "/a/1 end", "/a/3 end")
}

func TestABoxThatWasGoneBeforeItsSite(t *testing.T) {
	w := newTown(t, "a1", "a2")
	w.pass(10 * time.Minute)
	w.hush("a1")
	w.pass(time.Hour / 2)
	w.want("one", "/a/1 start")
	w.hush("a2")
	w.pass(10 * time.Minute)
	w.want("then the other", "/a start")
	w.speak("a1", "a2")
	w.pass(time.Minute)
	w.want("both are back", "/a end", "/a/1 end")
}

func TestASiteOfOneBoxIsTheBox(t *testing.T) {
	w := newTown(t, "a1")
	w.pass(5 * time.Minute)
	w.hush("a1")
	w.pass(5 * time.Minute)
	w.want("gone", "/a/1 start")
	delete(w.boxes, "a1") // revoked
	w.pass(time.Minute)
	w.want("revoked", "/a/1 end")
}

func TestADeafCloudTellsNothing(t *testing.T) {
	w := newTown(t, "a1", "a2")
	w.pass(5 * time.Minute)
	w.deaf = true
	w.pass(time.Hour)
	w.want("deaf")
	w.deaf = false
	w.pass(5 * time.Minute)
	w.want("it hears again")
	w.hush("a1")
	w.pass(5 * time.Minute)
	w.want("gone", "/a/1 start")
	w.now = w.now.Add(time.Hour) // the cloud was off
	w.restart()
	w.boxes["a1"].At, w.boxes["a1"].Online = w.now, false // what the broker retained
	w.pass(time.Minute)
	w.want("a restart, too early to judge")
	w.pass(5 * time.Minute)
	w.want("the old outage goes on, with its reminder", "/a/1 update")
}

func TestWhatCouldNotBeStoredIsToldLater(t *testing.T) {
	w := newTown(t, "a1")
	w.pass(5 * time.Minute)
	w.hush("a1")
	w.fails = true
	w.pass(5 * time.Minute)
	w.fails = false
	w.pass(time.Minute)
	if len(w.events) != 1 || w.events[0].ID != w.events[0].Episode {
		t.Errorf("%+v", w.events)
	}
	w.want("once", "/a/1 start")
}
