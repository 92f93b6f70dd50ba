package main

import (
	"slices"
)

// An episode is what a finder says: a kind of event, from and to.
type episode struct {
	kind string
	span
}

// A rule says how a kind is judged.
//
//   - A positive span is found when an event overlaps it and begins no later than
//     latest after its start (0: at any time within). Spans shorter than least are
//     neither found nor missed.
//   - The delay is the first such event's start less the span's, never below 0.
//   - An event is false when it overlaps negative spans by more than 1 s and no
//     positive span or one that is not judged, each stretched by 2 s at both ends.
type rule struct {
	folder   string   // of edge/detect
	events   []string // kinds of events that count
	positive []string
	negative []string
	ignored  []string
	zones    bool // judged only where the clip has zones
	least    float64
	latest   float64
}

var rules = map[string]rule{
	"fire": {
		folder: "fire", events: []string{"fire.visual"},
		positive: []string{"fire"}, negative: []string{"no_fire"}, ignored: []string{"smoke"}, least: 2,
	},
	"motion": {
		folder: "motion", events: []string{"security.motion"},
		positive: []string{"motion"}, negative: []string{"no_motion"}, least: 2,
	},
	"parking": {
		folder: "dwell", events: []string{"parking.motor", "fire.lane_blocked"},
		positive: []string{"stationary_vehicle", "stationary_object"}, negative: []string{"no_stationary_vehicle"},
		ignored: []string{"vehicle_enters_zone"}, zones: true, least: dwell + 2, latest: dwell + 4,
	},
	"tamper": {
		folder: "tamper", events: []string{"device.tamper", "device.video_loss"},
		positive: []string{"tamper_moved", "tamper_covered"}, negative: []string{"no_tamper"}, least: 2,
	},
}

const (
	stretch   = 2.0  // seconds around what is there in which an event is not false
	mostFalse = 1.0  // seconds of what is not there that an event may touch
	instant   = 0.04 // seconds that an event lasts at least
)

// A verdict is what a clip says of one kind.
type verdict struct {
	found, wanted int
	delays        []float64
	right, wrong  int     // events
	negative      float64 // seconds
	missed        []span
	falseAt       []float64
}

func (r rule) judge(c clip, events []episode) (v verdict) {
	mine := slices.DeleteFunc(slices.Clone(events), func(e episode) bool { return !slices.Contains(r.events, e.kind) })
	for i := range mine {
		mine[i].to = max(mine[i].to, mine[i].from+instant)
	}
	positive := c.spans(r.positive...)
	for _, p := range positive {
		if p.to-p.from < r.least {
			continue
		}
		v.wanted++
		if at, ok := r.first(p, mine); ok {
			v.found++
			v.delays = append(v.delays, max(0, at-p.from))
		} else {
			v.missed = append(v.missed, p)
		}
	}
	unjudged := append(c.spans(r.ignored...), positive...)
	for _, e := range mine {
		switch {
		case slices.ContainsFunc(positive, func(s span) bool { return e.overlap(s) > 0 }):
			v.right++
		case slices.ContainsFunc(unjudged, func(s span) bool { return e.overlap(s.wider(stretch)) > 0 }):
		case touching(e.span, c.spans(r.negative...)) > mostFalse:
			v.wrong++
			v.falseAt = append(v.falseAt, e.from)
		}
	}
	for _, n := range c.spans(r.negative...) {
		v.negative += n.to - n.from
	}
	return v
}

// first is when the first event that finds p began.
func (r rule) first(p span, events []episode) (at float64, ok bool) {
	latest := p.to
	if r.latest > 0 {
		latest = p.from + r.latest
	}
	for _, e := range events {
		if e.overlap(p) > 0 && e.from <= latest && (!ok || e.from < at) {
			at, ok = e.from, true
		}
	}
	return at, ok
}

// touching is how many seconds of some spans an event overlaps.
func touching(e span, spans []span) (sum float64) {
	for _, s := range spans {
		sum += max(0, e.overlap(s))
	}
	return sum
}
