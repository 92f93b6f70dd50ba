package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
	"eastgate/shared/retry"
)

// A Directory knows how people are reached.
type Directory interface {
	// UnitContacts are the ids of a unit's contacts, the named one first.
	UnitContacts(ctx context.Context, unit string) ([]string, error)
	// Dial gives a contact's telephone number for a message about a case; the register
	// has a row before.
	Dial(ctx context.Context, contact, number string) (string, error)
}

// Options are what a runner works with. Zero fields have a default.
type Options struct {
	Robots    []Robot
	Routes    []Route
	Quiet     Quiet
	Language  string // zh-CN, or en
	PublicURL string // that phones reach
	// DigestOver is how many messages wait for a robot before they are told in one: 5.
	DigestOver int
	Patience   time.Duration // for one try; channel.Patience
	Catalogue  *governance.Catalogue
	Calendar   Calendar
	Directory  Directory
	Now        func() time.Time
	Log        *slog.Logger
	Metrics    *Metrics
}

// A Runner makes and sends messages. Of several on one database one should run; if
// two do for a moment, what is claimed in the database keeps them apart.
type Runner struct {
	incidents  Incidents
	reminders  Reminders
	store      Store
	robots     map[string]Robot
	routes     []Route
	quiet      Quiet
	text       text
	publicURL  string
	digestOver int
	patience   time.Duration
	calendar   Calendar
	directory  Directory
	now        func() time.Time
	log        *slog.Logger
	m          *Metrics

	wakes map[string]chan struct{}
}

