package confirm

import (
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A key tells cases of one camera apart.
type key struct {
	kind    event.Kind
	zone    string
	subject string
}

// An episode is one thing that may become, or is, an event.
type episode struct {
	key
	id       string        // of its start event; empty until confirmed
	evidence float64       // seconds of seeing it, weighed
	pictures int           // on which it was seen
	quiet    time.Duration // media time of looking and not seeing it, since it was last seen
	age      time.Duration // as the detector says, where it does
	since    time.Time     // wall clock when it began
	seenAt   time.Time     // wall clock when it was last seen
	seenPTS  time.Duration
	told     time.Duration // media time of the last event
	score    float64       // of the newest picture it was seen on
	box      event.Box
	note     string
	why      event.Why
	detector event.Detector
}

func newEpisode(o flow.Observation, f flow.Finding) *episode {
	return &episode{key: key{f.Kind, f.Zone, f.Subject}, since: o.At}
}

func (ep *episode) open() bool { return ep.id != "" }

// start marks the episode as told; its id is set by the event that is made.
func (ep *episode) start(o flow.Observation) { ep.told = o.PTS }

// see adds what one picture showed.
func (ep *episode) see(l look, f flow.Finding) {
	ep.pictures++
	ep.quiet = 0
	ep.evidence = max(0, ep.evidence+l.step.Seconds()*l.rule.weigh(f.Score))
	ep.seenAt, ep.seenPTS = l.o.At, l.o.PTS
	ep.score, ep.box, ep.note, ep.why, ep.detector = f.Score, f.Box, f.Note, f.Why, l.o.Detector
	if f.Age > 0 {
		ep.age = f.Age
		if since := l.o.At.Add(-f.Age); since.Before(ep.since) {
			ep.since = since
		}
	}
}

// miss takes in that the thing was looked for and not seen.
func (ep *episode) miss(l look) {
	ep.quiet += l.step
	ep.evidence -= l.step.Seconds() * l.rule.Fade
}

// enough reports whether the rule is met.
func (ep *episode) enough(r Rule, z zone.Zone, local *time.Location) bool {
	if r.Dwell > 0 {
		return ep.age >= r.dwell(z, ep.seenAt.In(local))
	}
	return ep.pictures >= r.Pictures && ep.evidence >= r.Need.Seconds()
}
