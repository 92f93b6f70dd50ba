// Package gate says which pictures of a camera are worth decoding.
//
// A packet that is not decoded costs nothing, so this is where a box that carries
// many cameras saves its time. While nothing is suspected a camera is looked at by
// its key pictures; when they, or a detector, suspect something, everything since
// the last key picture is decoded, and what follows, until that has passed. It
// promises that no camera is left unseen for longer than a few seconds unless that
// is counted and told. How it decides, and what it costs, is in DESIGN.md.
package gate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"eastgate/edge/flow"
)

// Config says how a camera is looked at.
type Config struct {
	// Enabled is false where every picture is to be decoded.
	Enabled bool `yaml:"enabled"`
	// Floor is the time between two key pictures that are looked at while nothing is
	// suspected. What comes oftener is left out.
	Floor time.Duration `yaml:"floor"`
	// Probe is the time between two pictures that are asked how things move, where key
	// pictures are rare; 0 decodes such cameras whole.
	Probe time.Duration `yaml:"probe"`
}

// DefaultConfig looks at every key picture of a camera that is set as it should be,
// to one each two seconds.
func DefaultConfig() Config {
	return Config{Enabled: true, Floor: 1500 * time.Millisecond, Probe: 500 * time.Millisecond}
}

// Validate returns every fault with its field.
func (c Config) Validate() (faults []error) {
	if c.Floor < 100*time.Millisecond || c.Floor > sparse {
		faults = append(faults, fmt.Errorf("floor: %v is not 100ms to %v", c.Floor, sparse))
	}
	if c.Probe != 0 && (c.Probe < 100*time.Millisecond || c.Probe > sparse) {
		faults = append(faults, fmt.Errorf("probe: %v is neither 0 nor 100ms to %v", c.Probe, sparse))
	}
	return faults
}

const (
	// sparse is how far key pictures may be apart. Where they are farther, other pictures
	// are asked for their movement, or else all are decoded: nobody would know what
	// happens between them.
	sparse = 4 * time.Second
	// learning is how long a camera is looked at closely when it begins, so that detectors
	// know its place before they see it seldom.
	learning = 10 * time.Second
	// steady is how many key pictures in a row must then come in time.
	steady = 3
	// askEvery is how often a closer look is asked for.
	askEvery = 200 * time.Millisecond
	// linger is how long a closer look goes on after the last that was suspected.
	linger = 3 * time.Second
	// batch is how long pictures of mere movement are gathered, because decoding many at
	// once is cheaper than one by one.
	batch = 400 * time.Millisecond
	// keyPatience is how long a key picture is waited for where there is none to go back to.
	keyPatience = 30 * time.Second
	// mostBytes and mostPackets bound what is remembered of a group of pictures.
	mostBytes   = 8 << 20
	mostPackets = 600
)

// A Gate stands before one camera's decoder, and behind it looks at what came out.
type Gate struct {
	camera string
	cfg    Config
	budget *Budget // nil where nobody else wants the machine
	m      *Metrics
	// LeftOut is told of each key picture that was not looked at because the box had
	// no time for it, and of each time that a camera with rare ones could not be; may be nil.
	LeftOut func()
	// Step makes the gate wait for what became of a key picture before it goes on: for
	// films, which come faster than they are looked at. It then also remembers the looks
	// for Late.
	Step bool

	// Run's own.
	stream  *flow.Stream
	group   []*flow.Packet // since the last key picture; empty where it cannot be gone back to
	prior   []*flow.Packet // the group before it; empty likewise
	bytes   int            // of group
	shown   bool           // the group was looked at, up to looked
	looked  time.Duration  // when a picture was looked at last
	before  time.Duration  // and before that one, when it was a key picture by itself
	keyAt   time.Duration  // of the last key picture
	wide    int            // how many key pictures in time it takes until they are no longer too far apart
	started bool
	begin   time.Duration // when the stream began
	known   bool          // the camera's place was learnt: it has been looked at closely once
	skipped int           // key pictures since the last that was looked at
	asked   time.Duration // when a closer look was last asked for
	waits   bool          // it was refused
	seat    *Seat
	waiting []flow.Order // a batch
	probing probing

	mu    sync.Mutex
	taken *Seat // by Behind, for a closer look that begins before the picture at kept
	kept  time.Duration
	alone time.Duration // the newest key picture by itself
	open  bool          // a closer look is under way
	scene scene
	feel  feel
	cause cause
	told  chan struct{} // somebody has looked: for Step
	last  time.Duration // up to when
	looks []look        // with Step: those that went back
}

