package governance

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"time"
)

// A Calendar counts working time in Asia/Shanghai. It knows only the years of its
// file: outside them it refuses with ErrNoYear, for which days will be holidays or
// worked in return is announced, not computed.
type Calendar struct {
	hours  []span
	length time.Duration // of one working day
	first  time.Time     // midnight of the first day it knows
	// worked holds, for each day from first and for the day after the last, how
	// many working days come before it: positions in working time are looked up,
	// not walked to.
	worked []int
}

// ErrNoYear says that the calendar has no holidays for a year.
var ErrNoYear = errors.New("no calendar for that year")

func newCalendar(f calendarFile) *Calendar {
	c := &Calendar{hours: f.Hours, worked: []int{0}}
	for _, h := range f.Hours {
		c.length += h.to - h.from
	}
	off, on := map[Day]bool{}, map[Day]bool{}
	for _, y := range f.Years {
		for _, h := range y.Holidays {
			for _, d := range days(h.From, h.To) {
				off[d] = true
			}
		}
		for _, d := range y.Worked {
			on[d] = true
		}
	}
	names := slices.Sorted(maps.Keys(f.Years))
	first, last := Day(names[0]+"-01-01"), Day(names[len(names)-1]+"-12-31")
	c.first, _ = first.Start() //nolint:errcheck // the file was checked
	n := 0
	for t := c.first; DayOf(t) <= last; t = t.AddDate(0, 0, 1) {
		if d := DayOf(t); on[d] || !off[d] && !weekend(d) {
			n++
		}
		c.worked = append(c.worked, n)
	}
	return c
}

// Until is when the calendar ends: midnight after its last day.
func (c *Calendar) Until() time.Time { return c.midnight(len(c.worked) - 1) }

// Warning says, from three weeks before the calendar ends, that the next year is
// missing; until then it is empty. Limits near the end of a year reach into the next.
func (c *Calendar) Warning(now time.Time) string {
	end := c.Until()
	if now.Before(end.AddDate(0, 0, -21)) {
		return ""
	}
	return fmt.Sprintf("the calendar knows no holidays of %d: put them into the file that calendar: names; deadlines in working time cannot be counted there", end.Year())
}

// Works reports whether the day of t is a working day.
func (c *Calendar) Works(t time.Time) (bool, error) {
	i, err := c.index(t)
	if err != nil {
		return false, err
	}
	return c.worked[i+1] > c.worked[i], nil
}

// Add returns when a limit that begins at from is used up.
//
// A number of working days does not count the day of from, and ends with the last
// working hour of its last day (Civil Code art. 201 and 203).
func (c *Calendar) Add(from time.Time, l Limit) (time.Time, error) {
	switch {
	case l.WorkingDays > 0:
		i, err := c.index(from)
		if err != nil {
			return time.Time{}, err
		}
		return c.at(time.Duration(c.worked[i+1]+l.WorkingDays) * c.length)
	case l.Clock == Working:
		p, err := c.position(from)
		if err != nil {
			return time.Time{}, err
		}
		return c.at(p + l.Duration)
	}
	return from.Add(l.Duration), nil
}

// Between returns the working time from a to b, which is negative when b is before a.
func (c *Calendar) Between(a, b time.Time) (time.Duration, error) {
	p, err := c.position(a)
	if err != nil {
		return 0, err
	}
	q, err := c.position(b)
	return q - p, err
}

// Share returns when a share of the time from begin to due has passed, by a clock;
// more than 1 is after due.
func (c *Calendar) Share(begin, due time.Time, clock Clock, share float64) (time.Time, error) {
	if clock != Working {
		return begin.Add(time.Duration(share * float64(due.Sub(begin)))), nil
	}
	all, err := c.Between(begin, due)
	if err != nil {
		return time.Time{}, err
	}
	return c.Add(begin, Limit{Duration: time.Duration(share * float64(all)), Clock: Working})
}

// index is the number of t's day.
func (c *Calendar) index(t time.Time) (int, error) {
	i := int(t.Sub(c.first) / (24 * time.Hour)) // no day of Shanghai is longer or shorter
	if t.Before(c.first) || i >= len(c.worked)-1 {
		return 0, fmt.Errorf("%w: %s; it goes from %s to before %s", ErrNoYear, DayOf(t), DayOf(c.first), DayOf(c.Until()))
	}
	return i, nil
}

func (c *Calendar) midnight(i int) time.Time { return c.first.AddDate(0, 0, i) }

// position is how much working time lies between the calendar's beginning and t.
func (c *Calendar) position(t time.Time) (time.Duration, error) {
	i, err := c.index(t)
	if err != nil {
		return 0, err
	}
	p := time.Duration(c.worked[i]) * c.length
	if c.worked[i+1] == c.worked[i] {
		return p, nil
	}
	since := t.Sub(c.midnight(i))
	for _, h := range c.hours {
		p += min(max(since-h.from, 0), h.to-h.from)
	}
	return p, nil
}

// at is the earliest moment at which p of working time has passed.
func (c *Calendar) at(p time.Duration) (time.Time, error) {
	if end := time.Duration(c.worked[len(c.worked)-1]) * c.length; p > end {
		return time.Time{}, fmt.Errorf("%w: it ends before %s", ErrNoYear, DayOf(c.Until()))
	}
	if p <= 0 {
		return c.first, nil
	}
	// The first day after which p has passed.
	i := sort.Search(len(c.worked)-1, func(i int) bool { return time.Duration(c.worked[i+1])*c.length >= p })
	left := p - time.Duration(c.worked[i])*c.length
	for _, h := range c.hours {
		if left <= h.to-h.from {
			return c.midnight(i).Add(h.from + left), nil
		}
		left -= h.to - h.from
	}
	return c.midnight(i + 1), nil // not reached: a day's hours add up to length
}
