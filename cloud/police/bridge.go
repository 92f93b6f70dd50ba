package police

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
	"eastgate/cloud/whistle"
	"eastgate/shared/retry"
)

// Incidents is the part of the engine of incidents that a bridge needs.
type Incidents interface {
	Get(ctx context.Context, id string) (incident.Incident, error)
	History(ctx context.Context, id string) ([]incident.Step, error)
	Changes(ctx context.Context, after int64, limit int) ([]incident.Change, error)
	Last(ctx context.Context) (int64, error)
	Do(ctx context.Context, who incident.Actor, id string, version int64, c incident.Command) (incident.Incident, error)
	Subscribe() (wake <-chan struct{}, done func())
}

// Sharing says what the police may be told, and writes down what they are.
type Sharing interface {
	Covers(ctx context.Context, organisation string, m sharing.Matter) (bool, error)
	Tell(ctx context.Context, who access.User, organisation string, m sharing.Matter, act register.Act) (sharing.Telling, error)
}

// Whistles are how the police were asked to come.
type Whistles interface {
	Whistles(ctx context.Context, f whistle.Filter) ([]whistle.Whistle, error)
	Do(ctx context.Context, who access.Actor, id string, version int64, a whistle.Ask) (whistle.Whistle, error)
}

// Options are what a bridge works with.
type Options struct {
	Remote       Remote
	Topics       Topics
	Organisation string // the police station, as organisations name it
	Contact      Contact
	Evidence     *Evidence // nil: no links to pictures

	Store     Store
	Incidents Incidents
	Sharing   Sharing
	Register  register.Writer
	Whistles  Whistles
	Catalogue *governance.Catalogue
	// Point is where a place is, in WGS-84; nil where that is not known.
	Point   func(path string) (lat, lon *float64)
	Now     func() time.Time // time.Now
	Log     *slog.Logger
	Metrics *Metrics
}

// A Bridge is the way to one police platform. Every cloud has one, for what people
// ask; of all clouds one runs it.
type Bridge struct {
	o    Options
	me   access.User
	work chan struct{} // there may be something to send
	rate *rate.Limiter // of what is kept aside

	mu   sync.Mutex
	link LinkState
}

// asides a second are kept; more are only counted.
const asides = 20

// New returns a bridge that does nothing before Run.
func New(o Options) *Bridge {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Point == nil {
		o.Point = func(string) (lat, lon *float64) { return nil, nil }
	}
	return &Bridge{
		o: o, work: make(chan struct{}, 1), rate: rate.NewLimiter(asides, asides),
		me: access.User{Name: "police-bridge", Unit: o.Organisation, Party: access.Police, Grants: []access.Grant{{Role: access.PoliceBridge}}},
	}
}

func (b *Bridge) now() time.Time { return b.o.Now().UTC().Truncate(time.Millisecond) }

// actor is who a bridge is to an incident.
func (b *Bridge) actor() incident.Actor {
	return incident.Actor{Name: b.me.Name, Unit: b.me.Unit, Roles: []incident.Role{incident.PoliceBridge}}
}

// wake lets the link look for something to send.
func (b *Bridge) wake() {
	select {
	case b.work <- struct{}{}:
	default:
	}
}

// lookEvery is how soon time that has passed, and what other clouds have written, is
// noticed.
const lookEvery = time.Second

// Run keeps the link and works until ctx ends. What fails is tried again.
func (b *Bridge) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.desk(ctx) })
	g.Go(func() error { return b.connect(ctx) })
	return g.Wait()
}

// desk takes changes in, watches the time, and applies what the police have said.
// None of it needs a link.
func (b *Bridge) desk(ctx context.Context) error {
	changed, done := b.o.Incidents.Subscribe()
	defer done()
	backoff := retry.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second}
	for {
		if err := b.Turn(ctx); ctx.Err() != nil {
			return nil
		} else if err != nil {
			b.o.Metrics.failures.Inc()
			b.o.Log.Error("the police bridge cannot work; tried again", "err", err)
			backoff.Wait(ctx)
			continue
		}
		backoff.Reset()
		b.wake()
		timer := time.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// Turn takes in all changes, tells people of receipts that did not come, and applies
// what the police have said.
func (b *Bridge) Turn(ctx context.Context) error {
	return errors.Join(b.follow(ctx), b.late(ctx), b.apply(ctx))
}
