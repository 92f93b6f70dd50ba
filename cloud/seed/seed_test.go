package seed_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/seed"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// where tells the engine where the demo's devices hang.
type where struct{ *place.Directory }

func (w where) At(s event.Source) incident.Place {
	f := w.Resolve(s)
	return incident.Place{Path: f.Path, Name: f.ZH, Unit: f.Unit, Sensor: f.Device == place.Sensor}
}

func (w where) Known(path string) (incident.Place, bool) {
	p, unit, ok := w.Place(path)
	return incident.Place{Path: p.Path, Name: p.ZH, Unit: unit}, ok
}

// parents tells whistles of their incidents.
type parents struct{ *incident.Engine }

func (p parents) Parent(ctx context.Context, id string) (whistle.Parent, error) {
	i, err := p.Get(ctx, id)
	return whistle.Parent{ID: i.ID, Number: i.Number, Place: i.Place, Class: i.Class, Open: i.ConfirmedAt != nil && i.State.Open(), Test: i.Test}, err
}

func play(t testing.TB, o seed.Options) *store.Store {
	t.Helper()
	clock := &seed.Clock{}
	s, err := store.Open(t.Context(), storetest.SQLite(t), store.Clock(clock.Now), store.Unsynced)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SavePlaces(t.Context(), 0, plan.Added); err != nil {
		t.Fatal(err)
	}
	places, err := place.Open(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	catalogue, calendar := governance.Default(), governance.DefaultCalendar()
	engine := incident.New(s, incident.Options{Catalogue: catalogue, Calendar: calendar, Places: where{places}, Now: clock.Now, Entropy: seed.Entropy(o.Seed)})
	c := seed.Centre{
		Engine: engine, Book: s,
		Whistles: whistle.New(s, whistle.Options{
			Parents: parents{engine}, Now: clock.Now, Respond: func(_ whistle.Kind, sent time.Time) time.Time { return sent.Add(2 * time.Hour) },
		}),
		Catalogue: catalogue, Calendar: calendar, Places: places.Under(""), Clock: clock,
		Unit: func(path string) string { _, unit, _ := places.Place(path); return unit },
		Record: func(ctx context.Context, e event.Event) error {
			site, box, _, _ := e.Source.Split()
			_, err := s.Record(ctx, site, box, []wire.Item{{Event: e}}, nil)
			return err
		},
	}
	began := time.Now()
	if err := seed.Play(t.Context(), c, o, func(time.Time) {}); err != nil {
		t.Fatal(err)
	}
	last, _ := s.Last(t.Context())
	t.Logf("%d steps in %v", last, time.Since(began).Round(time.Millisecond))
	return s
}

func options(t testing.TB, from, to string) seed.Options {
	t.Helper()
	a, err := seed.Day(from)
	if err != nil {
		t.Fatal(err)
	}
	b, err := seed.Day(to)
	if err != nil {
		t.Fatal(err)
	}
	return seed.Options{From: a, To: b, Seed: 7}
}

// heads are the last hashes of all incidents: the same year gives the same ones.
func heads(t testing.TB, s *store.Store) (n int, sum string) {
	t.Helper()
	h := sha256.New()
	f := incident.Filter{Scope: incident.Everything, Sort: incident.Oldest}
	for {
		list, err := s.List(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range list {
			fmt.Fprintln(h, i.ID, i.Number, i.Head)
			n++
		}
		if len(list) == 0 {
			return n, hex.EncodeToString(h.Sum(nil))
		}
		f.After = f.Cursor(list[len(list)-1])
	}
}

func TestTheSameSeedIsTheSameYear(t *testing.T) {
	o := options(t, "2025-03-01", "2025-03-08")
	n, first := heads(t, play(t, o))
	_, second := heads(t, play(t, o))
	o.Seed++
	_, other := heads(t, play(t, o))
	if first != second || first == other || n < 200 {
		t.Errorf("%d incidents: %s, again %s, another seed %s", n, first, second, other)
	}
}
