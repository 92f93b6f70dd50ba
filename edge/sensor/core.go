package sensor

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Config says which sensors there are and whom the core tells.
type Config struct {
	Site, Box string
	Devices   map[string]Device
	Profiles  map[string]Model // of each device
	// File is where what is known of the sensors is kept.
	File string
	// Local is the time zone in which the devices' schedules are written.
	Local *time.Location
	// Keep takes in an event; it is durable, or held and tried again, when Keep returns.
	Keep     func(context.Context, event.Event)
	Coverage Coverage
	Clock    func() event.Clock // says how far the wall clock can be trusted
}

// A Core knows how all sensors of a box are. Its methods may be called at once.
type Core struct {
	cfg Config
	m   *Metrics
	log *slog.Logger
	in  chan heard

	mu      sync.Mutex
	devices map[string]*unit
	sources map[string]*unit
	saw     map[string]bool // devices of which the ledger is to be told
	pending []event.Event   // in the file and perhaps not in the outbox
	dirty   bool            // what is known differs from the file
	looked  time.Time       // when time was let go by last
	saved   time.Time
}

// heard is a reading and the source that hands it on. A source that cannot be reached
// tells fault and no reading.
type heard struct {
	source string
	r      Reading
	fault  error
}

// New returns the core with what was known when the box ran last. A file that cannot
// be read is put aside and logged.
func New(cfg Config, m *Metrics, log *slog.Logger) *Core {
	c := &Core{
		cfg: cfg, m: m, log: log, in: make(chan heard, room),
		devices: map[string]*unit{}, sources: map[string]*unit{}, saw: map[string]bool{}, looked: time.Now(), saved: time.Now(),
	}
	was, err := load(cfg.File)
	if err != nil {
		log.Error("alarms that stand are told once more", "err", err)
	}
	c.pending = was.Pending
	for id, d := range cfg.Devices {
		c.devices[id] = &unit{memory: was.Devices[id], id: id, device: d, profile: cfg.Profiles[id]}
	}
	for name, s := range was.Sources {
		c.sources[name] = &unit{memory: s, id: name}
	}
	c.retire(was.Devices)
	return c
}

const (
	room      = 64               // readings that may wait; then adapters do
	tickEvery = time.Second      // how often time is looked at
	saveEvery = 10 * time.Minute // what a crash may forget of a silence
	linkGrace = 15 * time.Second // a source that is away for less is no event
	maxNote   = 120              // bytes of a reading's note
	fresh     = time.Minute      // a sign of life that is older says nothing of now
)

// Run hears all sources until ctx ends, and ends when they have. An error of an
// adapter is no error here: the source is away, which is told, and tried again.
func (c *Core) Run(ctx context.Context, sources []Source) error {
	c.begin(sources)
	defer c.finish()
	events := c.took()
	c.tell(context.WithoutCancel(ctx), events) // what a crash left between file and outbox
	c.told(len(events) > 0)
	var hearing sync.WaitGroup
	for _, s := range sources {
		hearing.Go(func() { c.hear(ctx, s) })
	}
	ended := make(chan struct{})
	go func() { hearing.Wait(); close(ended) }()

	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			select {
			case t := <-c.in:
				c.step(ctx, c.more(t))
			default:
			}
			return nil
		case t := <-c.in:
			c.step(ctx, c.more(t))
		case <-tick.C:
			c.step(ctx, nil)
		}
	}
}

// more adds to a reading those that wait behind it: they share one write.
func (c *Core) more(t heard) []heard {
	batch := []heard{t}
	for len(batch) < room {
		select {
		case t = <-c.in:
			batch = append(batch, t)
		default:
			return batch
		}
	}
	return batch
}

// begin joins devices and sources, and makes the devices due.
func (c *Core) begin(sources []Source) {
	for id, every := range c.join(sources) {
		c.cfg.Coverage.Expect(id, every, func() (string, bool) { return c.blind(id) })
	}
}

