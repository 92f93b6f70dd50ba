//go:build !nocv

package dwell_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/detect/dwell"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

const allowed = 5.0 // seconds that a thing may stand in the clips' zones

// A clip is a film whose truth is known. Times are in seconds, points in pixels.
type clip struct {
	File          string
	Width, Height float64
	Truth         []truth
}

type truth struct {
	Label   string
	Start   float64 `json:"start_s"`
	End     float64 `json:"end_s"`
	Polygon [][2]float64
}

type interval struct{ from, to float64 }

func overlap(a, b interval) float64 { return min(a.to, b.to) - max(a.from, b.from) }

// clips returns the films with a zone in which something stands or nothing does.
func clips(t *testing.T, dir string) (out []clip) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []clip
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if len(c.labelled("stationary_vehicle", "stationary_object", "no_stationary_vehicle")) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func (c clip) labelled(labels ...string) (out []interval) {
	for _, x := range c.Truth {
		if slices.Contains(labels, x.Label) {
			out = append(out, interval{x.Start, x.End})
		}
	}
	return out
}

func (c clip) areas() (a zone.Areas) {
	var seen []zone.Polygon
	for _, x := range c.Truth {
		var p zone.Polygon
		for _, q := range x.Polygon {
			p = append(p, zone.Point{q[0] / c.Width, q[1] / c.Height})
		}
		if len(p) > 0 && !slices.ContainsFunc(seen, func(s zone.Polygon) bool { return slices.Equal(s, p) }) {
			seen = append(seen, p)
			a.Zones = append(a.Zones, zone.Zone{Name: string(rune('a' + len(seen) - 1)), Use: zone.NoParking, Points: p})
		}
	}
	return a
}

// A confirmer stands in for package confirm: an event starts when a subject's age
// reaches what is allowed, and ends after 5 s of looking and not seeing it.
type confirmer struct {
	cases  map[string]*stood
	events []*stood
	last   float64
}

type stood struct {
	interval
	subject     string
	open        bool
	seen, quiet float64
}

func (c *confirmer) judge(at float64, findings []flow.Finding) {
	dt := min(at-c.last, 1)
	c.last = at
	for _, f := range findings {
		k := f.Zone + " " + f.Subject
		s := c.cases[k]
		if s == nil {
			s = &stood{subject: k}
			c.cases[k] = s
		}
		s.seen, s.quiet, s.to = at, 0, at
		if !s.open && f.Age.Seconds() >= allowed {
			s.open, s.from = true, at
			c.events = append(c.events, s)
		}
	}
	for k, s := range c.cases {
		if s.seen == at {
			continue
		}
		if s.quiet += dt; s.quiet >= 5 {
			delete(c.cases, k)
		}
	}
}

// count judges events as follows: a stay is found when an event starts between its
// start and 4 s after what is allowed; stays shorter than 2 s more than that do not
// count. An event is false when no stay, stretched by 2 s, overlaps it and nothing
// is to stand there.
func count(c clip, events []*stood) (found, wanted, wrong int, late []float64) {
	stays := c.labelled("stationary_vehicle", "stationary_object")
	for _, s := range stays {
		if s.to-s.from < allowed+2 {
			continue
		}
		wanted++
		for _, e := range events {
			if overlap(e.interval, s) >= 0 && e.from <= s.from+allowed+4 {
				found++
				late = append(late, max(e.from, s.from)-s.from-allowed)
				break
			}
		}
	}
	for _, e := range events {
		near := func(s interval) bool { return overlap(e.interval, interval{s.from - 2, s.to + 2}) > 0 }
		none := func(s interval) bool { return overlap(e.interval, s) >= 0 }
		if !slices.ContainsFunc(stays, near) && slices.ContainsFunc(c.labelled("no_stationary_vehicle"), none) {
			wrong++
		}
	}
	return found, wanted, wrong, late
}

// TestAccuracy measures on real clips, at the rate at which a gateway judges and at
// rates of a box that is busy or that decodes key pictures only. Its floors only
// keep it from getting much worse; README.md has the figures.
func TestAccuracy(t *testing.T) {
	dir := detecttest.Data(t)
	for _, rate := range []struct {
		every time.Duration
		least int // stays found
	}{{200 * time.Millisecond, 3}, {250 * time.Millisecond, 4}, {500 * time.Millisecond, 3}, {2 * time.Second, 0}} {
		t.Run(rate.every.String(), func(t *testing.T) {
			found, wanted, wrong, free := 0, 0, 0, 0.0
			for _, c := range clips(t, dir) {
				events := watch(t, filepath.Join(dir, c.File), c.areas(), rate.every)
				f, w, x, late := count(c, events)
				found, wanted, wrong = found+f, wanted+w, wrong+x
				for _, s := range c.labelled("no_stationary_vehicle") {
					free += s.to - s.from
				}
				t.Logf("%-42s found %d of %d, seconds after dwell %.1f; false %d", c.File, f, w, late, x)
				for _, e := range events {
					t.Logf("    %s: %.1f to %.1f s", e.subject, e.from, e.to)
				}
			}
			t.Logf("found %d of %d, %d false in %.0f s", found, wanted, wrong, free)
			if found < rate.least || wrong > 1 {
				t.Errorf("found %d stays with %d false alarms; at least %d and at most 1 are due", found, wrong, rate.least)
			}
		})
	}
}

func watch(t *testing.T, file string, areas zone.Areas, every time.Duration) []*stood {
	t.Helper()
	d, err := dwell.Open(dwell.DefaultConfig(), areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	c := confirmer{cases: map[string]*stood{}}
	detecttest.Play(t, file, every, func(p *detect.Picture) {
		found, err := d.Detect(p)
		if err != nil {
			t.Fatal(err)
		}
		c.judge(p.PTS().Seconds(), found)
	})
	return c.events
}
