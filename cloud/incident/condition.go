package incident

import (
	"fmt"
	"slices"
	"time"
)

// A Condition is what must hold besides state and role. Says is for people.
type Condition struct {
	Says  string
	holds func(x asking) error
}

// An asking is somebody who, as a role, wants a step. c is nil when only asked
// whether it could be.
type asking struct {
	i    Incident
	who  Actor
	role Role
	c    *Command
	now  time.Time
}

// refused says why not; errors.Is finds ErrForbidden in it.
func refused(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrForbidden, fmt.Sprintf(format, a...))
}

// samePerson is refused too, and tells why it must be somebody else.
func samePerson(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrSamePerson, fmt.Sprintf(format, a...))
}

var unheeded = Condition{"a signal-only class, over, not taken, and quiet for 24 h", func(x asking) error {
	if !x.i.Signal || x.i.Active || x.i.TakenBy != "" || x.now.Before(x.i.HeardAt.Add(SignalAge)) {
		return refused("somebody may still take it up")
	}
	return nil
}}

var namedPerson = Condition{"a named person", func(x asking) error {
	if x.who.Name == "" || x.who.Is(System) {
		return refused("only a named person confirms")
	}
	return nil
}}

var returnedTooOften = Condition{"after two returns only the centre lead", func(x asking) error {
	if x.i.ReturnCount >= Returns && x.role != CentreLead {
		return refused("it was returned %d times: the centre lead decides", x.i.ReturnCount)
	}
	return nil
}}

var gravity = Condition{"levels 1 and 2: the centre lead", func(x asking) error {
	if x.c != nil && x.c.Level != 0 && x.c.Level <= 2 && x.role != CentreLead {
		return refused("level %d is for the centre lead to assess", x.c.Level)
	}
	return nil
}}

var mostUrgent = Condition{"level 1, a named person; the centre lead reassesses afterwards", func(x asking) error {
	level := x.i.Level
	if x.c != nil && x.c.Level != 0 {
		level = x.c.Level
	}
	if level != 1 {
		return refused("alarm is for level 1, this is level %d", level)
	}
	return namedPerson.holds(x)
}}

var handlingUnit = Condition{"of the handling unit", func(x asking) error {
	if x.i.HandlingUnit != "" && x.who.Unit != x.i.HandlingUnit {
		return refused("it was dispatched to %s", x.i.HandlingUnit)
	}
	return nil
}}

var inSignInTime = Condition{"of the handling unit, within the limit to sign in", func(x asking) error {
	if due, ok := x.i.Deadlines["sign_in"]; ok && x.now.After(due) {
		return refused("the time to return it ended at %s: ask the centre lead", due.Format(time.RFC3339))
	}
	return handlingUnit.holds(x)
}}

var maySuspend = Condition{"of the handling unit; at most twice", func(x asking) error {
	if x.i.SuspendCount >= Suspensions {
		return refused("it was suspended %d times", x.i.SuspendCount)
	}
	return handlingUnit.holds(x)
}}

// askedBy holds when another person has asked for it and nobody answered yet.
func askedBy(a Action) Condition {
	return Condition{"another person has asked: " + string(a), func(x asking) error {
		ask, ok := x.i.Asked[a]
		switch {
		case !ok:
			return refused("nobody has asked for it: %s comes first", a)
		case ask.By == x.who.Name:
			return samePerson("%s asked for it: another person answers", ask.By)
		}
		return nil
	}}
}

var theOtherOfTwo = Condition{"the centre lead and the supervisor, two people: one asks, the other does", func(x asking) error {
	if err := askedBy(AskForceClose).holds(x); err != nil {
		return err
	}
	if x.i.Asked[AskForceClose].Role == x.role {
		return samePerson("the %s asked for it: it takes the other of centre lead and supervisor", x.role)
	}
	return nil
}}

var atItsDate = Condition{"the machine only at the date", func(x asking) error {
	if x.role == System && (x.i.SuspendedUntil == nil || x.now.Before(*x.i.SuspendedUntil)) {
		return refused("it is suspended until its date")
	}
	return nil
}}

var uninvolved = Condition{"no handler of it, nor of a handling unit", func(x asking) error {
	if slices.Contains(x.i.Handlers, x.who.Name) {
		return samePerson("%s handled it", x.who.Name)
	}
	if x.who.Unit != "" && slices.Contains(x.i.HandlingUnits, x.who.Unit) {
		return samePerson("%s handled it, which is the checker's own unit", x.who.Unit)
	}
	return nil
}}

var noHandler = Condition{"no handler of it", func(x asking) error {
	if slices.Contains(x.i.Handlers, x.who.Name) {
		return samePerson("%s handled it", x.who.Name)
	}
	return nil
}}

var afterADay = Condition{"the machine at level 4, 24 h after the review, if nobody objected", func(x asking) error {
	if x.role != System {
		return nil
	}
	if x.i.Level != 4 || x.i.Objected || x.i.ReviewedAt == nil || x.now.Before(x.i.ReviewedAt.Add(CloseAfter)) {
		return refused("a person must close it")
	}
	return nil
}}

var soonEnough = Condition{"the reporter of it, within 15 days", func(x asking) error {
	if x.role == Reporter && (x.i.ClosedAt == nil || x.now.After(x.i.ClosedAt.Add(ReopenWithin))) {
		return refused("it can be reopened within 15 days: report it anew")
	}
	return nil
}}

var untaken = Condition{"nobody looks after it", func(x asking) error {
	if x.i.TakenBy != "" {
		return fmt.Errorf("%w: %s looks after it", ErrConflict, x.i.TakenBy)
	}
	return nil
}}

var taken = Condition{"somebody looks after it", func(x asking) error {
	if x.i.TakenBy == "" {
		return refused("nobody looks after it")
	}
	return nil
}}

var shelvable = Condition{"not at level 1, and for 24 h at most", func(x asking) error {
	switch {
	case x.i.Level == 1:
		return refused("level 1 cannot be put aside")
	case x.i.Shelved != nil:
		return fmt.Errorf("%w: %s has put it aside", ErrConflict, x.i.Shelved.By)
	case x.c != nil && x.c.Until != nil && x.c.Until.Sub(x.now) > ShelveAtMost:
		return refused("it can be put aside for %v at most", ShelveAtMost)
	}
	return nil
}}

var shelved = Condition{"the machine only at the time", func(x asking) error {
	switch {
	case x.i.Shelved == nil:
		return refused("it is not put aside")
	case x.role == System && x.now.Before(x.i.Shelved.Until):
		return refused("it is put aside until %s", x.i.Shelved.Until.Format(time.RFC3339))
	}
	return nil
}}
