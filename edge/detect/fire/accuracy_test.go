//go:build !nocv

package fire_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/detect/fire"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// A clip is a film whose truth is known. Times are in seconds.
type clip struct {
	File  string
	Truth []struct {
		Label string
		Start float64 `json:"start_s"`
		End   float64 `json:"end_s"`
	}
}

type interval struct{ from, to float64 }

func (c clip) labelled(label string) (out []interval) {
	for _, t := range c.Truth {
		if t.Label == label {
			out = append(out, interval{t.Start, t.End})
		}
	}
	return out
}

func overlap(a, b interval) float64 { return min(a.to, b.to) - max(a.from, b.from) }

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
		if len(c.labelled("fire"))+len(c.labelled("no_fire")) > 0 {
			out = append(out, c)
		}
	}
	return out
}

// A confirmer stands in for package confirm: evidence grows with the log odds of
// the score, at most 3 a second, and is enough at 3 and 8 pictures; an event ends
// after 5 s of looking and finding nothing.
type confirmer struct {
	events   []interval
	open     bool
	pictures int
	evidence float64
	most     float64 // the most evidence before the first event
	last     float64
	quiet    float64
}

func (c *confirmer) judge(at float64, findings []flow.Finding) {
	dt := min(at-c.last, 1)
	c.last = at
	if len(findings) == 0 {
		c.quiet += dt
		c.evidence -= dt
		if c.quiet >= 5 || (!c.open && c.evidence <= 0) {
			c.open, c.evidence, c.pictures = false, 0, 0
		}
		return
	}
	s := findings[0].Score
	c.quiet = 0
	c.pictures++
	c.evidence = max(0, c.evidence+dt*min(max(math.Log(s/(1-s)), -3), 3))
	if len(c.events) == 0 {
		c.most = max(c.most, c.evidence)
	}
	if !c.open && c.evidence >= 3 && c.pictures >= 8 {
		c.open = true
		c.events = append(c.events, interval{from: at})
	}
	if c.open {
		c.events[len(c.events)-1].to = at
	}
}

// A tally is what one pass over the clips came to.
type tally struct {
	found, wanted, false int
	delays               []float64
}

// count judges events against the truth as follows: an interval of fire of 2 s or
// more is found when an event overlaps it; an event is false when it overlaps
// no_fire by more than 1 s and no fire, stretched by 2 s.
func (n *tally) count(c clip, events []interval) (found, wanted, wrong int) {
	var spans []interval
	for _, f := range c.labelled("fire") {
		spans = append(spans, interval{f.from - 2, f.to + 2})
		if f.to-f.from < 2 {
			continue
		}
		wanted++
		for _, e := range events {
			if overlap(e, f) > 0 {
				found++
				n.delays = append(n.delays, max(0, e.from-f.from))
				break
			}
		}
	}
	spans = append(spans, c.labelled("smoke")...)
	for _, e := range events {
		if slices.ContainsFunc(spans, func(s interval) bool { return overlap(e, s) > 0 }) {
			continue
		}
		none := 0.0
		for _, s := range c.labelled("no_fire") {
			none += max(0, overlap(e, s))
		}
		if none > 1 {
			wrong++
		}
	}
	n.found, n.wanted, n.false = n.found+found, n.wanted+wanted, n.false+wrong
	return found, wanted, wrong
}

// TestAccuracy measures on real clips, at the rate at which a gateway judges and
// at rates of a box that is busy. Its floors only keep it from getting much worse;
// README.md has the figures.
func TestAccuracy(t *testing.T) {
	dir := detecttest.Data(t)
	for _, rate := range []struct {
		every       time.Duration
		found, most int
	}{
		{100 * time.Millisecond, 11, 1},
		{250 * time.Millisecond, 11, 3},
		{500 * time.Millisecond, 8, 3},
	} {
		t.Run(rate.every.String(), func(t *testing.T) {
			if raced && rate.every > 100*time.Millisecond {
				t.Skip("one rate is enough to look for races")
			}
			var n tally
			for i, c := range clips(t, dir) {
				if raced && i%4 != 0 {
					continue // a few clips are enough to look for races
				}
				judge := watch(t, filepath.Join(dir, c.File), rate.every)
				found, wanted, wrong := n.count(c, judge.events)
				t.Logf("%-32s found %d of %d  false %d  events %.1f, evidence %.1f",
					filepath.Base(c.File), found, wanted, wrong, judge.events, judge.most)
			}
			slices.Sort(n.delays)
			median := math.NaN()
			if len(n.delays) > 0 {
				median = n.delays[len(n.delays)/2]
			}
			t.Logf("a picture every %v: found %d of %d, median delay %.1f s, false %d", rate.every, n.found, n.wanted, median, n.false)
			if !raced && (n.found < rate.found || n.false > rate.most) {
				t.Errorf("found %d of %d with %d false, want at least %d and at most %d", n.found, n.wanted, n.false, rate.found, rate.most)
			}
		})
	}
}

// watch shows a clip to a detector and returns what was confirmed.
func watch(t *testing.T, file string, every time.Duration) confirmer {
	t.Helper()
	d := opened(t, fire.DefaultConfig(), zone.Areas{})
	var judge confirmer
	detecttest.Play(t, file, every-5*time.Millisecond, func(p *detect.Picture) {
		findings, err := d.Detect(p)
		if err != nil {
			t.Error(err)
		}
		judge.judge(p.PTS().Seconds(), findings)
	})
	return judge
}

// opened returns a detector that is closed when the test ends.
func opened(t *testing.T, cfg fire.Config, areas zone.Areas) *fire.Detector {
	t.Helper()
	d, err := fire.Open(cfg, areas, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
