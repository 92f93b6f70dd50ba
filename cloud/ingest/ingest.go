// Package ingest takes what boxes say from the broker into the store.
//
// It promises that an event is acknowledged only after its commit; that what
// comes again is acknowledged again and stored once; and that what cannot be an
// event is kept, counted and acknowledged too, so that it does not come for ever.
// What events mean is for package incident.
package ingest

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"eastgate/shared/event"
	"eastgate/shared/retry"
	"eastgate/shared/wire"
)

// recorder keeps what boxes say.
type recorder interface {
	Record(ctx context.Context, site, box string, items []wire.Item, refused []wire.Refusal) (Recording, error)
	RecordOwn(ctx context.Context, e event.Event) error
	Heard(ctx context.Context, site, box, what string, body []byte) error
	gapKeeper
	coverageKeeper
}

// gapKeeper knows what of each stream is here.
type gapKeeper interface {
	// Hello returns what is here of what waits at the box, and the box's gaps.
	Hello(ctx context.Context, site, box string, h wire.BoxHello) (have []wire.Range, gaps []Gap, err error)
	// Gaps returns all gaps, those of a stream together and in order.
	Gaps(ctx context.Context) ([]Gap, error)
	Settle(ctx context.Context, gaps []Gap) error
}

// A Recording is the outcome of storing one message.
type Recording struct {
	New     int // events that were not there before
	Repeats int
	// Clashes are places in a stream that another event already holds: two boxes
	// write one stream.
	Clashes []wire.Position
}

// Config says which broker to listen to.
type Config struct {
	Broker   string // mqtt:// or mqtts://
	Username string
	Password string
	TLS      *tls.Config // for mqtts://; nil believes the machine's authorities
	ClientID string
	// Mine says which boxes this replica takes; nil means all. Every replica hears
	// every box: shared subscriptions lose messages on some brokers.
	Mine func(site, box string) bool
	// Results takes in what came of commands; nil passes them over.
	Results func(ctx context.Context, site, box string, payload []byte) error

	CanaryEvery time.Duration // how often the ingest listens to itself. It defaults to 10s.
	GapsEvery   time.Duration // how often gaps are looked for. It defaults to 30s.
	GapAfter    time.Duration // of a gap that no box can fill, an event. It defaults to 10m.
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.CanaryEvery, 10 * time.Second},
		{&c.GapsEvery, 30 * time.Second},
		{&c.GapAfter, 10 * time.Minute},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// An Ingest is one listener.
type Ingest struct {
	cfg   Config
	store recorder
	wake  func() // there are new events
	m     *Metrics
	log   *slog.Logger
	seen  *identities

	mu    sync.Mutex
	fault error // why it does not listen; nil while it does
	link  *link // that stands; nil for none
}

// New returns an ingest; wake is called after each commit that brought something.
func New(c Config, s recorder, wake func(), m *Metrics, log *slog.Logger) *Ingest {
	return &Ingest{cfg: c.withDefaults(), store: s, wake: wake, m: m, log: log, seen: newIdentities(), fault: errors.New("not yet connected")}
}

// Check reports whether events can come in.
func (g *Ingest) Check(context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.fault
}

func (g *Ingest) note(err error) (changed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	changed = (g.fault == nil) != (err == nil) || (err != nil && g.fault.Error() != err.Error())
	g.fault = err
	return changed
}

// Run listens until ctx ends. A lost broker is no error.
func (g *Ingest) Run(ctx context.Context) error {
	backoff := retry.Backoff{Min: 200 * time.Millisecond, Max: 10 * time.Second}
	for ctx.Err() == nil {
		err := g.connection(ctx, backoff.Reset)
		if ctx.Err() != nil {
			return nil
		}
		if g.note(err) {
			g.log.Error("no events can come in", "broker", g.cfg.Broker, "err", err)
		}
		g.m.connections.Inc()
		backoff.Wait(ctx)
	}
	return nil
}

// workers is how many messages are on their way into the store at once; they
// share commits.
const workers = 16

func (g *Ingest) connection(ctx context.Context, working func()) error {
	l, err := listen(ctx, g.cfg, g.m)
	if err != nil {
		return err
	}
	g.stand(l)
	defer func() {
		g.stand(nil)
		l.close()
	}()
	ctx, stop := context.WithCancel(ctx)
	var busy errgroup.Group
	for range workers {
		busy.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return nil
				case m := <-l.messages:
					g.handle(ctx, l, m)
				}
			}
		})
	}
	busy.Go(func() error {
		g.watch(ctx, l)
		return nil
	})
	err = l.guard(ctx, g.cfg, func() {
		g.note(nil)
		g.log.Info("events can come in", "broker", g.cfg.Broker)
		working()
	})
	stop()
	return errors.Join(err, busy.Wait())
}

