// Package app joins the parts of the cloud: it builds everything from the
// configuration, runs it, and tears it down.
package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/broker"
	"eastgate/cloud/command"
	"eastgate/cloud/config"
	"eastgate/cloud/coverage"
	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/identity"
	"eastgate/cloud/incident"
	"eastgate/cloud/ingest"
	"eastgate/cloud/kpi"
	"eastgate/cloud/notify"
	"eastgate/cloud/place"
	"eastgate/cloud/police"
	"eastgate/cloud/replica"
	"eastgate/cloud/store"
	"eastgate/cloud/watch"
	"eastgate/cloud/web"
	"eastgate/shared/trust"
)

// A Cloud is the running aggregator.
type Cloud struct {
	file     config.File
	log      *slog.Logger
	reg      *prometheus.Registry
	store    *store.Store
	broker   *broker.Broker // nil with an outside one
	ingest   *ingest.Ingest
	commands *command.Engine
	outages  *coverage.Outages
	watch    *watch.Watch
	engine   *incident.Engine
	parts    parts
	member   *replica.Member // nil with SQLite, which has one cloud
	people   *access.People
	boxes    *access.Boxes
	identity *identity.Book
	box      doorOfBoxes
	pages    web.Handler
	web      net.Listener

	catalogue *governance.Catalogue
	calendar  *governance.Calendar
	places    *place.Directory
	reminders *escalation.Runner
	figures   *kpi.Office
	police    *police.Bridge // nil: none is configured
	notify    *notify.Runner

	metricsToken string // of programs on other machines that read /metrics; empty: there are none

	version string    // of the program
	started time.Time // when it was built from its configuration

	undo []func() error
}

// New opens the store, the broker and the port. Close must be called, also after
// Run.
func New(ctx context.Context, f config.File, log *slog.Logger) (c *Cloud, err error) {
	c = &Cloud{file: f, log: log, reg: prometheus.NewRegistry(), started: time.Now().UTC()}
	half := c // what is returned is nil by then
	defer func() {
		if err != nil {
			err = errors.Join(err, half.Close())
		}
	}()
	c.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if c.catalogue, c.calendar, err = loadGovernance(f); err != nil {
		return nil, err
	}
	if warning := c.calendar.Warning(time.Now()); warning != "" {
		log.Warn("the calendar ends soon", "why", warning)
	}
	if c.store, err = openStore(ctx, f); err != nil {
		return nil, err
	}
	c.undo = append(c.undo, c.store.Close)
	if c.places, err = place.Open(ctx, c.store, log); err != nil {
		return nil, err
	}
	if c.store.Shared() {
		c.member = replica.Join(c.store, log)
	}
	sealer, err := factorSealer(f)
	if err != nil {
		return nil, err
	}
	c.people, c.boxes = access.NewPeople(c.store).SealWith(sealer).ReachedAt(f.PublicURL), access.NewBoxes(c.store)
	if err := c.openParts(); err != nil {
		return nil, err
	}
	if err := c.openNotify(); err != nil {
		return nil, err
	}
	if err := c.openIdentity(); err != nil {
		return nil, err
	}
	from, err := c.openBroker()
	if err != nil {
		return nil, err
	}
	if c.member != nil {
		from.Mine = c.member.Mine
		from.ClientID += "-" + c.member.ID()
	}
	c.commands = command.New(c.store, command.Options{
		Say: func(topic string, payload []byte) error { return c.ingest.Say(topic, payload) }, Mine: from.Mine, Metrics: command.NewMetrics(c.reg), Log: log,
	})
	from.Results = c.commands.Result
	c.ingest = ingest.New(from, c.store, c.engine.Wake, ingest.NewMetrics(c.reg), log)
	c.outages = coverage.NewOutages(c.store, func() bool { return c.ingest.Check(context.Background()) == nil }, c.engine.Wake, coverage.NewMetrics(c.reg), log)
	c.watch = watch.New(c.store, c.file.Desks.Alarm, c.engine.Wake, c.log)
	if err := c.openPages(ctx); err != nil {
		return nil, err
	}
	return c, c.listen()
}

func openStore(ctx context.Context, f config.File) (*store.Store, error) {
	if dir := f.StoreDir(); dir != "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	address, err := f.StoreAddress()
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, address)
}

// openBroker starts the embedded broker, unless there is another one, and says how
// the ingest reaches it.
func (c *Cloud) openBroker() (ingest.Config, error) {
	b := c.file.Broker
	host, _ := os.Hostname() //nolint:errcheck // part of a name; may be empty
	id := "cloud-" + host
	if b.Outside() {
		conf := ingest.Config{Broker: b.URL, Username: b.Username, ClientID: id}
		var err error
		if conf.TLS, err = trust.Client(b.CAFile); err != nil {
			return conf, fmt.Errorf("broker.%w", err)
		}
		if b.Password.Set() {
			word, err := b.Password.Load()
			if err != nil {
				return conf, fmt.Errorf("broker.password: %w", err)
			}
			conf.Password = word.Reveal()
		}
		return conf, nil
	}
	dir := b.Dir
	if dir == "" {
		dir = filepath.Join(c.file.StoreDir(), "broker")
	}
	conf := broker.Config{Listen: b.Listen, Dir: dir}
	believes, err := c.guardBroker(&conf)
	if err != nil {
		return ingest.Config{}, err
	}
	if c.broker, err = broker.New(conf, c.log); err != nil {
		return ingest.Config{}, err
	}
	c.undo = append(c.undo, c.broker.Close)
	c.identity.Holds(c.broker)
	return ingest.Config{Broker: c.broker.URL(), Username: broker.Cloud, Password: c.broker.Secret(), TLS: believes, ClientID: id}, nil
}