// join joins devices and sources, and returns how often each device is due. The ledger
// is never told while mu is held: it asks why under a lock of its own.
func (c *Core) join(sources []Source) map[string]time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.looked = time.Now()
	for _, s := range sources {
		if c.sources[s.Name] == nil {
			c.sources[s.Name] = &unit{id: s.Name}
		}
		c.sources[s.Name].source = s.Name
		for _, id := range s.Devices {
			if u := c.devices[id]; u != nil {
				u.source = s.Name
			}
		}
	}
	for _, s := range c.sources {
		if s.source == "" { // nobody is heard by it any more
			s.condition(event.DeviceFault).set(false, c.looked, "")
		}
	}
	due := map[string]time.Duration{}
	for id, u := range c.devices {
		due[id] = u.profile.Every
		if due[id] == 0 {
			due[id] = linkedEvery
		}
	}
	return due
}

// linkedEvery is for devices that are there as long as their link is: the core looks
// every second.
const linkedEvery = 30 * time.Second

// blind is why a device cannot be heard, for the coverage ledger.
func (c *Core) blind(id string) (cause string, guess bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.devices[id]
	switch {
	case !u.linked, u.Away != "":
		return wire.Unreachable, false
	case u.failing():
		return wire.Broken, false
	}
	return wire.Silent, true
}

// failing reports whether the device itself says that it does not work.
func (u *unit) failing() bool {
	c := u.Conditions[u.device.Kind.Fault()]
	return c != nil && c.On && u.device.Kind.Fault() != u.device.Kind.Alarm()
}

// step takes in readings, lets time go by, and tells what follows: first to the file,
// then to the outbox, then to who handed the readings on.
func (c *Core) step(ctx context.Context, batch []heard) {
	now := time.Now()
	c.mu.Lock()
	c.pass(now)
	for _, t := range batch {
		c.take(t, now)
	}
	c.judge(now)
	events := c.pending
	if len(events) > 0 || c.dirty || now.Sub(c.saved) >= saveEvery {
		c.save(now)
	}
	c.pending = nil
	saw := c.saw
	c.saw = map[string]bool{}
	c.mu.Unlock()

	c.tell(context.WithoutCancel(ctx), events)
	c.told(len(events) > 0)
	for id := range saw {
		c.cfg.Coverage.Saw(id)
	}
	for _, t := range batch {
		if t.r.Done != nil {
			t.r.Done()
		}
	}
}

func (c *Core) pass(now time.Time) {
	gone := now.Sub(c.looked)
	c.looked = now
	for id, u := range c.devices {
		u.pass(gone, now)
		if u.held() && u.Away == "" && !u.failing() {
			c.saw[id] = true
		}
	}
}

// take takes in one reading, or that a source is away.
func (c *Core) take(t heard, now time.Time) {
	if t.fault != nil {
		c.link(t.source, false, t.fault, now)
		return
	}
	c.m.readings.WithLabelValues(t.source).Inc()
	switch t.r.What {
	case Linked:
		c.link(t.source, true, nil, now)
		return
	case Unlinked:
		c.link(t.source, false, errors.New(t.r.Note), now)
		return
	}
	u := c.devices[t.r.Device]
	if u == nil || u.source != t.source || t.r.Kind != "" && !t.r.Kind.Known() {
		c.m.strange.WithLabelValues(t.source).Inc()
		return
	}
	t.r.Note = short(t.r.Note)
	before := u.Heard
	u.take(t.r, now)
	if u.Heard != before && u.Quiet < fresh && !u.failing() {
		c.saw[u.id] = true
	}
	c.judgeDevice(u, now) // at once: the next reading may say that it is over
}

// link takes in that a source is reached, or is not.
func (c *Core) link(source string, linked bool, fault error, now time.Time) {
	s := c.sources[source]
	s.linked = linked
	c.m.linked.WithLabelValues(source).Set(map[bool]float64{true: 1}[linked])
	if fault != nil {
		s.Away = short(fault.Error())
	} else {
		s.Away = ""
	}
	s.condition(event.DeviceFault).set(!linked, now, s.Away)
	for _, u := range c.devices {
		if u.source == source {
			u.linked, u.online = linked, false
		}
	}
}

func short(s string) string {
	if len(s) > maxNote {
		s = s[:maxNote]
	}
	return strings.ToValidUTF8(s, "")
}