// New returns a runner; it works when it runs.
func New(incidents Incidents, reminders Reminders, s Store, o Options) *Runner {
	if o.DigestOver <= 0 {
		o.DigestOver = 5
	}
	if o.Patience <= 0 {
		o.Patience = channel.Patience
	}
	if o.Catalogue == nil {
		o.Catalogue = governance.Default()
	}
	if o.Calendar == nil {
		o.Calendar = governance.DefaultCalendar()
	}
	if o.Directory == nil {
		o.Directory = nobody{}
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
	r := &Runner{
		incidents: incidents, reminders: reminders, store: s, robots: map[string]Robot{}, routes: o.Routes, quiet: o.Quiet, text: newText(o.Language, o.Catalogue),
		publicURL: o.PublicURL, digestOver: o.DigestOver, patience: o.Patience, calendar: o.Calendar, directory: o.Directory, now: o.Now, log: o.Log, m: o.Metrics,
		wakes: map[string]chan struct{}{},
	}
	for _, robot := range o.Robots {
		r.robots[robot.Name], r.wakes[robot.Name] = robot, make(chan struct{}, 1)
	}
	return r
}

type nobody struct{}

func (nobody) UnitContacts(context.Context, string) ([]string, error) { return nil, nil }

func (nobody) Dial(context.Context, string, string) (string, error) {
	return "", errors.New("no telephone numbers are known")
}

// lookEvery is how often the feeds are read when nothing wakes: reminders wake nobody.
const lookEvery = time.Second

// kept is how long messages are kept, and sweepEvery how often old ones are looked
// for.
const (
	kept       = 180 * 24 * time.Hour
	sweepEvery = time.Hour
)

// Run makes messages and sends them until ctx ends. A failing store is tried again.
func (r *Runner) Run(ctx context.Context) error {
	holder := event.NewID()
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
	for ctx.Err() == nil {
		if err := r.adopt(ctx, holder); err == nil {
			break
		} else if ctx.Err() == nil {
			r.log.Error("messages on their way cannot be looked up; tried again", "err", err)
			backoff.Wait(ctx)
		}
	}
	var workers sync.WaitGroup
	for _, robot := range r.robots {
		workers.Go(func() { r.worker(robot, holder).run(ctx) })
	}
	r.follow(ctx)
	workers.Wait()
	return nil
}

// follow reads the feeds.
func (r *Runner) follow(ctx context.Context) {
	wake, done := r.incidents.Subscribe()
	defer done()
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 5 * time.Second}
	var swept time.Time
	for ctx.Err() == nil {
		err := r.plan(ctx)
		if err == nil && r.now().Sub(swept) > sweepEvery {
			swept = r.now()
			err = r.store.SweepMessages(ctx, swept.Add(-kept))
		}
		if err != nil {
			if ctx.Err() == nil {
				r.m.failures.Inc()
				r.log.Error("messages cannot be made; tried again", "err", err)
				backoff.Wait(ctx)
			}
			continue
		}
		backoff.Reset()
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// adopt decides what becomes of messages that another process was sending when it
// ended: nobody knows whether they went out. Level 1 is sent again and says so; what
// is less urgent is not, and says that.
func (r *Runner) adopt(ctx context.Context, holder string) error {
	orphans, err := r.store.OrphanMessages(ctx, holder)
	if err != nil || len(orphans) == 0 {
		return err
	}
	fates := map[string]Fate{}
	for _, m := range orphans {
		f := m.Fate
		f.Fault = "the cloud ended while it was sent"
		if m.Level == event.Urgent {
			f.State, f.Repeat, f.Due = Waiting, true, r.now()
		} else {
			f.State = Unclear
		}
		fates[m.ID] = f
		r.log.Warn("a message was on its way when the cloud ended", "message", m.ID, "incident", m.Incident, "robot", m.Robot, "state", f.State)
	}
	return r.store.SetFates(ctx, fates, nil)
}

func (r *Runner) wakeAll() {
	for _, w := range r.wakes {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// Test sends a message to one robot, past outbox and budget, to see whether it comes
// through.
func Test(ctx context.Context, robot Robot, language, to string) (channel.Receipt, error) {
	t := newText(language, governance.Default())
	m := channel.Message{Key: event.NewID(), Level: event.Minor, Title: t.words["test.title"], Lines: []string{t.words["test.line"]}, To: to, Template: string(Page)}
	m.Params = map[string]string{"number": "0000", "what": t.words["test.title"], "place": "-", "code": "-", "link": "-"}
	return robot.Sender.Send(ctx, m)
}

// Health is how one robot is, for people.
type Health struct {
	Robot   string `json:"robot"`
	Kind    string `json:"kind"`
	Budget  int    `json:"budget"`  // how many may be sent now
	Reserve int    `json:"reserve"` // of them for level 1 only
	Condition
	Backlog
	DoZH string `json:"do_zh,omitempty"`
	DoEN string `json:"do_en,omitempty"`
}

// Health tells how all robots are, by name, and who is on duty.
func (r *Runner) Health(ctx context.Context) ([]Health, error) {
	conditions, err := r.store.RobotConditions(ctx)
	if err != nil {
		return nil, err
	}
	backlogs, err := r.store.Backlogs(ctx, r.now())
	if err != nil {
		return nil, err
	}
	out := []Health{}
	now := r.now()
	for name, robot := range r.robots {
		taken, err := r.store.TriedSince(ctx, name, now.Add(-keep(robot.Limits)))
		if err != nil {
			return nil, fmt.Errorf("budget of %s: %w", name, err)
		}
		h := Health{Robot: name, Kind: robot.Kind, Reserve: robot.Reserve, Condition: conditions[name], Backlog: backlogs[name]}
		h.Budget, _ = newBucket(robot, taken).free(now, true)
		if h.BlockedUntil != nil && !h.BlockedUntil.After(now) {
			h.BlockedUntil = nil
		}
		if h.BlockedUntil != nil {
			h.Budget = 0
		}
		h.DoZH, h.DoEN = h.Do.Says()
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Health) int {
		if a.Robot < b.Robot {
			return -1
		}
		return 1
	})
	return out, nil
}

// Messages returns messages and what became of them, the newest first.
func (r *Runner) Messages(ctx context.Context, f Filter) ([]Message, error) {
	return r.store.Messages(ctx, f)
}

// OnDuty is whose turn it is at a place now.
func (r *Runner) OnDuty(ctx context.Context, place string) ([]Turn, error) {
	roster, err := r.store.Roster(ctx)
	return roster.On(r.now(), r.calendar, Duty, place, ""), err
}
