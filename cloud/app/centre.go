package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

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
func office(ctx context.Context, s *store.Store, calendar *governance.Calendar) (*kpi.Office, error) {
	d, err := kpi.Default()
	if err != nil {
		return nil, err
	}
	places, err := place.Open(ctx, s, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	site := kpi.Site{Working: func(from, to time.Time) time.Duration {
		worked, err := calendar.Between(from, to)
		if err != nil { // a year that the calendar does not know
			return to.Sub(from)
		}
		return worked
	}}
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
