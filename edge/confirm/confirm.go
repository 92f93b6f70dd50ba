// Package confirm turns observations over time into events.
//
// It promises that an event is made only when evidence has held for its kind's
// rule, that one continuing thing is one episode (start, updates, end), and that
// not having looked never counts as having seen nothing. What one picture shows
// is for the detectors to say; DESIGN.md tells how evidence grows and fades.
package confirm

import (
	"context"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Place says where a camera stands and what is marked in its picture.
type Place struct {
	Source event.Source
	Zones  []zone.Zone
	// Local is the time zone in which the zones' schedules are written.
	Local *time.Location
	// Watches says whether a kind is looked for now; nil means always. What is seen of
	// one that is not makes no event, and no end either: nobody looked.
	Watches func(event.Kind) bool
}

// A Confirmer keeps the open cases of one camera.
type Confirmer struct {
	// Explain makes it remember what no rule counts, for Cases.
	Explain bool
	// Keep, where set, is told which episodes are open when one begins, goes on or ends,
	// and when Run ends; ReadKept reads it. It must not wait for a disk.
	Keep func(open []byte)

	place  Place
	zones  map[string]zone.Zone
	rules  map[event.Kind]Rule
	clock  func() event.Clock
	cases  map[key]*episode
	looked map[event.Kind]time.Duration // media time of the last look for a kind
	passed map[key]Case                 // what was passed over, where that is to be explained
	m      *Metrics
}

// New returns the confirmer of one camera. clock says how far the wall clock can
// be trusted when an event is made.
func New(place Place, rules map[event.Kind]Rule, clock func() event.Clock, m *Metrics) *Confirmer {
	c := &Confirmer{
		place: place, rules: rules, clock: clock, m: m,
		zones:  map[string]zone.Zone{},
		cases:  map[key]*episode{},
		looked: map[event.Kind]time.Duration{},
		passed: map[key]Case{},
	}
	for _, z := range place.Zones {
		c.zones[z.Name] = z
	}
	return c
}

// Run confirms what comes from in until in is closed or ctx ends, then closes
// out. It waits for the next stage: nothing that was confirmed is dropped.
// Episodes still open when it stops are left open, for nobody saw them end.
func (c *Confirmer) Run(ctx context.Context, in <-chan flow.Observation, out chan<- flow.Confirmed) error {
	defer close(out)
	defer c.save()
	for o := range in {
		events := c.Judge(o)
		for _, e := range events {
			select {
			case out <- e:
				c.m.events.WithLabelValues(o.Camera, string(e.Event.Kind), string(e.Event.State)).Inc()
			case <-ctx.Done():
				release(e.Frame)
			}
		}
		release(o.Frame)
		if len(events) > 0 {
			c.save()
		}
	}
	return nil
}

func release(f *flow.Frame) {
	if f != nil {
		f.Release()
	}
}

// maxStep is the most media time that one look stands for. Between pictures
// further apart nobody looked.
const maxStep = time.Second

// maxCases bounds what one camera can keep open.
const maxCases = 256

// Judge takes in one observation and returns the events it makes. Their frames
// are held for the caller; the observation's own hold stays with the caller.
func (c *Confirmer) Judge(o flow.Observation) []flow.Confirmed {
	var out []flow.Confirmed
	for _, kind := range o.Kinds {
		rule, ok := c.rules[kind]
		if !ok || (c.place.Watches != nil && !c.place.Watches(kind)) {
			continue
		}
		look := look{o: o, kind: kind, rule: rule, step: c.step(kind, o.PTS)}
		out = c.see(look, out)
		out = c.miss(look, out)
	}
	return out
}

// A look is what one observation says of one kind.
type look struct {
	o    flow.Observation
	kind event.Kind
	rule Rule
	step time.Duration // media time that this look stands for
}

func (c *Confirmer) step(kind event.Kind, pts time.Duration) time.Duration {
	last, before := c.looked[kind]
	c.looked[kind] = pts
	if !before {
		return 0
	}
	return min(max(pts-last, 0), maxStep)
}

func (c *Confirmer) see(l look, out []flow.Confirmed) []flow.Confirmed {
	for _, f := range l.o.Findings {
		if f.Kind != l.kind {
			continue
		}
		z, k := c.zones[f.Zone], key{f.Kind, f.Zone, f.Subject}
		if why := lacks(z, f, l.o.At.In(c.place.Local)); why != "" {
			c.passOver(k, f, why)
			continue
		}
		ep := c.cases[k]
		if ep == nil {
			if len(c.cases) >= maxCases {
				c.m.refused.WithLabelValues(l.o.Camera).Inc()
				continue
			}
			ep = newEpisode(l.o, f)
			c.cases[k] = ep
		}
		ep.see(l, f)
		switch {
		case !ep.open() && ep.enough(l.rule, z, c.place.Local):
			ep.start(l.o)
			out = append(out, c.event(ep, event.Start, l.o))
		case ep.open() && l.rule.Refresh > 0 && l.o.PTS-ep.told >= l.rule.Refresh:
			ep.told = l.o.PTS
			out = append(out, c.event(ep, event.Update, l.o))
		}
	}
	return out
}

func (c *Confirmer) miss(l look, out []flow.Confirmed) []flow.Confirmed {
	for k, ep := range c.cases {
		if k.kind != l.kind || ep.seenPTS == l.o.PTS {
			continue
		}
		ep.miss(l)
		switch {
		case ep.open() && ep.quiet >= l.rule.Quiet:
			out = append(out, c.event(ep, event.End, l.o))
			delete(c.cases, k)
		case !ep.open() && (ep.evidence <= 0 || ep.quiet >= l.rule.Quiet):
			delete(c.cases, k)
		}
	}
	return out
}

func (c *Confirmer) event(ep *episode, state event.State, o flow.Observation) flow.Confirmed {
	e := event.Event{
		ID: event.NewID(), Source: c.place.Source, Time: ep.seenAt.UTC(),
		Kind: ep.kind, State: state, Since: ep.since.UTC(),
		Certainty: certainty(ep.score), Severity: ep.kind.Severity(), Urgency: ep.kind.Urgency(), Status: "Actual",
		Zone: ep.zone, Score: min(max(ep.score, 0), 1), Note: ep.note, Why: ep.why.Tidy(),
		Detector: o.Detector, Clock: c.clock(),
	}
	if state == event.Start {
		ep.id = e.ID
	}
	e.Episode = ep.id
	if ep.box != (event.Box{}) {
		box := ep.box
		e.Box = &box
	}
	out := flow.Confirmed{Event: e}
	if o.Frame != nil && state != event.End {
		out.Frame = o.Frame.Retain()
	}
	return out
}

// certainty puts a score into CAP words. A machine never says "Observed": that
// is for the person who confirms it.
func certainty(score float64) string {
	if score >= 0.8 {
		return "Likely"
	}
	return "Possible"
}
