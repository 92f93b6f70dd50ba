package kpi

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

var shanghai = time.FixedZone("CST", 8*3600)

// june is a case of June 2025, camera-first and handled in two hours, spoilt by
// what a test is about.
func june(n int, change ...func(*Case)) Case {
	at := time.Date(2025, 6, 1+n%28, 10, n%60, 0, 0, shanghai)
	stamp := func(d time.Duration) *time.Time { t := at.Add(d); return &t }
	c := Case{
		ID: fmt.Sprintf("C%04d", n), Class: "parking.motor", Domain: "urban", Level: 3, Place: fmt.Sprintf("dongguan/c1/lane%d", n),
		Status: "closed", Verdict: "genuine", FirstSource: "camera_auto", FirstSeenAt: at, HumanReports: 1,
		ConfirmedAt: stamp(5 * time.Minute), DispatchedAt: stamp(6 * time.Minute), AcceptedAt: stamp(10 * time.Minute), ArrivedAt: stamp(30 * time.Minute),
		ResolvedAt: stamp(125 * time.Minute), CheckedAt: stamp(5 * time.Hour), ClosedAt: stamp(6 * time.Hour),
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func many(n int, change ...func(*Case)) []Case {
	out := make([]Case, n)
	for i := range out {
		out[i] = june(i, change...)
	}
	return out
}

func by(source string) func(*Case) { return func(c *Case) { c.FirstSource = source } }

func figures(t *testing.T, data Data) map[string]Figure {
	t.Helper()
	d, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	p, err := d.Month("2025-06")
	if err != nil {
		t.Fatal(err)
	}
	if data.Households == 0 {
		data.Households = 4377
	}
	out := map[string]Figure{}
	for _, f := range Compute(d, p, data) {
		out[f.ID] = f
	}
	return out
}

var walked1 = []Audit{{At: time.Date(2025, 6, 3, 9, 0, 0, 0, shanghai), Hours: 1, Found: 4, Known: 3}}

func near(a, b, by float64) bool { return math.Abs(a-b) <= by }

// TestKnownIntervals holds the numbers that the references print.
func TestKnownIntervals(t *testing.T) {
	for _, c := range []struct{ k, n, lo, hi float64 }{{8, 10, .49, .94}, {40, 50, .67, .89}, {160, 200, .74, .85}, {400, 500, .76, .83}} {
		if b := wilson(c.k, c.n, .95); !near(b[0], c.lo, .005) || !near(b[1], c.hi, .005) {
			t.Errorf("Wilson %v/%v = %v", c.k, c.n, *b)
		}
	}
	for _, c := range []struct{ k, lo, hi float64 }{{0, 0, 3.689}, {1, .0253, 5.572}, {5, 1.623, 11.668}} {
		if b := poisson(c.k, .95); !near(b[0], c.lo, .001) || !near(b[1], c.hi, .001) {
			t.Errorf("Poisson %v = %v", c.k, *b)
		}
	}
	if n, se := chapman(160, 60, 45); !near(n, 212.5, 1) || !near(se, 13, 1) {
		t.Errorf("Chapman: %v ± %v", n, se)
	}
}

func TestShare(t *testing.T) {
	share := func(data Data) Figure { return figures(t, data)["camera_first_share"] }
	all := func(parts ...[]Case) (out []Case) {
		for n, p := range parts {
			for _, c := range p {
				c.ID += fmt.Sprint("-", n)
				out = append(out, c)
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		data    Data
		num     float64
		den     float64
		verdict string
	}{
		"clearly above":           {Data{Cases: all(many(190), many(10, by("resident"))), Audits: walked1}, 190, 200, Met},
		"at the target":           {Data{Cases: all(many(160), many(40, by("resident"))), Audits: walked1}, 160, 200, Undecided},
		"clearly below":           {Data{Cases: all(many(100), many(100, by("guard"))), Audits: walked1}, 100, 200, NotMet},
		"a sensor is no camera":   {Data{Cases: all(many(20, func(c *Case) { c.Class = "fire.visual"; c.FirstSource = "sensor" }), many(20)), Audits: walked1}, 20, 40, NotMet},
		"a tie is half":           {Data{Cases: all(many(4), many(4, by("camera_auto+resident"))), Audits: walked1}, 6, 8, Undecided},
		"patrols were off":        {Data{Cases: all(many(200, func(c *Case) { c.HumanReports = 0 }))}, 200, 200, Undecided},
		"drills do not count":     {Data{Cases: all(many(9), many(9, func(c *Case) { c.Test = true })), Audits: walked1}, 9, 9, Undecided},
		"a storm of motion":       {Data{Cases: all(many(9), many(500, func(c *Case) { c.ConfirmedAt = nil; c.Status = "false"; c.Verdict = "false" })), Audits: walked1}, 9, 9, Undecided},
		"duplicates do not count": {Data{Cases: all(many(9), many(9, func(c *Case) { c.Status = "duplicate" })), Audits: walked1}, 9, 9, Undecided},
		"device health is apart":  {Data{Cases: all(many(9), many(9, func(c *Case) { c.Class = "device.offline" })), Audits: walked1}, 9, 9, Undecided},
		"nothing at all":          {Data{}, 0, 0, Undecided},
	} {
		f := share(c.data)
		if *f.Numerator != c.num || *f.Denominator != c.den || f.Verdict != c.verdict {
			t.Errorf("%s: %v/%v %s, want %v/%v %s (flags %v)", name, *f.Numerator, *f.Denominator, f.Verdict, c.num, c.den, c.verdict, f.Flags)
		}
		if c.den == 0 && (f.Value != nil || f.Interval != nil) {
			t.Errorf("%s: a share of nothing is %v", name, f.Value)
		}
	}
	if f := share(Data{Cases: many(200, func(c *Case) { c.HumanReports = 0 })}); fmt.Sprint(f.Flags) != "[no_patrol_audit nobody_else_reported]" {
		t.Errorf("patrols off: flags %v", f.Flags)
	}
}

// TestMonthIsShanghais: a case belongs to the month in which it was first seen in
// Shanghai, whatever it is in UTC.
func TestMonthIsShanghais(t *testing.T) {
	at := func(t time.Time) func(*Case) { return func(c *Case) { c.FirstSeenAt = t } }
	cases := []Case{
		june(1, at(time.Date(2025, 5, 31, 23, 59, 0, 0, shanghai))),
		june(2, at(time.Date(2025, 6, 1, 0, 1, 0, 0, shanghai))), // still May in UTC
		june(3, at(time.Date(2025, 6, 30, 23, 59, 0, 0, shanghai))),
		june(4, at(time.Date(2025, 7, 1, 0, 1, 0, 0, shanghai))), // still June in UTC
	}
	if f := figures(t, Data{Cases: cases})["camera_first_share"]; *f.Denominator != 2 {
		t.Errorf("June holds %v of the four", *f.Denominator)
	}
}

func TestTimes(t *testing.T) {
	later := func(d time.Duration) func(*Case) {
		return func(c *Case) { t := c.ConfirmedAt.Add(d); c.ResolvedAt = &t; u := t.Add(time.Hour); c.CheckedAt = &u }
	}
	open := func(c *Case) { c.ResolvedAt, c.CheckedAt, c.ClosedAt, c.Status = nil, nil, nil, "in_progress" }
	forced := func(c *Case) { open(c); c.Forced = true; x := c.ConfirmedAt.Add(time.Hour); c.ClosedAt = &x }
	unchecked := func(c *Case) { c.CheckedAt = nil }
	afterwards := later(60 * 24 * time.Hour) // reopened: its final resolution is after the month was settled
	for name, c := range map[string]struct {
		cases    []Case
		mean     float64 // hours; NaN for none
		finished float64
		open     int
	}{
		"two hours each":                     {many(10), 2, 10, 0},
		"open cases are not in a mean":       {append(many(10), june(50, open)), 2, 10, 1},
		"forced counts as thirty days":       {append(many(1), june(50, forced)), (2 + 720) / 2., 2, 0},
		"not checked is not finished":        {append(many(4), june(50, unchecked)), 2, 4, 1},
		"what comes later has not happened":  {append(many(4), june(50, afterwards)), 2, 4, 1},
		"nothing is finished":                {[]Case{june(1, open)}, math.NaN(), 0, 1},
		"a reopened case counts to its last": {[]Case{june(1, later(10*time.Hour), func(c *Case) { c.ReopenCount = 1 })}, 10, 1, 0},
	} {
		f := figures(t, Data{Cases: c.cases})["handling_time_mean"]
		if *f.Denominator != c.finished && !math.IsNaN(c.mean) {
			t.Errorf("%s: %v finished, want %v", name, *f.Denominator, c.finished)
		}
		if math.IsNaN(c.mean) != (f.Value == nil) || (f.Value != nil && !near(*f.Value, c.mean, 1e-9)) {
			t.Errorf("%s: mean %v, want %v", name, f.Value, c.mean)
		}
		if f.Companions["open_cases"] != c.open {
			t.Errorf("%s: %v open, want %d", name, f.Companions["open_cases"], c.open)
		}
		if f.Verdict != NoBaseline {
			t.Errorf("%s: verdict %s without a baseline", name, f.Verdict)
		}
	}
}

func TestKaplanMeier(t *testing.T) {
	// The worked example of Kaplan and Meier (1958), §2: 0.8+, 1.0, 2.7+, 3.1, 5.4, 7.0+, 9.2, 12.1+.
	c := kaplanMeier([]span{{hours: .8}, {hours: 1, ended: true}, {hours: 2.7}, {hours: 3.1, ended: true}, {hours: 5.4, ended: true}, {hours: 7}, {hours: 9.2, ended: true}, {hours: 12.1}})
	want := []float64{6. / 7, 24. / 35, 18. / 35, 9. / 35}
	for i, p := range c {
		if !near(p.open, want[i], 1e-9) {
			t.Errorf("step %d: %v, want %v", i, p.open, want[i])
		}
	}
	if m, ok := c.median(); !ok || m != 9.2 {
		t.Errorf("median %v", m)
	}
	if m := (curve{{1, .9}}).restrictedMean(2); !near(m, 1.9, 1e-9) {
		t.Errorf("restricted mean %v", m)
	}
}

// TestReduction: cases half as long as in the baseline, with twice the share of a
// slow class: weighted as in the baseline the reduction is one half.
func TestReduction(t *testing.T) {
	slow := func(h float64) func(*Case) {
		return func(c *Case) {
			c.Class = "env.waste_heap"
			x := c.ConfirmedAt.Add(time.Duration(h * float64(time.Hour)))
			c.ResolvedAt = &x
			y := x.Add(time.Hour)
			c.CheckedAt = &y
		}
	}
	inApril := func(c *Case) {
		for _, s := range []**time.Time{&c.ConfirmedAt, &c.DispatchedAt, &c.AcceptedAt, &c.ArrivedAt, &c.ResolvedAt, &c.CheckedAt, &c.ClosedAt} {
			x := (*s).AddDate(0, -2, 0)
			*s = &x
		}
		c.FirstSeenAt = c.FirstSeenAt.AddDate(0, -2, 0)
	}
	var cases []Case
	for i := range 90 {
		cases = append(cases, june(i, slow(8), inApril))
	}
	for i := range 30 {
		cases = append(cases, june(i, slow(4)))
	}
	data := Data{Cases: cases, Baselines: []Baseline{{Of: "handling", Method: "measured", From: time.Date(2025, 4, 1, 0, 0, 0, 0, shanghai), To: time.Date(2025, 5, 1, 0, 0, 0, 0, shanghai)}}}
	f := figures(t, data)["handling_time_mean"]
	r, ok := f.Companions["reduction"].(*reduction)
	if !ok || r.Value == nil || !near(*r.Value, .5, 1e-9) {
		t.Fatalf("reduction %+v", f.Companions["reduction"])
	}
	if f.Verdict != NotMet || r.Method != "measured" || fmt.Sprint(r.Classes) != "[env.waste_heap]" {
		t.Errorf("verdict %s, %+v", f.Verdict, r)
	}
}

func TestFiresAndEffort(t *testing.T) {
	none := figures(t, Data{})["fires_official"]
	if none.Value != nil || none.Verdict != Undecided {
		t.Errorf("the authority has not said: %v %s", none.Value, none.Verdict)
	}
	zero := figures(t, Data{Official: []Official{{Month: "2025-06"}}})["fires_official"]
	if zero.Value == nil || *zero.Value != 0 || zero.Verdict != Undecided || !near(zero.Interval[1], 3.689, .001) {
		t.Errorf("no fire in a month: %+v", zero)
	}
	if one := figures(t, Data{Official: []Official{{Month: "2025-06", Fires: 1}}})["fires_official"]; one.Verdict != NotMet {
		t.Errorf("one fire: %s", one.Verdict)
	}
	var effort []Effort
	for day := range 30 {
		effort = append(effort, Effort{Day: time.Date(2025, 6, 1+day, 9, 0, 0, 0, shanghai), Role: gridWorker, Worker: fmt.Sprint("w", day%3), Method: "clock", Hours: 4})
	}
	f := figures(t, Data{Effort: effort})["effort_per_1000_households"]
	if want := 120 / 4.377 / (30. / 7); !near(*f.Value, want, 1e-9) || f.Verdict != NoBaseline || f.Companions["effort_workers"] != 3 {
		t.Errorf("effort %v, want %v; %s", *f.Value, want, f.Verdict)
	}
}

func TestEveryFigureIsWhole(t *testing.T) {
	d, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	got := figures(t, Data{Cases: many(40), Audits: walked1})
	for _, def := range d.Figures {
		f := got[def.ID]
		if f.DefinitionVersion != d.Version || f.Verdict == "" || f.Companions == nil || len(f.Companions) != len(def.Companions) {
			t.Errorf("%s: %+v", def.ID, f)
		}
	}
	for bad, want := range map[string]string{
		"version: x\ntimezone: Mars/Base": "timezone",
		"version: x\ntimezone: UTC\nsettled_after: 1h\nfigures: [{id: a, zh: a, en: a, formula: guess, classes: all, interval: {method: wilson, level: 0.95}}]":                     "formula",
		"version: x\ntimezone: UTC\nsettled_after: 1h\nfigures: [{id: a, zh: a, en: a, formula: count, classes: all, interval: {method: wilson, level: 0.95}, companions: [none]}]": "never shown without its companions",
	} {
		if _, err := Parse([]byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", bad, err, want)
		}
	}
}
