package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// batch bounds what is read of a feed, and sent in a digest, at a time.
const batch = 100

// lateAfter is how long after it was seen an incident counts as told late.
const lateAfter = 10 * time.Minute

// plan makes messages of all that has happened.
func (r *Runner) plan(ctx context.Context) error {
	for {
		from, err := r.store.PlannedMessages(ctx)
		if err != nil {
			return err
		}
		to, add, err := r.read(ctx, from)
		if err != nil || to == from {
			return err
		}
		switch err := r.store.PlanMessages(ctx, from, to, add); {
		case err == nil:
			r.m.made(add)
			r.wakeAll()
		case !errors.Is(err, ErrTaken): // then read on after what the other took in
			return err
		}
	}
}

// read returns what the next part of both feeds comes to.
func (r *Runner) read(ctx context.Context, from Positions) (to Positions, add []Message, err error) {
	to = from
	changes, err := r.incidents.Changes(ctx, from.Changes, batch)
	if err != nil {
		return to, nil, err
	}
	reminders, err := r.reminders.Reminders(ctx, from.Reminders, batch)
	if err != nil || len(changes)+len(reminders) == 0 {
		return to, nil, err
	}
	roster, err := r.store.Roster(ctx)
	if err != nil {
		return to, nil, err
	}
	p := plan{r, roster, r.now(), nil}
	for _, c := range changes {
		to.Changes = c.Position
		if err := p.change(ctx, c); err != nil {
			return to, nil, err
		}
	}
	for _, m := range reminders {
		to.Reminders = m.Position
		if err := p.reminder(ctx, m); err != nil {
			return to, nil, err
		}
	}
	return to, p.out, nil
}

// A plan gathers messages.
type plan struct {
	*Runner
	roster Roster
	now    time.Time
	out    []Message
}

var (
	untried = []incident.State{incident.Signalled, incident.Reported, incident.Verifying}
	nothing = []incident.Action{incident.Reject, incident.Decline, incident.Merge}
)

// change makes messages of one step of an incident. What is most urgent is told as
// soon as a machine says so, and again whatever makes it most urgent: one key, one
// message.
func (p *plan) change(ctx context.Context, c incident.Change) error {
	i := c.Incident
	if i.Signal {
		return nil
	}
	m := p.about(i)
	open := slices.Contains(untried, i.State)
	switch {
	case open && i.Level == event.Urgent && i.TakenBy == "":
		m.Kind, m.Step = Page, "page"
	case open && i.Level == event.Serious && (c.Step.Action == incident.Signal || c.Step.Action == incident.File || c.Step.Action == incident.Join):
		m.Kind, m.Step = News, "news"
	case c.Step.Action == incident.Confirm:
		m.Kind, m.Step = Confirmed, "confirmed"
	case c.Step.Action == incident.Dispatch:
		m.Kind, m.Step = Dispatch, fmt.Sprintf("dispatched/%d", c.Step.Seq)
		return p.spread(ctx, m, Unit, first)
	case c.Step.Action == incident.Take && i.Level == event.Urgent:
		m.Kind, m.Step, m.Detail = Taken, fmt.Sprintf("taken/%d", c.Step.Seq), c.Step.Actor
	case slices.Contains(nothing, c.Step.Action) && i.Level == event.Urgent:
		m.Kind, m.Step, m.Detail = Over, fmt.Sprintf("over/%d", c.Step.Seq), string(i.Verdict)
	default:
		return nil
	}
	return p.spread(ctx, m, Duty, first)
}

// about begins a message about an incident.
func (p *plan) about(i incident.Incident) Message {
	return Message{
		Incident: i.ID, Number: i.Number, Class: i.Class, Level: i.Level, Place: i.Place, PlaceName: i.PlaceName, Owner: i.Unit, Handling: i.HandlingUnit,
		Test: i.Test, Exercise: i.Exercise, Seen: i.FirstAt, Late: i.Backfill && i.HeardAt.Sub(i.FirstAt) > lateAfter, Made: p.now,
	}
}

// audiences are who escalation's are here.
var audiences = map[escalation.Audience]Audience{
	escalation.DutyOfficer: Duty, escalation.Handler: Unit, escalation.UnitContact: Unit, escalation.Checker: Checker,
	escalation.CentreLead: Lead, escalation.Supervisor: Supervisor,
}

