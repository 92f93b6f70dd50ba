package main

import (
	"fmt"
	"math"
	"slices"
	"time"

	"eastgate/edge/camera/cameratest"
	"eastgate/shared/event"
)

// A planted event is something that happens at a known camera and time.
type planted struct {
	camera string
	kind   event.Kind
	at     time.Time // when it begins, or is due to be told
}

// A plan is the cameras of one measurement.
type plan struct {
	cameras   []seat
	programme cameratest.Programme
}

// A seat is one camera and what it looks at.
type seat struct {
	name  string
	place place
}

const (
	share  = 0.1    // of the cameras are busy at any time
	answer = 12     // seconds: after the last thing planted, so long is waited for what is said of it
	golden = 0.6180 // spreads the key pictures whatever the number of cameras
)

// newPlan gives each camera a place and, in the busy mix, spreads what happens: at any
// time at one camera in ten. Measuring begins after warm and lasts length.
func newPlan(o options, places []place, n int, mix string) plan {
	p := plan{programme: cameratest.Programme{Films: map[string][]string{}}}
	for _, x := range places {
		for i, word := range []string{quiet, "busy"} {
			p.programme.Films[x.name+"-"+word] = []string{x.films[i].path(o.films), x.films[i].sub(o.films)}
		}
	}
	for i := range n {
		s := seat{fmt.Sprintf("cam-%03d", i+1), places[i%len(places)]}
		p.cameras = append(p.cameras, s)
		p.programme.Cameras = append(p.programme.Cameras, cameratest.Performance{
			Name: s.name, Phase: group * math.Mod(float64(i)*golden, 1), Quiet: s.place.name + "-" + quiet,
		})
	}
	if mix == busy10 {
		p.plant(o.warm.Seconds(), (o.warm + o.length).Seconds())
	}
	return p
}

// plant lets things happen one after the other in as many lanes as it takes to keep a
// tenth of the cameras busy.
func (p plan) plant(from, to float64) {
	lanes := int(math.Ceil(float64(len(p.cameras)) * share))
	pause := float64(lanes)/(float64(len(p.cameras))*share) - 1 // of a film's length
	begin := make([]float64, lanes)                             // when the next thing happens in each
	for lane := range begin {
		begin[lane] = from + 2*float64(lane%3)
	}
	until := make([]float64, len(p.cameras)) // when the last thing at each is over
	for next := 0; ; {
		lane := slices.Index(begin, slices.Min(begin))
		at := begin[lane]
		c, ok := p.free(until, next, at)
		if !ok || at >= to {
			return
		}
		x := p.cameras[c].place
		p.programme.Cameras[c].Scenes = append(p.programme.Cameras[c].Scenes, cameratest.Part{At: at, Film: x.name + "-busy"})
		until[c] = at + group + x.busy + answer // two of one kind at one camera are two
		begin[lane] = at + x.busy*(1+pause)
		next = c + 1
	}
}

// free returns the first camera from next on at which nothing happens at a time.
func (p plan) free(until []float64, next int, at float64) (int, bool) {
	for i := range p.cameras {
		if c := (next + i) % len(p.cameras); until[c] <= at {
			return c, true
		}
	}
	return 0, false
}

// happened returns what was planted, of the scenes that have begun.
func (p plan) happened(told []cameratest.Told) []planted {
	seats := map[string]seat{}
	for _, s := range p.cameras {
		seats[s.name] = s
	}
	var out []planted
	for _, t := range told {
		x := seats[t.Camera].place
		out = append(out, planted{t.Camera, x.kind, t.At.Add(time.Duration(x.onset * float64(time.Second)))})
	}
	return out
}
