package escalation

import (
	"slices"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// A Clock is the time of one step of one open incident that has begun.
type Clock struct {
	Incident string
	Step     governance.Step
	Round    int64
	Begun    time.Time
	Due      time.Time
	Counts   governance.Clock // natural or working time
	Roll     bool             // Roll counts too
	// Passed says that thresholds up to this time are dealt with.
	Passed time.Time
	// Next is when the next threshold passes; nil while the step does not run, or when
	// there is none left.
	Next *time.Time
}

// A moment is when a threshold of a clock passes.
type moment struct {
	Threshold
	at time.Time
}

// A calendar counts working time.
type calendar interface {
	Share(begin, due time.Time, clock governance.Clock, share float64) (time.Time, error)
}

// moments returns when c's thresholds pass, in order. Where the calendar ends, every
// hour counts: too early is better than never.
func (c Clock) moments(cal calendar) []moment {
	var out []moment
	for _, t := range Thresholds {
		at, err := cal.Share(c.Begun, c.Due, c.Counts, t.Share)
		if err != nil {
			at = c.Begun.Add(time.Duration(t.Share * float64(c.Due.Sub(c.Begun))))
		}
		if t.Share == 1 {
			at = c.Due // exactly, whatever was rounded
		}
		out = append(out, moment{t, at})
	}
	if c.Roll {
		for _, t := range Roll {
			out = append(out, moment{t, c.Begun.Add(t.After)})
		}
	}
	for i := range out { // as it is kept
		out[i].at = out[i].at.UTC().Truncate(time.Millisecond)
	}
	slices.SortStableFunc(out, func(a, b moment) int { return a.at.Compare(b.at) })
	return out
}

// wind sets when the next threshold passes.
func (c *Clock) wind(cal calendar, runs bool) {
	c.Next = nil
	if !runs {
		return
	}
	for _, m := range c.moments(cal) {
		if m.at.After(c.Passed) {
			c.Next = &m.at
			return
		}
	}
}

// strike returns the thresholds that have passed by now and were not dealt with, and
// the clock after them. Once a limit has passed, nobody is reminded of it any more
// who had to be before: that news is old.
func (c Clock) strike(cal calendar, now time.Time) (Clock, []moment) {
	var out []moment
	for _, m := range c.moments(cal) {
		stale := m.Share > 0 && m.Share < 1 && !c.Due.After(now)
		if m.at.After(c.Passed) && !m.at.After(now) && !stale {
			out = append(out, m)
		}
	}
	c.Passed = now
	c.wind(cal, true)
	return c, out
}

// rolls reports whether the roll counts for a step of a matter.
func (m Matter) rolls(s governance.Step) bool {
	return m.Level == event.Urgent && (s == governance.SignIn || s == governance.Verify)
}