// reminder makes messages of a reminder.
func (p *plan) reminder(ctx context.Context, r escalation.Reminder) error {
	i, err := p.incidents.Get(ctx, r.Incident)
	if err != nil {
		return err
	}
	m := p.about(i)
	m.Kind, m.Step, m.Detail, m.Reminder = Remind, fmt.Sprintf("%s/%d/%s", r.Step, r.Round, r.Threshold), string(r.Step), r.Position
	if r.Overdue {
		m.Kind = Overdue
	}
	to, known := audiences[r.To]
	if !known { // the roll: of who is on duty, or of the unit
		if to = Unit; r.Step == governance.Verify {
			to = Duty
		}
	}
	switch r.To {
	case escalation.NextContact:
		m.Kind = Next
		return p.spread(ctx, m, to, second)
	case escalation.Everyone:
		m.Kind = Everyone
		return p.spread(ctx, m, to, all)
	case escalation.DutyOfficer:
		if i.Level == event.Urgent { // the page and the roll say it, within two minutes
			return nil
		}
	}
	return p.spread(ctx, m, to, first)
}

// A reach says which of those on a roll are meant.
type reach int

const (
	first reach = iota
	second
	all
)

// of returns those whom a reach means, of a roll in order.
func (h reach) of(roll []Turn) []Turn {
	if h == all || len(roll) == 0 {
		return roll
	}
	rank := roll[0].Order
	if h == second {
		n := slices.IndexFunc(roll, func(t Turn) bool { return t.Order > rank })
		if n < 0 {
			return roll // there is nobody else: again
		}
		rank = roll[n].Order
	}
	return slices.DeleteFunc(slices.Clone(roll), func(t Turn) bool { return t.Order != rank })
}

// roll is who hears, in order. A unit that keeps no roster has its contacts: the
// named one, then the deputies.
func (p *plan) roll(ctx context.Context, m Message, to Audience) ([]Turn, error) {
	unit := m.Handling
	if unit == "" {
		unit = m.Owner
	}
	turns := p.roster.On(p.now, p.calendar, to, m.Place, unit)
	if len(turns) > 0 || to != Unit || unit == "" {
		return turns, nil
	}
	contacts, err := p.directory.UnitContacts(ctx, unit)
	if err != nil {
		return nil, err
	}
	for n, id := range contacts {
		t := Turn{Contact: id, Order: min(n+1, 9)}
		for _, known := range p.roster.Turns { // who has an account acknowledges as himself
			if known.Contact == id {
				t.Account, t.Handles = known.Account, known.Handles
			}
		}
		turns = append(turns, t)
	}
	return turns, nil
}

// spread makes a message for each robot and recipient that it goes to.
func (p *plan) spread(ctx context.Context, m Message, to Audience, h reach) error {
	roll, err := p.roll(ctx, m, to)
	if err != nil {
		return err
	}
	who := h.of(roll)
	for _, way := range p.routes {
		robot, known := p.robots[way.Robot]
		if !known || !way.takes(m, to) {
			continue
		}
		if !robot.Persons {
			p.add(m, robot, Turn{Handles: map[string]string{}}, handles(who, robot.Kind))
			continue
		}
		if !way.AtOnce && m.Kind != Everyone || m.Kind == Taken || m.Kind == Over || m.Kind == Confirmed {
			continue // costs money, and is for what somebody has to do
		}
		for _, t := range who {
			if t.Contact != "" {
				p.add(m, robot, t, nil)
			}
		}
	}
	return nil
}

func handles(who []Turn, kind string) (out []string) {
	for _, t := range who {
		if h := t.Handles[kind]; h != "" && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

func (p *plan) add(m Message, robot Robot, t Turn, mention []string) {
	m.ID, m.Robot, m.Account, m.Contact, m.Handles = event.NewID(), robot.Name, t.Account, t.Contact, mention
	if robot.Persons {
		if m.Recipient = t.Account; m.Recipient == "" {
			m.Recipient = "contact/" + t.Contact
		}
	}
	m.Fate = Fate{State: Waiting, Due: p.quiet.until(p.now, m.Level)}
	same := func(o Message) bool {
		return o.Incident == m.Incident && o.Step == m.Step && o.Robot == m.Robot && o.Recipient == m.Recipient
	}
	if !slices.ContainsFunc(p.out, same) {
		p.out = append(p.out, m)
	}
}
