package governance

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/shared/strict"
)

// calendarFile is how a calendar is written.
type calendarFile struct {
	Hours []span          `yaml:"hours"`
	Years map[string]year `yaml:"years"`
}

type year struct {
	Source   string    `yaml:"source"`
	Holidays []holiday `yaml:"holidays"`
	Worked   []Day     `yaml:"worked"` // weekend days that are worked
}

type holiday struct {
	Name string `yaml:"name"`
	From Day    `yaml:"from"`
	To   Day    `yaml:"to"`
}

// A span is a part of a day, as time since midnight.
type span struct{ from, to time.Duration }

// UnmarshalText reads "08:30-12:00".
func (s *span) UnmarshalText(text []byte) error {
	from, to, _ := strings.Cut(string(text), "-")
	var err, err2 error
	s.from, err = sinceMidnight(from)
	s.to, err2 = sinceMidnight(to)
	if err != nil || err2 != nil || s.from >= s.to {
		return fmt.Errorf("want hours such as 08:30-12:00, not %.20q", text)
	}
	return nil
}

func sinceMidnight(hhmm string) (time.Duration, error) {
	if hhmm == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", hhmm)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}

//go:embed calendar.yml
var embeddedCalendar []byte

// DefaultCalendar returns the calendar that comes with the program.
func DefaultCalendar() *Calendar {
	c, err := LoadCalendar(nil)
	if err != nil {
		panic(err) // a test loads it
	}
	return c
}

// LoadCalendar reads a calendar over the embedded one: it may add years, override a
// year's keys, and set other hours. A nil r is an empty file. The error joins every
// fault, each with its path.
func LoadCalendar(r io.Reader) (*Calendar, error) {
	var f calendarFile
	if faults := strict.Decode(embeddedCalendar, &f); len(faults) > 0 {
		return nil, errors.Join(strict.At("embedded calendar", faults...)...)
	}
	var faults []error
	if r != nil {
		own, err := io.ReadAll(io.LimitReader(r, maxFile))
		if err != nil {
			return nil, fmt.Errorf("read calendar: %w", err)
		}
		faults = strict.Decode(own, &f)
		if strict.Unreadable(faults) {
			return nil, errors.Join(faults...)
		}
	}
	var c checker
	c.calendar(f)
	if faults = append(faults, c.faults...); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return newCalendar(f), nil
}

func (c *checker) calendar(f calendarFile) {
	if len(f.Hours) == 0 {
		c.bad("hours", "working hours are needed, such as [\"08:30-12:00\", \"14:30-18:00\"]")
	}
	for i := 1; i < len(f.Hours); i++ {
		if f.Hours[i].from < f.Hours[i-1].to {
			c.bad(fmt.Sprintf("hours[%d]", i), "begins before the one before it ends")
		}
	}
	names := slices.Sorted(maps.Keys(f.Years))
	for i, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil || len(name) != 4 {
			c.bad("years."+name, "is no year")
			continue
		}
		if before := strconv.Itoa(n - 1); i > 0 && names[i-1] != before {
			c.bad("years."+name, "%s is missing: years follow each other", before)
		}
		c.year("years."+name, name, f.Years[name])
	}
}

func (c *checker) year(path, name string, y year) {
	if y.Source == "" {
		c.bad(path+".source", "say which notice this is from")
	}
	if len(y.Holidays) == 0 {
		c.bad(path+".holidays", "a year has holidays")
	}
	off := map[Day]bool{}
	for i, h := range y.Holidays {
		at := fmt.Sprintf("%s.holidays[%d]", path, i)
		if h.From == "" || h.To < h.From || !h.From.in(name) || !h.To.in(name) {
			c.bad(at, "want from and to in order, both in %s", name)
			continue
		}
		for _, d := range days(h.From, h.To) {
			if off[d] {
				c.bad(at, "%s is a holiday twice", d)
			}
			off[d] = true
		}
	}
	for i, d := range y.Worked {
		at := fmt.Sprintf("%s.worked[%d]", path, i)
		switch {
		case !d.in(name):
			c.bad(at, "%q is not in %s", d, name)
		case off[d]:
			c.bad(at, "%s is a holiday", d)
		case !weekend(d):
			c.bad(at, "%s is worked anyway: it is no weekend", d)
		}
	}
}

// days lists the days from first to last, a year's at most.
func days(first, last Day) []Day {
	var out []Day
	t, err := first.Start()
	for err == nil && DayOf(t) <= last && len(out) < 366 {
		out = append(out, DayOf(t))
		t = t.AddDate(0, 0, 1)
	}
	return out
}

func weekend(d Day) bool {
	t, err := d.Start()
	return err == nil && (t.Weekday() == time.Saturday || t.Weekday() == time.Sunday)
}
