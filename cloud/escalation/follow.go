package escalation

import (
	"context"
	"errors"
	"slices"
	"time"

	"eastgate/cloud/governance"
)

// batch bounds what is taken in one transaction.
const batch = 200

// follow takes in all changes that there are.
func (r *Runner) follow(ctx context.Context) error {
	for {
		from, err := r.store.Followed(ctx)
		if err != nil {
			return err
		}
		changes, err := r.feed.Changes(ctx, from, batch)
		if err != nil || len(changes) == 0 {
			return err
		}
		f, err := r.following(ctx, from, changes)
		if err != nil {
			return err
		}
		switch err := r.store.SaveClocks(ctx, f); {
		case err == nil:
			r.m.raised(f.Reminders)
		case !errors.Is(err, ErrTaken): // then read on after what the other took in
			return err
		}
	}
}

// following works out what changes make of the clocks.
func (r *Runner) following(ctx context.Context, from int64, changes []Change) (Following, error) {
	f := Following{From: from, To: changes[len(changes)-1].Position, At: r.now()}
	byMatter := map[string][]Change{}
	for _, c := range changes {
		if byMatter[c.Matter.ID] == nil {
			f.Incidents = append(f.Incidents, c.Matter.ID)
		}
		byMatter[c.Matter.ID] = append(byMatter[c.Matter.ID], c)
	}
	there, err := r.store.Clocks(ctx, f.Incidents)
	if err != nil {
		return f, err
	}
	before := map[string][]Clock{}
	for _, c := range there {
		before[c.Incident] = append(before[c.Incident], c)
	}
	for _, id := range f.Incidents {
		t := r.after(before[id], byMatter[id])
		f.Clocks, f.Over, f.Again = append(f.Clocks, t.clocks...), append(f.Over, t.over...), append(f.Again, t.again...)
		f.Reminders = append(f.Reminders, r.returned(byMatter[id], f.At)...)
	}
	return f, nil
}

// A turnover is what changes make of one matter's clocks.
type turnover struct {
	clocks      []Clock
	over, again []Clock // that stop, and that go on after they had stopped
}

// after returns a matter's clocks after some changes. A clock that stops is kept: the
// step may go on, as after rework, and then its old limit holds.
func (r *Runner) after(clocks []Clock, changes []Change) (t turnover) {
	m := changes[len(changes)-1].Matter
	for _, c := range changes {
		for _, s := range governance.Steps {
			due, begins := c.Deadlines[s]
			if !begins {
				continue
			}
			clocks = slices.DeleteFunc(clocks, func(old Clock) bool {
				if old.Step == s {
					t.over = append(t.over, old)
				}
				return old.Step == s
			})
			clocks = append(clocks, Clock{Incident: m.ID, Step: s, Round: c.Seq, Begun: c.At, Due: due, Passed: c.At})
		}
	}
	for _, c := range clocks {
		runs := slices.Contains(m.Running, c.Step)
		if !runs && !slices.Contains(m.Held, c.Step) {
			t.over = append(t.over, c)
		} else if c.Next == nil && c.Counts != "" { // not one that begins now
			t.again = append(t.again, c)
		}
		c.Counts, c.Roll = r.counts(m, c.Step), m.rolls(c.Step)
		if later := m.Extended[c.Step]; later.After(c.Due) {
			c.Due = later
		}
		c.wind(r.calendar, runs)
		if !m.Over {
			t.clocks = append(t.clocks, c)
		}
	}
	return t
}

// counts says which time a step's limit is counted in.
func (r *Runner) counts(m Matter, s governance.Step) governance.Clock {
	if l, ok := r.catalogue.Limits(m.Class, m.Level)[s]; ok {
		return l.Clock
	}
	return governance.Natural
}

// returned raises a ticket when a matter was returned for the second time.
func (r *Runner) returned(changes []Change, now time.Time) []Reminder {
	for _, c := range changes {
		if c.Returned && c.Matter.Returns >= 2 {
			clock := Clock{Incident: c.Matter.ID, Step: governance.SignIn, Due: c.At}
			return []Reminder{reminder(c.Matter, clock, moment{secondReturn, c.At}, now)}
		}
	}
	return nil
}

func reminder(m Matter, c Clock, at moment, now time.Time) Reminder {
	return Reminder{
		Incident: m.ID, Number: m.Number, Class: m.Class, Level: m.Level, Place: m.Place, PlaceName: m.PlaceName,
		Unit: m.Unit, HandlingUnit: m.HandlingUnit, Handler: m.Handler, Test: m.Test,
		Step: c.Step, Round: c.Round, Threshold: at.Name, To: at.to(c.Step), Overdue: at.Overdue, Ticket: at.Ticket, SMS: at.SMS,
		DueAt: c.Due, At: at.at, RaisedAt: now,
	}
}