// A look is a closer look that went back: from the picture at from to the one at which
// it began.
type look struct{ from, at time.Duration }

// New returns the gate of a camera. b is shared by all cameras of a box.
func New(camera string, cfg Config, b *Budget, m *Metrics) *Gate {
	return &Gate{camera: camera, cfg: cfg, budget: b, m: m, told: make(chan struct{}, 1), last: -1}
}

// Run hands on what is worth decoding, in order, until in is closed or ctx ends;
// then it closes out. It waits for the decoder and drops nothing because it is slow.
func (g *Gate) Run(ctx context.Context, in <-chan *flow.Packet, out chan<- flow.Order) error {
	defer close(out)
	defer g.close()
	send := func(o flow.Order) bool {
		select {
		case out <- o:
			g.m.admitted.WithLabelValues(g.camera).Inc()
			return true
		case <-ctx.Done():
			return false
		}
	}
	for p := range in {
		for _, o := range g.decide(p) {
			if !send(o) {
				return nil
			}
			if g.Step && (o.Alone || o.Lone) {
				g.await(ctx, o.PTS)
			}
		}
	}
	for _, o := range g.waiting {
		if !send(o) {
			break
		}
	}
	return nil
}

// decide returns what is to be decoded now that p has come.
func (g *Gate) decide(p *flow.Packet) []flow.Order {
	g.remember(p)
	if !g.cfg.Enabled || !selective(p.Stream) {
		return []flow.Order{{Packet: p}}
	}
	want := g.wanted(p.PTS)
	if g.keptBack() {
		orders := g.closely(p, max(want, flow.Moving))
		orders[0].Back = true
		return orders
	}
	if want == flow.Calm && g.waits {
		g.budget.Withdraw(g.camera)
		g.waits = false
	}
	switch {
	case g.seat != nil && (want == flow.Calm || g.seat.Lost()):
		if want == flow.Calm {
			g.judge()
		}
		g.close()
		return append(g.flush(), g.glance(p)...)
	case g.seat != nil:
		g.seat.Ask(want)
		return g.follow(p, want)
	case want > flow.Calm && (len(g.group) > 0 || p.PTS-g.keyAt > keyPatience) && p.PTS-g.asked >= askEvery:
		g.asked = p.PTS
		if g.take(want) {
			return g.closely(p, want)
		}
		g.refused(p.PTS, want)
	}
	return append(g.glance(p), g.probe(p)...)
}

// refused counts a wish for which there was no time. Where key pictures are rare,
// that leaves the camera unseen.
func (g *Gate) refused(now time.Duration, want flow.Urgency) {
	g.waits = true
	g.m.denied.WithLabelValues(g.camera, want.String()).Inc()
	if g.rare(now) && !g.probing.serves && g.LeftOut != nil {
		g.LeftOut()
	}
}

// wanted is how urgently the camera is to be looked at closely now.
func (g *Gate) wanted(now time.Duration) flow.Urgency {
	g.mu.Lock()
	defer g.mu.Unlock()
	if u := g.cause.now(now, g.seat != nil); u > flow.Moving || u == flow.Moving && !g.farBack(now) {
		return u
	}
	g.known = g.known || g.started && now-g.begin >= learning
	if !g.known || g.rare(now) && (!g.probes(now) || g.seat != nil && now != g.keyAt) {
		return flow.Moving // once gone back so far, the look goes on to the next key picture
	}
	return flow.Calm
}

// take asks for a seat.
func (g *Gate) take(want flow.Urgency) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seat = g.budget.Take(g.camera, want)
	g.open = g.seat != nil
	return g.open
}

