package incident

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
	"eastgate/shared/retry"
)

// Store keeps incidents and their steps. All that Apply writes is one transaction.
type Store interface {
	// Unfolded returns committed events that no fold has taken in, in order.
	Unfolded(ctx context.Context, limit int) ([]Stored, error)
	Near(ctx context.Context, n Near) (Nearby, error)
	// Apply writes what incidents gain, gives new ones their numbers and steps their
	// positions, and notes how far events are folded; folded 0 leaves that as it is.
	// A write whose incident has not the version before gives ErrConflict, and a
	// report that is there ErrReported; then nothing is written.
	Apply(ctx context.Context, writes []*Write, folded int64) error
	// Waking returns incidents for which the machine has a step to take.
	Waking(ctx context.Context, now time.Time, limit int) ([]Incident, error)
	Reader
	Reporters
}

// Reader is the part of the store that is asked for pages.
type Reader interface {
	Get(ctx context.Context, id string) (Incident, error)
	List(ctx context.Context, f Filter) ([]Incident, error)
	// Count returns how many a filter selects, up to MaxCount.
	Count(ctx context.Context, f Filter) (int, error)
	// History returns the steps of one incident, oldest first.
	History(ctx context.Context, id string) ([]Step, error)
	Feed
}

// Feed is what other parts read: every step of every incident, in one order.
type Feed interface {
	// Changes returns those after a position, in order.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	Last(ctx context.Context) (int64, error)
	// Position returns how far a reader has come, which it says with SavePosition.
	Position(ctx context.Context, reader string) (int64, error)
	SavePosition(ctx context.Context, reader string, position int64) error
}

// A Change is a step, with its incident as it is now: what happened since comes in
// later changes.
type Change struct {
	Position int64    `json:"position"`
	Step     Step     `json:"step"`
	Incident Incident `json:"incident"`
}

// Near asks which incidents a record could belong to: that of its episode, and at
// each key the newest and the first that ended no earlier than At. For a report,
// also the open ones of Class at Place.
type Near struct {
	Keys         []string
	Episode      string
	At           time.Time
	Class, Place string
}

// Nearby is the answer to Near.
type Nearby struct {
	Episode *Incident
	Places  []Incident
}

// A Write is what one incident gains.
type Write struct {
	Incident Incident // as it is afterwards
	Before   int64    // the version that it must have; 0: it is new
	Steps    []Step
	Episodes []string   // that belong to it from now on
	Key      string     // where others join it; of new ones
	Report   *Reporting // that came with it
}

// Options are what an engine works with. Zero fields have a default.
type Options struct {
	Catalogue *governance.Catalogue // governance.Default
	Calendar  Calendar              // every hour is a working hour
	Places    Places                // all is unlisted
	Now       func() time.Time      // time.Now
	Entropy   io.Reader             // for ids; replays bring their own
	Log       *slog.Logger
	Metrics   *Metrics
}

// A Calendar counts limits. It refuses years that it knows no holidays of.
type Calendar interface {
	Add(from time.Time, l governance.Limit) (time.Time, error)
}

// An Engine is the only writer of incidents.
type Engine struct {
	Reader
	store     Store
	catalogue *governance.Catalogue
	calendar  Calendar
	places    Places
	now       func() time.Time
	log       *slog.Logger
	m         *Metrics
	wake      chan struct{}

	mu       sync.Mutex // one writer at a time
	entropy  *ulid.MonotonicEntropy
	watchers sync.Map // chan struct{} → nothing
}

// New returns the engine; it works by itself when it runs.
func New(s Store, o Options) *Engine {
	e := &Engine{
		Reader: s, store: s, catalogue: o.Catalogue, calendar: o.Calendar, places: o.Places,
		now: o.Now, log: o.Log, m: o.Metrics, wake: make(chan struct{}, 1),
	}
	if e.catalogue == nil {
		e.catalogue = governance.Default()
	}
	if e.calendar == nil {
		e.calendar = everyHour{}
	}
	if e.places == nil {
		e.places = nowhere{}
	}
	if e.now == nil {
		e.now = time.Now
	}
	if o.Entropy == nil {
		o.Entropy = rand.Reader
	}
	e.entropy = ulid.Monotonic(o.Entropy, 0)
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.m == nil {
		e.m = newMetrics()
	}
	return e
}

// everyHour is the calendar of those who never rest.
type everyHour struct{}

func (everyHour) Add(from time.Time, l governance.Limit) (time.Time, error) {
	return from.Add(l.Duration).AddDate(0, 0, l.WorkingDays), nil
}