func (g *Ingest) mine(site, box string) bool { return g.cfg.Mine == nil || g.cfg.Mine(site, box) }

// handle takes in one message.
func (g *Ingest) handle(ctx context.Context, l *link, m message) {
	site, box, what, ok := wire.ParseTopic(m.topic)
	if !ok || !event.ValidName(site) || !event.ValidName(box) {
		g.m.unreadable.Inc()
		return
	}
	if !g.mine(site, box) {
		return // another replica's
	}
	switch what {
	case wire.Event:
		g.events(ctx, l, site, box, m.payload)
	case wire.Hello:
		g.hello(ctx, l, site, box, m.payload)
	case wire.Coverage:
		g.coverage(ctx, l, site, box, m.payload)
	case wire.Result:
		g.result(ctx, site, box, m.payload)
	case wire.Status, wire.Health:
		g.heard(ctx, site, box, what, m.payload)
	}
}

func (g *Ingest) events(ctx context.Context, l *link, site, box string, payload []byte) {
	items, refused, err := wire.DecodeBatch(payload, site, box)
	if err != nil {
		g.m.unreadable.Inc()
		g.log.Error("message cannot be read, nor answered", "site", site, "box", box, "err", err)
		return
	}
	for _, r := range refused {
		g.log.Error("event is refused and kept aside", "site", site, "box", box, "sequence", r.Sequence, "err", r.Err)
	}
	done, err := g.store.Record(ctx, site, box, items, refused)
	if err != nil {
		if ctx.Err() == nil {
			g.m.failures.Inc()
			g.log.Error("events are not stored and not acknowledged; the box sends them again", "site", site, "box", box, "err", err)
		}
		return
	}
	positions := make([]wire.Position, 0, len(items)+len(refused))
	for _, it := range items {
		positions = append(positions, it.Position)
	}
	for _, r := range refused {
		if r.Valid() {
			positions = append(positions, r.Position)
		}
	}
	for _, a := range wire.AcksFor(positions) {
		l.say(wire.Topic(site, box, wire.Acks), a.Encode())
	}
	g.m.stored.Add(float64(done.New))
	g.m.repeats.Add(float64(done.Repeats))
	g.m.refused.Add(float64(len(refused)))
	if len(done.Clashes) > 0 {
		g.clash(ctx, site, box, fmt.Sprintf("two boxes write the stream %s: one is a copy of the other", done.Clashes[0].Epoch))
	}
	if done.New > 0 {
		g.wake()
	}
}

func (g *Ingest) heard(ctx context.Context, site, box, what string, payload []byte) {
	if what == wire.Status {
		s, err := wire.DecodeStatus(payload)
		if err != nil {
			g.m.unreadable.Inc()
			return
		}
		if other, two := g.seen.online(site+"/"+box, s, time.Now()); two {
			g.clash(ctx, site, box, fmt.Sprintf("%s and %s take turns under one name", s.Host, other))
		}
	} else if _, err := wire.DecodeHealth(payload); err != nil {
		g.m.unreadable.Inc()
		return
	}
	if err := g.store.Heard(ctx, site, box, what, payload); err != nil && ctx.Err() == nil {
		g.log.Error("what a box says of itself is not stored", "site", site, "box", box, "err", err)
	}
}

// clash makes an event of two boxes under one identity.
func (g *Ingest) clash(ctx context.Context, site, box, note string) {
	g.m.clashes.Inc()
	if !g.seen.tell(site+"/"+box, time.Now()) {
		return
	}
	g.log.Error("two boxes have one identity: give each its own with `cloud edge enrol`", "site", site, "box", box, "fault", note)
	id, now := event.NewID(), time.Now().UTC()
	e := event.Event{
		ID: id, Episode: id, Source: event.NewSource(site, box, ""), Kind: event.IdentityClash, State: event.Start, Time: now, Since: now,
		Certainty: "Observed", Severity: event.IdentityClash.Severity(), Urgency: event.IdentityClash.Urgency(), Status: "Actual",
		Score: 1, Note: note, Detector: event.Detector{Name: "ingest", Version: "1"},
	}
	if err := g.store.RecordOwn(ctx, e); err != nil {
		g.log.Error("identity clash is not stored", "err", err)
		return
	}
	g.wake()
}
