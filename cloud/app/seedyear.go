package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/seed"
	"eastgate/cloud/store"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// seedYear fills an empty store with a scripted time of the demo site.
func (c Console) seedYear(ctx context.Context, args []string) error {
	flags, _ := c.flags("seed")
	address := storeFlag(flags)
	from := flags.String("from", "2025-01-01", "the first `day`, in Asia/Shanghai")
	to := flags.String("to", "2025-12-31", "the last `day`")
	number := flags.Uint64("seed", 1, "the `number` that chance begins with: the same one gives the same year")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	o := seed.Options{Seed: *number}
	var err error
	if o.From, o.To, err = period(*from, *to); err != nil {
		return err
	}
	if o.From.IsZero() || !o.From.Before(o.To) {
		return errors.New("-from and -to: want two days, the first before the last")
	}
	clock := &seed.Clock{}
	return withStore(ctx, *address, func(s *store.Store) error {
		if n, err := s.Events(ctx); err != nil || n > 0 {
			return errors.Join(err, fmt.Errorf("the store holds %d events already: a year is played into an empty one only", n))
		}
		centre, err := demoCentre(ctx, s, clock, o)
		if err != nil {
			return err
		}
		began := time.Now()
		err = seed.Play(ctx, centre, o, c.progress(o, began))
		if err != nil {
			return err
		}
		steps, err := s.Last(ctx)
		fmt.Fprintf(c.Err, "\r%s to %s: %d steps in %s\n", *from, *to, steps, time.Since(began).Round(time.Second))
		return err
	}, store.Clock(clock.Now), store.Unsynced)
}

// progress shows how far a play is.
func (c Console) progress(o seed.Options, began time.Time) func(time.Time) {
	return func(day time.Time) {
		if done := day.Sub(o.From).Hours() / o.To.Sub(o.From).Hours(); day.Day() == 1 || done == 0 {
			fmt.Fprintf(c.Err, "\r%s  %3.0f %%  %s ", day.Format(time.DateOnly), done*100, time.Since(began).Round(time.Second))
		}
	}
}

// demoCentre is the demo site's centre in an empty store.
func demoCentre(ctx context.Context, s *store.Store, clock *seed.Clock, o seed.Options) (seed.Centre, error) {
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil {
		return seed.Centre{}, err
	}
	if err := s.SavePlaces(ctx, 0, plan.Added); err != nil && !errors.Is(err, place.ErrConflict) { // they may be there
		return seed.Centre{}, err
	}
	places, err := place.Open(ctx, s, nil)
	if err != nil {
		return seed.Centre{}, err
	}
	catalogue, calendar := governance.Default(), governance.DefaultCalendar()
	engine := incident.New(s, incident.Options{
		Catalogue: catalogue, Calendar: calendar, Places: where{places}, Now: clock.Now, Entropy: seed.Entropy(o.Seed),
	})
	return seed.Centre{
		Engine: engine, Book: s,
		Whistles:  whistle.New(s, whistle.Options{Parents: parents{engine}, Now: clock.Now, Respond: inTwoHours}),
		Catalogue: catalogue, Calendar: calendar, Places: places.Under(""), Clock: clock,
		Unit: func(path string) string { _, unit, _ := places.Place(path); return unit },
		Record: func(ctx context.Context, e event.Event) error {
			site, box, _, _ := e.Source.Split() // the seed made it
			_, err := s.Record(ctx, site, box, []wire.Item{{Event: e}}, nil)
			return err
		},
	}, nil
}

// inTwoHours is how soon a unit answers to a whistle of the seeded year.
func inTwoHours(_ whistle.Kind, sent time.Time) time.Time { return sent.Add(2 * time.Hour) }
