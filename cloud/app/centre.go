package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"eastgate/cloud/coverage"
	"eastgate/cloud/governance"
	"eastgate/cloud/kpi"
	"eastgate/cloud/ledger"
	"eastgate/cloud/place"
	"eastgate/cloud/store"
)

// storeFlag is for commands that work on a store without a configuration.
func storeFlag(f *flag.FlagSet) *string {
	return f.String("store", "", "the `database`: sqlite:PATH or postgres://USER@HOST/DATABASE")
}

// withStore opens a store for one command.
func withStore(ctx context.Context, address string, do func(*store.Store) error, options ...store.Option) error {
	if address == "" {
		return errors.New("-store is needed: sqlite:PATH or postgres://USER@HOST/DATABASE")
	}
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	s, err := store.Open(ctx, address, options...)
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// office makes the figures of a store.
func office(s *store.Store, places *place.Directory, calendar *governance.Calendar, covered *coverage.Figures) (*kpi.Office, error) {
	d, err := kpi.Default()
	if err != nil {
		return nil, err
	}
	site := kpi.Site{
		Working: func(from, to time.Time) time.Duration {
			worked, err := calendar.Between(from, to)
			if err != nil { // a year that the calendar does not know
				return to.Sub(from)
			}
			return worked
		},
		Coverage: seenShare(covered),
	}
	for _, p := range places.Under("") {
		if p.Kind == place.Community && p.Households != nil {
			site.Households += *p.Households
		}
		if p.Kind == place.Camera {
			site.Cameras++
		}
	}
	return &kpi.Office{
		Definition: d, Cases: ledger.Ledger{Incidents: s, Whistles: s}, Book: s, Published: s, Site: site, Now: time.Now,
	}, nil
}

// seenShare is the share of due time that cameras saw; nil where no box has told.
func seenShare(covered *coverage.Figures) func(context.Context, time.Time, time.Time) (*float64, error) {
	return func(ctx context.Context, from, to time.Time) (*float64, error) {
		day := func(t time.Time) string { return t.In(governance.Shanghai).Format(time.DateOnly) }
		r, err := covered.Report(ctx, day(from), day(to.Add(-time.Second)), "")
		if err != nil {
			return nil, err
		}
		var due, seen float64
		for _, s := range r.Sites {
			due, seen = due+s.Due, seen+s.Seen
		}
		if due == 0 {
			return nil, nil
		}
		share := seen / due
		return &share, nil
	}
}