// newID returns a ULID of a time; those of one millisecond are in order too. Its
// caller holds mu.
func (e *Engine) newID(at time.Time) string {
	return ulid.MustNew(ulid.Timestamp(at), e.entropy).String()
}

// Wake says that there may be new events.
func (e *Engine) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// How much is folded in one transaction, and how often the machine looks for what
// it has to do itself.
const (
	batch    = 200
	dueEvery = 15 * time.Second
)

// Run folds committed events into incidents, from where it stopped the last time,
// and takes the machine's own steps, until ctx ends. A failing store is tried
// again.
func (e *Engine) Run(ctx context.Context) error {
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	if _, err := e.Due(ctx); err != nil && ctx.Err() == nil {
		e.log.Error("steps that are due cannot be taken; tried again", "err", err)
	}
	for {
		n, err := e.Fold(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrConflict): // a person or another replica was faster
			backoff.Wait(ctx)
			continue
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
		case <-tick.C:
			if _, err := e.Due(ctx); err != nil && ctx.Err() == nil {
				e.log.Error("steps that are due cannot be taken; tried again", "err", err)
			}
		}
	}
}

// Fold takes in the next events and returns how many it took.
func (e *Engine) Fold(ctx context.Context) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	events, err := e.store.Unfolded(ctx, batch)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	return len(events), e.take(ctx, events[len(events)-1].Position, events)
}

// Take takes in events that are in no store, as if they had been folded: for those
// who make up a past.
func (e *Engine) Take(ctx context.Context, events ...Stored) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.take(ctx, 0, events)
}

func (e *Engine) take(ctx context.Context, folded int64, events []Stored) error {
	f := e.folding()
	for _, s := range events {
		if err := f.take(ctx, s); err != nil {
			return err
		}
	}
	if err := e.write(ctx, folded, f.drafts...); err != nil {
		return err
	}
	e.m.folded.Add(float64(len(events)))
	return nil
}

// write stores drafts and tells the watchers.
func (e *Engine) write(ctx context.Context, folded int64, drafts ...*draft) error {
	writes := make([]*Write, len(drafts))
	for n, d := range drafts {
		writes[n] = &Write{Incident: d.i, Before: d.before, Steps: d.steps, Episodes: d.episodes, Key: d.key, Report: d.report}
	}
	if err := e.store.Apply(ctx, writes, folded); err != nil {
		return err
	}
	for n, d := range drafts {
		d.i = writes[n].Incident
	}
	e.Tell()
	return nil
}

// Due takes the steps that the machine has to take by now, and returns how many. A
// step that somebody else was faster with is no error. It forgets who reported what
// ended long ago.
func (e *Engine) Due(ctx context.Context) (n int, err error) {
	if _, err := e.store.Forget(ctx, e.now().Add(-ForgetAfter)); err != nil {
		return 0, err
	}
	for {
		now := e.now()
		list, err := e.store.Waking(ctx, now, batch)
		if err != nil || len(list) == 0 {
			return n, err
		}
		took := 0
		for _, i := range list {
			action, at, ok := i.Wake()
			if !ok || at.After(now) {
				continue
			}
			_, err := e.Do(ctx, Machine, i.ID, i.Version, Command{Action: action})
			switch {
			case err == nil:
				took++
			case !errors.Is(err, ErrConflict):
				return n, err
			}
		}
		if n += took; took == 0 || len(list) < batch {
			return n, nil
		}
	}
}

// deadlines are the limits of some steps, from a time on.
func (e *Engine) deadlines(class string, level event.Level, from time.Time, steps ...governance.Step) map[governance.Step]time.Time {
	out := map[governance.Step]time.Time{}
	limits := e.catalogue.Limits(class, level)
	for _, s := range steps {
		l, ok := limits[s]
		if !ok {
			continue
		}
		due, err := e.calendar.Add(from, l)
		if err != nil { // a deadline too early is better than none
			e.log.Error("calendar cannot count a limit; every hour counts instead", "limit", l, "err", err)
			due, _ = everyHour{}.Add(from, l) //nolint:errcheck // it has no errors
		}
		out[s] = due.UTC().Truncate(time.Millisecond)
	}
	return out
}

// Subscribe returns a channel that is told, once until it is read, that there are
// new changes; done ends it.
func (e *Engine) Subscribe() (wake <-chan struct{}, done func()) {
	c := make(chan struct{}, 1)
	e.watchers.Store(c, nil)
	return c, func() { e.watchers.Delete(c) }
}

// Tell wakes who has subscribed. The engine does by itself; what another replica
// wrote is told by who polls for it.
func (e *Engine) Tell() {
	e.watchers.Range(func(k, _ any) bool {
		select {
		case k.(chan struct{}) <- struct{}{}:
		default:
		}
		return true
	})
}
