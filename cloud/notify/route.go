package notify

import (
	"slices"
	"strings"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
)

// A Robot is a way out.
type Robot struct {
	Name   string
	Kind   string // such as wecom
	Sender channel.Sender
	Limits []channel.Limit
	// Reserve is how many of the first limit are kept for level 1.
	Reserve int
	// Persons says that it writes to one person at a time, by telephone number.
	Persons bool
	// Instead is the robot that level 1 goes to as well when this one fails.
	Instead string
}

// A Route says what a robot is told. What is empty does not matter.
type Route struct {
	Robot   string
	To      []Audience
	Levels  []event.Level
	Scope   string // a path and all below it
	Units   []string
	Classes []string // keys, or all of a domain as fire.*
	Tests   bool     // exercises and tests too
	// AtOnce makes a robot for persons write from the first message on; else only once
	// everybody on the roll is called.
	AtOnce bool
}

// takes reports whether a message for an audience goes this way.
func (r Route) takes(m Message, to Audience) bool {
	switch {
	case m.Test && !r.Tests,
		len(r.To) > 0 && !slices.Contains(r.To, to),
		len(r.Levels) > 0 && !slices.Contains(r.Levels, m.Level),
		r.Scope != "" && m.Place != r.Scope && !strings.HasPrefix(m.Place, r.Scope+"/"),
		len(r.Units) > 0 && !slices.Contains(r.Units, m.Owner) && !slices.Contains(r.Units, m.Handling):
		return false
	}
	return len(r.Classes) == 0 || slices.ContainsFunc(r.Classes, func(c string) bool {
		if domain, ok := strings.CutSuffix(c, "*"); ok {
			return strings.HasPrefix(m.Class, domain)
		}
		return c == m.Class
	})
}

// Quiet are the hours in which levels 3 and 4 wait, in Asia/Shanghai; equal: none.
type Quiet struct{ From, To time.Duration }

// ParseQuiet reads hours as 22:00 and 07:00; both empty are none.
func ParseQuiet(from, to string) (Quiet, error) {
	if from == "" && to == "" {
		return Quiet{}, nil
	}
	f, err := hour(from)
	if err != nil {
		return Quiet{}, err
	}
	t, err := hour(to)
	return Quiet{f, t}, err
}

// until returns when a message of a level may be sent at the earliest.
func (q Quiet) until(now time.Time, l event.Level) time.Time {
	if l <= 2 || q.From == q.To {
		return now
	}
	local := now.In(governance.Shanghai)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, governance.Shanghai)
	since := now.Sub(midnight)
	switch {
	case q.From < q.To && (since < q.From || since >= q.To), q.From > q.To && since < q.From && since >= q.To:
		return now
	case q.From > q.To && since >= q.From:
		return midnight.AddDate(0, 0, 1).Add(q.To)
	}
	return midnight.Add(q.To)
}
