package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// Days say on which days a duty is.
type Days string

// The days. Which are working days the governance calendar says: holidays are free,
// worked weekends are not.
const (
	EveryDay    Days = "every"
	WorkingDays Days = "working"
	FreeDays    Days = "free"
)

// A Turn is a duty of one person: when, where, and who hears first.
type Turn struct {
	Account string `json:"account"`           // who; acknowledge links are bound to it
	Contact string `json:"contact,omitempty"` // of an organisation, whose number short messages go to
	// Handles are the names by which robots mention the person, by kind of robot.
	Handles map[string]string `json:"handles,omitempty"`
	Role    Audience          `json:"role,omitempty"`  // Duty when empty
	Scope   string            `json:"scope,omitempty"` // a path and all below it, or unit:ID; empty: everywhere
	Order   int               `json:"order"`           // 1 hears first, then 2
	Days    Days              `json:"days,omitempty"`  // EveryDay when empty
	// From and To are hours of the day in Asia/Shanghai, as 20:00 and 08:00; a night
	// belongs to the day on which it begins. Both empty: around the clock.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// First and Last bound the days, as 2026-05-01; empty: none.
	First governance.Day `json:"first,omitempty"`
	Last  governance.Day `json:"last,omitempty"`
}

// A Roster is who is on duty when.
type Roster struct {
	Version int64     `json:"version"` // 0: none was ever written
	Turns   []Turn    `json:"turns"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
}

// RosterStore keeps the duty roster, every version.
type RosterStore interface {
	Roster(ctx context.Context) (Roster, error)
	// SaveRoster adds a version; ErrTaken when the newest is not the one before.
	SaveRoster(ctx context.Context, r Roster) error
}

// maxTurns bounds a roster.
const maxTurns = 500

// ErrRoster says that a roster is not whole.
var ErrRoster = errors.New("the roster is not whole")

// Validate returns every fault of a roster.
func (r Roster) Validate() error {
	var faults []error
	if len(r.Turns) > maxTurns {
		faults = append(faults, fmt.Errorf("%d turns: at most %d", len(r.Turns), maxTurns))
	}
	for n, t := range r.Turns {
		for _, said := range t.faults() {
			faults = append(faults, fmt.Errorf("turns[%d]%s", n, said))
		}
	}
	if len(faults) > 0 {
		return errors.Join(append([]error{ErrRoster}, faults...)...)
	}
	return nil
}

func (t Turn) faults() (out []string) {
	bad := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if !event.ValidName(t.Account) {
		bad(".account: %.40q is no account", t.Account)
	}
	if t.Role != "" && !slices.Contains(Audiences, t.Role) {
		bad(".role: %.40q: one of %v", t.Role, Audiences)
	}
	scope := strings.TrimPrefix(t.Scope, unitScope)
	if t.Scope != "" && slices.ContainsFunc(strings.Split(scope, "/"), func(s string) bool { return !event.ValidName(s) }) {
		bad(".scope: %.60q: want a path as dongguan/c3, or unit:ID", t.Scope)
	}
	if t.Order < 1 || t.Order > 9 {
		bad(".order: %d: 1 to 9", t.Order)
	}
	if !slices.Contains([]Days{"", EveryDay, WorkingDays, FreeDays}, t.Days) {
		bad(".days: %.20q: every, working or free", t.Days)
	}
	if (t.From == "") != (t.To == "") {
		bad(".from and .to belong together")
	}
	for _, h := range []string{t.From, t.To} {
		if _, err := hour(h); h != "" && err != nil {
			bad(".from, .to: %.20q is no hour as 20:00", h)
		}
	}
	if t.First != "" && t.Last != "" && t.Last < t.First {
		bad(".last: %s is before %s", t.Last, t.First)
	}
	return out
}

const unitScope = "unit:"

// hour reads 20:00 as the time since midnight; 24:00 is the end of the day.
func hour(s string) (time.Duration, error) {
	var h, m int
	if n, err := fmt.Sscanf(s, "%2d:%2d", &h, &m); n != 2 || err != nil || len(s) != 5 || h < 0 || h > 24 || m < 0 || m > 59 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%.20q is no hour", s)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// Calendar knows working days.
type Calendar interface {
	Works(t time.Time) (bool, error)
}

// On returns whose turn it is now for an audience at a place, or of a unit, those
// who hear first first. Where a narrower scope has somebody, wider ones are after it
// in the same order.
func (r Roster) On(now time.Time, cal Calendar, a Audience, place, unit string) []Turn {
	var out []Turn
	for _, t := range r.Turns {
		if t.role() == a && t.covers(place, unit) && t.now(now, cal) {
			out = append(out, t)
		}
	}
	slices.SortStableFunc(out, func(x, y Turn) int {
		if x.Order != y.Order {
			return x.Order - y.Order
		}
		return len(y.Scope) - len(x.Scope)
	})
	return out
}

func (t Turn) role() Audience {
	if t.Role == "" {
		return Duty
	}
	return t.Role
}

func (t Turn) covers(place, unit string) bool {
	if id, ok := strings.CutPrefix(t.Scope, unitScope); ok {
		return id == unit
	}
	return t.Scope == "" && t.role() != Unit || t.Scope != "" && (place == t.Scope || strings.HasPrefix(place, t.Scope+"/"))
}

// now reports whether the turn runs.
func (t Turn) now(now time.Time, cal Calendar) bool {
	now = now.In(governance.Shanghai)
	if t.From == "" {
		return t.day(now, cal)
	}
	from, _ := hour(t.From) //nolint:errcheck // it was checked
	to, _ := hour(t.To)     //nolint:errcheck // it was checked
	since := now.Sub(time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, governance.Shanghai))
	if from < to {
		return since >= from && since < to && t.day(now, cal)
	}
	return since >= from && t.day(now, cal) || since < to && t.day(now.AddDate(0, 0, -1), cal)
}

// day reports whether the turn is on a day. In a year of which the calendar knows
// nothing, Monday to Friday are worked.
func (t Turn) day(at time.Time, cal Calendar) bool {
	d := governance.DayOf(at)
	if t.First != "" && d < t.First || t.Last != "" && d > t.Last {
		return false
	}
	if t.Days == "" || t.Days == EveryDay {
		return true
	}
	works, err := cal.Works(at)
	if err != nil {
		works = at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
	}
	return works == (t.Days == WorkingDays)
}

// Roster returns the roster in force.
func (r *Runner) Roster(ctx context.Context) (Roster, error) { return r.store.Roster(ctx) }

// SaveRoster puts another roster in force, whose version is the next; ErrTaken when
// somebody was faster.
func (r *Runner) SaveRoster(ctx context.Context, to Roster) error {
	if err := to.Validate(); err != nil {
		return err
	}
	return r.store.SaveRoster(ctx, to)
}
