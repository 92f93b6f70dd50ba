package seed

import (
	"math"
	"slices"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// An opening is how a case begins.
type opening struct {
	at     time.Time
	number uint64
	rate   *rate
	true   bool            // else there is nothing
	finder incident.Source // who tells it first
	later  incident.Source // who tells it again, if anybody
	after  time.Duration   // how much later
	drill  bool
	before bool // before the cameras were connected: the baseline
}

// baselineDays are the first days of a year, in which the centre works and the
// cameras are not yet connected: what the rest is compared with.
const baselineDays = 60

// openings are all beginnings of a time, in order.
func openings(o Options) []opening {
	live := o.live()
	var out []opening
	for n := range rates {
		r := &rates[n]
		c := dice(o.Seed, uint64(n)) //nolint:gosec // an index
		for day := o.From; day.Before(o.To); day = day.AddDate(0, 0, 1) {
			rate := r.year / 365 * season(r, day)
			for range c.poisson(rate) {
				out = append(out, c.opening(r, day, live, true))
			}
			if r.untrue > 0 && !day.Before(live) {
				for range c.poisson(rate * r.untrue) {
					out = append(out, c.opening(r, day, live, false))
				}
			}
		}
	}
	out = slices.DeleteFunc(out, func(x opening) bool { return !x.at.Before(o.To) })
	slices.SortStableFunc(out, func(a, b opening) int { return a.at.Compare(b.at) })
	for n := range out {
		out[n].number = uint64(n) + 1000 //nolint:gosec // an index; below are the rates' own
	}
	return out
}

// season is a year's wave between January and July.
func season(r *rate, day time.Time) float64 {
	wave := (1 - math.Cos(2*math.Pi*float64(day.YearDay()-15)/365)) / 2 // 0 in January, 1 in July
	return (1 + (r.summer-1)*wave) / (1 + (r.summer-1)/2)
}

func (c chance) opening(r *rate, day, live time.Time, real bool) opening {
	x := opening{at: c.hour(r.when, day), rate: r, true: real}
	x.before = x.at.Before(live)
	x.drill = real && r.sensor > .5 && c.is(.06)
	x.finder = c.finder(r, x.before)
	if !real && !r.device() {
		x.finder = c.mistaken(r)
	}
	if real && c.is(.22) {
		x.later = c.person(r)
		x.after = c.about(9*time.Minute, 1.2)
		if c.is(.06) {
			x.after = time.Duration(c.IntN(50)) * time.Second // a tie
		}
	}
	return x
}

// device reports whether only a camera or sensor can tell it.
func (r *rate) device() bool { return r.camera == 1 || r.sensor == 1 }

func (c chance) finder(r *rate, before bool) incident.Source {
	p := c.Float64()
	switch {
	case r.device() && r.camera == 1:
		return incident.CameraAuto
	case r.device() || p < r.sensor:
		return incident.Sensor
	case before:
		return c.person(r)
	case p < r.sensor+r.camera:
		return incident.CameraAuto
	case p < r.sensor+r.camera+r.screen:
		return incident.CameraOperator
	}
	return c.person(r)
}

func (c chance) mistaken(r *rate) incident.Source {
	switch {
	case r.camera > 0:
		return incident.CameraAuto
	case r.sensor > 0:
		return incident.Sensor
	}
	return c.person(r)
}

// person is who finds what no machine does.
func (c chance) person(r *rate) incident.Source {
	p := c.Float64()
	switch {
	case p < .42:
		return incident.ByGridWorker
	case p < .60 && r.unit == "property":
		return incident.ByGuard
	case p < .80:
		return incident.Resident
	case p < .90 && r.where == "shop":
		return incident.Merchant
	case p < .97:
		return incident.Hotline
	}
	return incident.Agency
}

func (c chance) hour(r rhythm, day time.Time) time.Time {
	total := 0.0
	for _, w := range r {
		total += w
	}
	p := c.Float64() * total
	for h, w := range r {
		if p -= w; p <= 0 {
			return day.Add(time.Duration(h)*time.Hour + time.Duration(c.Int64N(int64(time.Hour)))).Truncate(time.Millisecond)
		}
	}
	return day
}

// Options say which year to play.
type Options struct {
	From, To time.Time // midnights in Asia/Shanghai; To is not included
	Seed     uint64
}

// live is when the cameras were connected.
func (o Options) live() time.Time {
	live := o.From.AddDate(0, 0, baselineDays)
	if o.To.Before(live.AddDate(0, 0, 30)) {
		return o.From // too short a time to compare anything
	}
	return live
}

// Day reads a day such as 2025-01-01.
func Day(s string) (time.Time, error) { return governance.Day(s).Start() }
