package main

import (
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"eastgate/shared/event"
)

// A heard event is what the box said, and when it arrived at the broker.
type heard struct {
	event   event.Event
	camera  string
	arrived time.Time
}

// A score is what was found of what was planted.
type score struct {
	planted, found int
	missed         []planted
	delays         []time.Duration // from the beginning to the broker
	wire           []time.Duration // from the decision to the broker
	elsewhere      []heard         // of cameras at which nothing was planted
}

// tolerance is how much earlier than planned a thing may be seen, and patience how much
// later it still counts.
const (
	tolerance = 2 * time.Second
	patience  = 15 * time.Second
)

// judge compares what was planted with what was heard.
func judge(things []planted, events []heard) score {
	var s score
	used := map[int]bool{}
	with := map[string]bool{}
	for _, p := range things {
		with[p.camera] = true
		s.planted++
		i := slices.IndexFunc(events, func(h heard) bool {
			return h.camera == p.camera && h.event.Kind == p.kind && h.event.State == event.Start &&
				h.event.Time.After(p.at.Add(-tolerance)) && h.event.Time.Before(p.at.Add(patience))
		})
		if i < 0 || used[i] {
			s.missed = append(s.missed, p)
			continue
		}
		used[i] = true
		s.found++
		s.delays = append(s.delays, max(events[i].arrived.Sub(p.at), 0))
	}
	for _, h := range events {
		if h.event.State != event.Start {
			continue
		}
		if id, err := ulid.Parse(h.event.ID); err == nil { // it holds when the event was made
			s.wire = append(s.wire, max(h.arrived.Sub(ulid.Time(id.Time())), 0))
		}
		if !with[h.camera] {
			s.elsewhere = append(s.elsewhere, h)
		}
	}
	return s
}

// percentile returns the p-th part of some durations in seconds; nil of none.
func percentile(all []time.Duration, p float64) *float64 {
	if len(all) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(all))
	i := min(int(p*float64(len(sorted))), len(sorted)-1)
	s := round(sorted[i].Seconds(), 3)
	return &s
}
