package zone

import (
	"fmt"
	"strings"
	"time"
)

// A Schedule lists the times of day at which a rule holds, as in
// "07:00-19:00, 22:00-06:00". A span that ends before it begins goes over
// midnight. Empty means always.
type Schedule struct {
	spans []span
	text  string
}

type span struct{ from, to time.Duration }

const day = 24 * time.Hour

// ParseSchedule reads the form that Schedule describes.
func ParseSchedule(s string) (Schedule, error) {
	out := Schedule{text: s}
	if strings.TrimSpace(s) == "" {
		return Schedule{}, nil
	}
	for _, part := range strings.Split(s, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			return Schedule{}, fmt.Errorf("schedule %q: want spans such as 07:00-19:00, divided by commas", s)
		}
		f, err := clock(from)
		if err != nil {
			return Schedule{}, fmt.Errorf("schedule %q: %w", s, err)
		}
		t, err := clock(to)
		if err != nil {
			return Schedule{}, fmt.Errorf("schedule %q: %w", s, err)
		}
		out.spans = append(out.spans, span{f, t})
	}
	return out, nil
}

func clock(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if s == "24:00" {
		return day, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day such as 07:30", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Holds reports whether the schedule holds at t, in t's own location.
func (s Schedule) Holds(t time.Time) bool {
	if len(s.spans) == 0 {
		return true
	}
	at := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	for _, sp := range s.spans {
		if sp.from <= sp.to && at >= sp.from && at < sp.to {
			return true
		}
		if sp.from > sp.to && (at >= sp.from || at < sp.to) {
			return true
		}
	}
	return false
}

// String returns the schedule as it was written.
func (s Schedule) String() string { return s.text }

// UnmarshalText reads a schedule from a config file.
func (s *Schedule) UnmarshalText(text []byte) error {
	var err error
	*s, err = ParseSchedule(string(text))
	return err
}

// MarshalText writes a schedule as it was read.
func (s Schedule) MarshalText() ([]byte, error) { return []byte(s.text), nil }
