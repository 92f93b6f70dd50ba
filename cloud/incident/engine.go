package incident

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"eastgate/shared/retry"
)

// Store keeps incidents and their changes. All that Apply writes is one
// transaction.
type Store interface {
	// Unfolded returns committed events that no fold has taken in, in order.
	Unfolded(ctx context.Context, limit int) ([]Stored, error)
	// Near returns the newest incident of an episode or, failing that, of a place.
	Near(ctx context.Context, p Place, episode string) (Incident, bool, error)
	// Apply writes changes, each with its incident, and how far events are
	// folded; folded 0 leaves that as it is. A change whose incident has not the
	// version before the change's gives ErrConflict and nothing is written.
	Apply(ctx context.Context, changes []Change, folded int64) error
	Reader
}

// Reader is the part of the store that is asked for pages.
type Reader interface {
	Get(ctx context.Context, id string) (Incident, error)
	List(ctx context.Context, f Filter) ([]Incident, error)
	// Changes returns those after a position, in order.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	Last(ctx context.Context) (int64, error)
}

// An Engine is the only writer of incidents.
type Engine struct {
	Reader
	store Store
	m     *Metrics
	log   *slog.Logger
	wake  chan struct{}

	mu       sync.Mutex // one writer at a time
	watchers sync.Map   // chan struct{} → nothing
}

// New returns the engine; it folds when it runs.
func New(s Store, m *Metrics, log *slog.Logger) *Engine {
	return &Engine{Reader: s, store: s, m: m, log: log, wake: make(chan struct{}, 1)}
}

// Wake says that there may be new events.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// batch is how many events are folded in one transaction.
const batch = 200

// Run folds committed events into incidents until ctx ends, from where it
// stopped the last time. A failing store is tried again.
func (e *Engine) Run(ctx context.Context) error {
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
	for {
		n, err := e.fold(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			e.m.failures.Inc()
			e.log.Error("events cannot be folded into incidents; tried again", "err", err)
			backoff.Wait(ctx)
			continue
		case n == batch:
			continue
		}
		backoff.Reset()
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		}
	}
}

// fold takes in the next events. Incidents that several of them touch are kept
// at hand, for they are not yet written.
func (e *Engine) fold(ctx context.Context) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	events, err := e.store.Unfolded(ctx, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	f := folding{store: e.store, places: map[Place]Incident{}}
	var changes []Change
	for _, s := range events {
		c, err := f.take(ctx, s)
		if err != nil {
			return 0, err
		}
		changes = append(changes, c)
	}
	if err := e.store.Apply(ctx, changes, events[len(events)-1].Position); err != nil {
		return 0, err
	}
	e.m.folded.Add(float64(len(events)))
	e.tell()
	return len(events), nil
}

// A folding is one run of fold: what is newest at each place it has touched.
type folding struct {
	store  Store
	places map[Place]Incident
}

func (f *folding) take(ctx context.Context, s Stored) (Change, error) {
	site, box, device, ok := s.Event.Source.Split()
	if !ok {
		return Change{}, fmt.Errorf("stored event %s has the source %q", s.Event.ID, s.Event.Source)
	}
	p := Place{s.Event.Kind, site, box, device, s.Event.Zone}
	i, known := f.places[p]
	if !known {
		var err error
		if i, known, err = f.store.Near(ctx, p, s.Event.Episode); err != nil {
			return Change{}, err
		}
	}
	c := Change{At: s.ReceivedAt, What: OpenedChange}
	if known && i.joins(s) {
		c.Incident, c.What = i.joined(s)
	} else {
		c.Incident = opened(s)
	}
	f.places[p] = c.Incident
	return c, nil
}

// Acknowledge notes that a person looks after an incident.
func (e *Engine) Acknowledge(ctx context.Context, id string, version int64, by string) (Incident, error) {
	return e.change(ctx, id, version, Change{What: AcknowledgedChange, By: by}, func(i *Incident, at time.Time) error {
		if i.State != Open {
			return fmt.Errorf("%w: it is %s by %s", ErrConflict, i.State, i.AcknowledgedBy+i.ClosedBy)
		}
		i.State, i.AcknowledgedBy, i.AcknowledgedAt = Acknowledged, by, &at
		return nil
	})
}

// Close ends an incident with a verdict.
func (e *Engine) Close(ctx context.Context, id string, version int64, by, verdict, why string) (Incident, error) {
	if !slices.Contains(Verdicts, verdict) {
		return Incident{}, fmt.Errorf("%w %.40q: one of %v", ErrVerdict, verdict, Verdicts)
	}
	return e.change(ctx, id, version, Change{What: ClosedChange, By: by, Why: why}, func(i *Incident, at time.Time) error {
		if i.State == Closed {
			return fmt.Errorf("%w: it was closed by %s", ErrConflict, i.ClosedBy)
		}
		i.State, i.ClosedBy, i.ClosedAt, i.Verdict = Closed, by, &at, verdict
		return nil
	})
}

func (e *Engine) change(ctx context.Context, id string, version int64, c Change, step func(*Incident, time.Time) error) (Incident, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	i, err := e.store.Get(ctx, id)
	if err != nil {
		return Incident{}, err
	}
	if i.Version != version {
		return i, ErrConflict
	}
	c.At = time.Now().UTC()
	next := i
	next.Version++
	if err := step(&next, c.At); err != nil {
		return i, err
	}
	c.Incident = next
	if err := e.store.Apply(ctx, []Change{c}, 0); err != nil {
		return i, err
	}
	e.tell()
	return next, nil
}

// Subscribe returns a channel that is told, once until it is read, that there are
// new changes; done ends it.
func (e *Engine) Subscribe() (wake <-chan struct{}, done func()) {
	c := make(chan struct{}, 1)
	e.watchers.Store(c, nil)
	return c, func() { e.watchers.Delete(c) }
}

func (e *Engine) tell() {
	e.watchers.Range(func(k, _ any) bool {
		select {
		case k.(chan struct{}) <- struct{}{}:
		default:
		}
		return true
	})
}
