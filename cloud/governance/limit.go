package governance

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Step is a part of an incident's way that has a deadline.
type Step string

// The steps, in their order.
const (
	Verify  Step = "verify"  // is it true
	SignIn  Step = "sign_in" // the handler has taken it
	Arrive  Step = "arrive"  // somebody is there
	Resolve Step = "resolve" // it is done
	Check   Step = "check"   // somebody else has looked
)

// Steps are all steps with a deadline, in their order.
var Steps = []Step{Verify, SignIn, Arrive, Resolve, Check}

// A Clock says which time counts.
type Clock string

// The clocks.
const (
	Natural Clock = "natural" // every minute of every day
	Working Clock = "working" // working hours of working days
)

// A Limit is how long a step may take: either a Duration by its Clock, or a number
// of WorkingDays. It is written "30m", "4h working", "5 working days" or "none".
type Limit struct {
	Duration    time.Duration
	WorkingDays int
	Clock       Clock
}

// None reports whether l sets no limit.
func (l Limit) None() bool { return l.Duration == 0 && l.WorkingDays == 0 }

// String writes l as it is read.
func (l Limit) String() string {
	switch {
	case l.WorkingDays == 1:
		return "1 working day"
	case l.WorkingDays > 1:
		return fmt.Sprintf("%d working days", l.WorkingDays)
	case l.Duration == 0:
		return "none"
	case l.Clock == Working:
		return short(l.Duration) + " working"
	}
	return short(l.Duration)
}

// short leaves out the zero parts that time.Duration writes.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}

// The longest limits that are read; more is a slip of the pen.
const (
	maxDuration    = 90 * 24 * time.Hour
	maxWorkingDays = 120
)

var errLimit = errors.New(`want a limit such as 30m, "4h working", "5 working days" or none`)

// UnmarshalText reads what String writes.
func (l *Limit) UnmarshalText(text []byte) error {
	words := strings.Fields(string(text))
	switch {
	case len(words) == 1 && words[0] == "none":
		*l = Limit{}
		return nil
	case len(words) == 3 && words[1] == "working" && (words[2] == "day" || words[2] == "days"):
		n, err := strconv.Atoi(words[0])
		if err != nil || n < 1 || n > maxWorkingDays {
			return fmt.Errorf("want 1 to %d working days, not %.20q", maxWorkingDays, words[0])
		}
		*l = Limit{WorkingDays: n, Clock: Working}
		return nil
	case len(words) == 1 || len(words) == 2 && words[1] == string(Working):
		d, err := time.ParseDuration(words[0])
		if err != nil || d <= 0 || d > maxDuration {
			return errLimit
		}
		*l = Limit{Duration: d, Clock: Natural}
		if len(words) == 2 {
			l.Clock = Working
		}
		return nil
	}
	return errLimit
}

// MarshalText writes what UnmarshalText reads.
func (l Limit) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