// keptBack takes over the seat that Behind has taken, and reports whether there was one.
func (g *Gate) keptBack() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.taken == nil {
		return false
	}
	g.seat, g.taken = g.taken, nil
	if g.looked == g.kept {
		g.looked = g.before
	}
	return true
}

// closely begins a closer look. It goes back to the last key picture, and to the one before
// where nobody but the gate has seen the last; or begins with p where there is none to go
// back to and none comes.
func (g *Gate) closely(p *flow.Packet, want flow.Urgency) []flow.Order {
	g.waits = false
	g.m.opened.WithLabelValues(g.camera, want.String()).Inc()
	if len(g.group) == 0 {
		g.begun(p.PTS, p.PTS)
		return []flow.Order{{Packet: p, Anew: true}}
	}
	group := g.group
	if n := len(g.prior); n > 0 && g.looked < g.prior[n-1].PTS {
		group = slices.Concat(g.prior, g.group)
	}
	out := make([]flow.Order, len(group))
	for i, p := range group {
		out[i] = flow.Order{Packet: p, Shown: p.PTS <= g.looked}
	}
	g.begun(group[0].PTS, p.PTS)
	return out
}

// Late is how long after it had come the picture at pts was decoded, because the closer
// look that showed it began only then. It knows only with Step.
func (g *Gate) Late(pts time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range g.looks {
		if l.from <= pts && pts < l.at {
			return l.at - pts
		}
	}
	return 0
}

// begun notes that a closer look has begun, with the pictures since from.
func (g *Gate) begun(from, pts time.Duration) {
	g.shown, g.looked, g.skipped = true, pts, 0
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cause.open(pts)
	if g.Step {
		g.looks = append(g.looks, look{from, pts})
	}
}

// follow hands on what comes while the gate is open.
func (g *Gate) follow(p *flow.Packet, want flow.Urgency) []flow.Order {
	if g.shown = true; p.PTS > g.looked || p.Key { // B-pictures come after one that is shown later
		g.looked = p.PTS
	}
	g.waiting = append(g.waiting, flow.Order{Packet: p})
	if want == flow.Moving && !g.Step && p.PTS-g.waiting[0].PTS < batch {
		return nil
	}
	return g.flush()
}

func (g *Gate) flush() []flow.Order {
	out := g.waiting
	g.waiting = nil
	return out
}

// glance hands on a key picture that is due.
func (g *Gate) glance(p *flow.Packet) []flow.Order {
	if !p.Key || g.shown {
		return nil
	}
	if due := g.looked + g.cfg.Floor; p.PTS < due && p.PTS >= g.looked && g.looked > 0 {
		return nil
	}
	if g.skipped++; g.skipped < g.budget.Stride() {
		g.m.leftOut.WithLabelValues(g.camera).Inc()
		if g.LeftOut != nil {
			g.LeftOut()
		}
		return nil
	}
	g.before, g.looked, g.shown, g.skipped = g.looked, p.PTS, true, 0
	if !g.rare(p.PTS) { // else it would be far to go back, and lone pictures have told what led to it
		g.mu.Lock()
		g.alone = p.PTS
		g.mu.Unlock()
	}
	return []flow.Order{{Packet: p, Alone: true}}
}

// close gives the seat back.
func (g *Gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range []*Seat{g.seat, g.taken} {
		if s != nil {
			s.Leave()
		}
	}
	g.seat, g.taken, g.open = nil, nil, false
}

// judge takes in what came of a closer look that ends because nothing more is
// suspected. One that was cut off says nothing.
func (g *Gate) judge() {
	g.mu.Lock()
	defer g.mu.Unlock()
	found := g.cause.close(g.looked)
	g.scene.judge(found)
	g.feel.judge(found, g.looked)
}

// stepPatience bounds how long Step waits for a picture of which nothing may come.
const stepPatience = 2 * time.Second

// await waits until the picture at pts was looked at.
func (g *Gate) await(ctx context.Context, pts time.Duration) {
	end := time.NewTimer(stepPatience)
	defer end.Stop()
	for {
		g.mu.Lock()
		done := g.last >= pts
		g.mu.Unlock()
		if done {
			return
		}
		select {
		case <-g.told:
		case <-end.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
