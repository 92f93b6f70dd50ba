package place

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"eastgate/shared/event"
)

// ErrConflict says that somebody else has changed the places meanwhile.
var ErrConflict = errors.New("places have changed")

// A ListError says that a list cannot be taken. Faults are all that is wrong with it,
// joined, most with "line N: " before them.
type ListError struct{ Faults error }

func (e *ListError) Error() string { return e.Faults.Error() }

// A Store keeps the places.
type Store interface {
	// Places returns all places by path, and the version of the list.
	Places(ctx context.Context) ([]Place, int64, error)
	PlacesVersion(ctx context.Context) (int64, error)
	// SavePlaces writes places and makes the list's version one more. It does nothing
	// and returns ErrConflict when the version is not was.
	SavePlaces(ctx context.Context, was int64, places []Place) error
}

// A Directory finds places. What it answers comes from memory: another program's
// changes are seen once it has looked, which Run does every second or two.
type Directory struct {
	store Store
	log   *slog.Logger
	now   atomic.Pointer[index]
	load  sync.Mutex // one at a time
}

// Open reads the places.
func Open(ctx context.Context, s Store, log *slog.Logger) (*Directory, error) {
	d := &Directory{store: s, log: log}
	return d, d.Refresh(ctx)
}

// lookEvery is how old a place may be that somebody else has changed.
const lookEvery = 2 * time.Second

// Run keeps the directory up to date until ctx ends. While the store cannot be read
// it goes on with what it has.
func (d *Directory) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := d.Refresh(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			d.log.Warn("places cannot be read again; going on with those of before", "err", err)
		}
		failing = err != nil
	}
}

// Refresh reads the places if they have changed.
func (d *Directory) Refresh(ctx context.Context) error {
	d.load.Lock()
	defer d.load.Unlock()
	if now := d.now.Load(); now != nil {
		version, err := d.store.PlacesVersion(ctx)
		if err != nil || version == now.version {
			return err
		}
	}
	places, version, err := d.store.Places(ctx)
	if err != nil {
		return fmt.Errorf("read places: %w", err)
	}
	d.now.Store(newIndex(places, version))
	return nil
}

// Import reads a list and carries it out, unless dry. The error joins every fault,
// and then nothing has changed.
func (d *Directory) Import(ctx context.Context, list io.Reader, dry bool) (Plan, error) {
	rows, err := Read(list)
	if err != nil {
		return Plan{}, &ListError{err}
	}
	if err := d.Refresh(ctx); err != nil {
		return Plan{}, err
	}
	now := d.now.Load()
	plan, err := MakePlan(now.all, rows)
	switch {
	case err != nil:
		return plan, &ListError{err}
	case dry || plan.Empty():
		return plan, nil
	}
	changes := append(append([]Place{}, plan.Added...), plan.Changed...)
	if err := d.store.SavePlaces(ctx, now.version, changes); err != nil {
		return Plan{}, err
	}
	return plan, d.Refresh(ctx)
}

// A Found is a place with what is known from those around it.
type Found struct {
	// Place is, for a device, what it hangs at. Only Path is set when the device is in
	// no list.
	Place
	// Name is what people call it, with what it is in: "听松里 2号楼".
	Name string
	// Unit is the organisation that looks after the place, or after what it is in.
	Unit string
	// Device is what sort of device was asked for; empty when it is in no list.
	Device Kind
}

// Resolve returns where the source of an event is: the place that its camera,
// sensor or box hangs at. A box that is not listed is where its devices are, all of
// them. What is in no list is at "unlisted" and its own names.
func (d *Directory) Resolve(s event.Source) Found {
	now := d.now.Load()
	if f, ok := now.devices[s]; ok {
		return f
	}
	return Found{Place: Place{Path: Unlisted + string(s)}}
}

// Place returns a place by its path, and who looks after it.
func (d *Directory) Place(path string) (p Place, unit string, ok bool) {
	f, ok := d.Find(path)
	return f.Place, f.Unit, ok
}

// Find returns a place by its path, with what is known from those around it.
func (d *Directory) Find(path string) (Found, bool) {
	now := d.now.Load()
	if _, ok := now.paths[path]; !ok {
		return Found{}, false
	}
	return now.found(path, ""), true
}

// Empty reports whether no place is listed at all.
func (d *Directory) Empty() bool { return len(d.now.Load().all) == 0 }

// Coded returns a place by its code.
func (d *Directory) Coded(code string) (Place, bool) {
	p, ok := d.now.Load().codes[code]
	return p, ok
}

// Named returns the places of that name, in either language.
func (d *Directory) Named(name string) []Place { return d.now.Load().names[name] }

// Under returns the places at or below a path, by path. All are under the empty one.
func (d *Directory) Under(path string) []Place {
	now := d.now.Load()
	var out []Place
	for _, p := range now.all {
		if Within(p.Path, path) {
			out = append(out, p)
		}
	}
	return out
}