// Addr is where pages answer, and Broker where boxes connect.
func (c *Cloud) Addr() string { return c.web.Addr().String() }

// Broker is the embedded broker's address; empty with an outside one.
func (c *Cloud) Broker() string {
	if c.broker == nil {
		return ""
	}
	return c.broker.URL()
}

// Handler is all that answers over HTTP.
func (c *Cloud) Handler() web.Handler { return c.routes() }

// Store is the database, for what has no command.
func (c *Cloud) Store() *store.Store { return c.store }

// Places are where things are.
func (c *Cloud) Places() *place.Directory { return c.places }

// Incidents are what people handle.
func (c *Cloud) Incidents() *incident.Engine { return c.engine }

// People are the users.
func (c *Cloud) People() *access.People { return c.people }

// Boxes are the boxes that may speak.
func (c *Cloud) Boxes() *access.Boxes { return c.boxes }

// Close undoes what New did, in reverse order, all of it even if some fails.
func (c *Cloud) Close() error {
	var err error
	for i := len(c.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, c.undo[i]())
	}
	c.undo = nil
	return err
}

// Run works until ctx ends.
func (c *Cloud) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	if c.broker != nil {
		g.Go(func() error { return c.broker.Run(ctx) })
	}
	g.Go(func() error { return c.identity.Run(ctx) })
	g.Go(func() error { return c.ingest.Run(ctx) })
	g.Go(func() error { return c.commands.Run(ctx) })
	g.Go(func() error { return c.places.Run(ctx) })
	g.Go(func() error { return c.alone(ctx, "fold", c.engine.Run) })
	g.Go(func() error { return c.alone(ctx, "outages", c.outages.Run) })
	g.Go(func() error { return c.alone(ctx, "watch", c.watch.Run) })
	g.Go(func() error { return c.alone(ctx, "escalation", c.reminders.Run) })
	g.Go(func() error { return c.alone(ctx, "notify", c.notify.Run) })
	g.Go(func() error { return c.alone(ctx, "whistles", c.whistle) })
	g.Go(func() error { return c.alone(ctx, "chores", c.chores) })
	g.Go(func() error { return c.alone(ctx, "anchors", c.parts.keeper.Run) })
	g.Go(func() error { return c.alone(ctx, "retention", c.parts.sweeper.Run) })
	g.Go(func() error { return c.runPolice(ctx) })
	g.Go(func() error { return c.servePolice(ctx) })
	g.Go(func() error {
		api.KeepKeys(ctx, c.store, func(err error) { c.log.Error("old keys of requests cannot be forgotten", "err", err) })
		return nil
	})
	if c.member != nil {
		g.Go(func() error { return c.member.Run(ctx) })
		g.Go(func() error { return c.poll(ctx) })
	}
	g.Go(func() error { return c.serve(ctx) })
	g.Go(func() error { return c.serveBoxes(ctx) })
	c.engine.Wake() // what was committed before a restart
	return g.Wait()
}

// alone runs what only one of several replicas does at a time.
func (c *Cloud) alone(ctx context.Context, name string, work func(context.Context) error) error {
	if c.member == nil {
		return work(ctx)
	}
	return c.member.Alone(ctx, name, work)
}

// pollEvery is how soon one replica sees what another has written.
const pollEvery = 500 * time.Millisecond

// poll wakes what another replica cannot wake.
func (c *Cloud) poll(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			c.engine.Wake()
			c.engine.Tell()
		}
	}
}

// health answers 200 only when events can come in and be stored. What is wrong with
// a part is told on this machine only.
func (c *Cloud) health(w http.ResponseWriter, r *http.Request) {
	parts, ok := c.working(r.Context())
	if !web.Near(r) {
		for name, said := range parts {
			if said != "ok" {
				parts[name] = "failing"
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(map[string]any{"ok": ok, "parts": parts})
}

// working says of each part whether it does its job, or why not.
func (c *Cloud) working(ctx context.Context) (parts map[string]string, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	parts, ok = map[string]string{}, true
	for name, check := range map[string]func(context.Context) error{
		"store": c.store.Check, "ingest": c.ingest.Check,
		"broker": func(ctx context.Context) error {
			if c.broker == nil {
				return nil
			}
			return c.broker.Check(ctx)
		},
	} {
		parts[name] = "ok"
		if err := check(ctx); err != nil {
			parts[name], ok = err.Error(), false
		}
	}
	return parts, ok
}
