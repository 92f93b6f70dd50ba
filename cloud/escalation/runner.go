package escalation

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/retry"
)

// Options are what a runner works with. Zero fields have a default.
type Options struct {
	Catalogue *governance.Catalogue // governance.Default
	Calendar  *governance.Calendar  // governance.DefaultCalendar
	Now       func() time.Time      // time.Now
	Log       *slog.Logger
	Metrics   *Metrics
}

// A Runner raises reminders. Several may run on one database.
type Runner struct {
	feed      Feed
	store     Store
	catalogue *governance.Catalogue
	calendar  calendar
	now       func() time.Time
	log       *slog.Logger
	m         *Metrics
}

// New returns a runner; it works by itself when it runs.
func New(feed Feed, s Store, o Options) *Runner {
	if o.Catalogue == nil {
		o.Catalogue = governance.Default()
	}
	if o.Calendar == nil {
		o.Calendar = governance.DefaultCalendar()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = newMetrics()
	}
	return &Runner{feed: feed, store: s, catalogue: o.Catalogue, calendar: o.Calendar, now: o.Now, log: o.Log, m: o.Metrics}
}

// The wall clock may be set while a timer waits, and another cloud's changes wake
// nobody here: a runner looks at least once in lookEvery, and no sooner than
// breathe.
const (
	lookEvery = time.Second
	breathe   = 50 * time.Millisecond
)

// Run raises reminders as their time comes, until ctx ends. A failing store is tried
// again.
func (r *Runner) Run(ctx context.Context) error {
	wake, done := r.feed.Subscribe()
	defer done()
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
	for {
		next, err := r.Turn(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			r.m.failures.Inc()
			r.log.Error("reminders cannot be raised; tried again", "err", err)
			backoff.Wait(ctx)
			continue
		}
		backoff.Reset()
		wait := lookEvery
		if !next.IsZero() {
			wait = min(max(next.Sub(r.now()), breathe), lookEvery)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn takes in all changes and raises all reminders whose time has come, and
// returns when the next one's comes; zero when none waits.
func (r *Runner) Turn(ctx context.Context) (next time.Time, err error) {
	for {
		if err := r.follow(ctx); err != nil {
			return next, err
		}
		due, err := r.store.DueClocks(ctx, r.now(), batch)
		if err != nil {
			return next, err
		}
		for _, c := range due {
			if err := r.fire(ctx, c); err != nil && !errors.Is(err, ErrTaken) {
				return next, err
			}
		}
		if len(due) < batch {
			break
		}
	}
	next, _, err = r.store.NextClock(ctx)
	return next, err
}

// fire raises what has passed on a clock. What has moved on since the last change
// that was taken in is left for after the next one.
func (r *Runner) fire(ctx context.Context, c Clock) error {
	m, err := r.feed.Matter(ctx, c.Incident)
	if err != nil {
		return err
	}
	if !slices.Contains(m.Running, c.Step) {
		return nil
	}
	now := r.now().Truncate(time.Millisecond)
	struck, moments := c.strike(r.calendar, now)
	var out []Reminder
	for _, at := range moments {
		if at.After > 0 && m.Taken && c.Step == governance.Verify {
			continue // somebody looks after it
		}
		out = append(out, reminder(m, c, at, now))
	}
	if err := r.store.StrikeClock(ctx, struck, c.Passed, out); err != nil {
		return err
	}
	r.m.raised(out)
	return nil
}

// Reminders returns those after a position, in order: the feed that others read from
// a position of their own.
func (r *Runner) Reminders(ctx context.Context, after int64, limit int) ([]Reminder, error) {
	return r.store.Reminders(ctx, after, limit)
}

// Open returns the reminders that still stand: what is overdue, and tickets that
// nobody has followed up.
func (r *Runner) Open(ctx context.Context, f Filter) ([]Reminder, error) {
	return r.store.OpenReminders(ctx, f)
}

// Settle notes that a supervisor has followed a ticket up.
func (r *Runner) Settle(ctx context.Context, position int64, who, note string) error {
	if who == "" || note == "" {
		return ErrNote
	}
	return r.store.SettleTicket(ctx, position, who, note, r.now())
}
