package incident

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/cloud/governance"
)

// Do takes one action on an incident of which the actor knows a version, and
// returns the incident as it is then. When it is refused it returns the incident as
// it is, with ErrConflict, ErrForbidden, ErrSamePerson, ErrInvalid or ErrNotFound.
// Evidence that came since the version does not make it outdated.
func (e *Engine) Do(ctx context.Context, who Actor, id string, version int64, c Command) (i Incident, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for range tries {
		if i, err = e.do(ctx, who, id, version, c); !errors.Is(err, ErrConflict) {
			break
		}
	}
	return i, err
}

// tries is how often a step is tried that another replica was faster with: mostly
// with evidence, which does not stand in its way.
const tries = 3

func (e *Engine) do(ctx context.Context, who Actor, id string, version int64, c Command) (Incident, error) {
	i, err := e.store.Get(ctx, id)
	if err != nil {
		return Incident{}, err
	}
	if version < i.Decided || version > i.Version {
		return i, fmt.Errorf("%w: it has version %d", ErrConflict, i.Version)
	}
	if c.Action == Reopen && who.Is(Reporter) {
		if who, err = e.asReporter(ctx, who, id); err != nil {
			return i, err
		}
	}
	d := edit(i)
	drafts := []*draft{d}
	if err := e.act(d, who, c.clean(), e.now()); err != nil {
		return i, err
	}
	if c.Action == Merge {
		parent, err := e.takeOver(ctx, d, c.Parent)
		if err != nil {
			return i, err
		}
		drafts = append(drafts, parent)
	}
	if err := e.write(ctx, 0, drafts...); err != nil {
		return i, err
	}
	for _, s := range d.steps {
		e.m.steps.WithLabelValues(string(s.Action)).Inc()
	}
	return d.i, nil
}

// act takes an action's rows on a draft.
func (e *Engine) act(d *draft, who Actor, c Command, now time.Time) error {
	role, rows, err := permitted(d.i, who, c.Action, &c, now)
	if err != nil {
		return err
	}
	var needs []Field
	if c.Action != Alarm {
		needs = rows[len(rows)-1].Needs
	}
	faults := c.faults(d.i, needs, now)
	if c.Class != "" {
		if _, ok := e.catalogue.Class(c.Class); !ok {
			faults[ClassField] = fmt.Sprintf("%.60q is in no catalogue", c.Class)
		}
	}
	if len(faults) > 0 {
		return Invalid(faults)
	}
	for _, row := range rows {
		if row.Action == Verify && d.i.State == Verifying {
			continue // an alarm for what is being verified
		}
		if err := e.step(d, row, role, who, c, now); err != nil {
			return err
		}
	}
	return nil
}

// step writes one row of the table down.
func (e *Engine) step(d *draft, row Transition, role Role, who Actor, c Command, now time.Time) error {
	det := Detail{Command: part(row.Action, c, d.i), Alone: c.Action == Alarm && row.Action == Assess}
	class, level := d.i.Class, d.i.Level
	switch row.Action {
	case Verify:
		if _, ok := d.i.Deadlines[governance.Verify]; !ok {
			det.Deadlines = e.deadlines(class, level, now, governance.Verify)
		}
	case Classify:
		if class := e.class(det.Class); det.Class != "" && class.Domain != d.i.Domain {
			det.Domain = class.Domain
		}
	case Dispatch:
		det.Deadlines = e.deadlines(class, level, now, governance.SignIn, governance.Arrive, governance.Resolve)
	case Resolve:
		det.Deadlines = e.deadlines(class, level, now, governance.Check)
	}
	s := Step{Action: row.Action, To: row.To, Actor: who.Name, Role: role, Unit: who.Unit, At: now, ReceivedAt: now, Reason: c.Reason}
	if role == Reporter {
		s.Actor, s.Unit = "", "" // who reports is kept apart, and can be forgotten
	}
	return d.add(s, det)
}

// part is what of a command belongs to one of its rows.
func part(a Action, c Command, i Incident) Command {
	c.Action, c.Reason = "", ""
	switch a {
	case Verify, Confirm:
		return Command{}
	case Classify:
		return Command{Class: c.Class, Unit: c.Unit}
	case Assess, Reassess:
		if c.Level == 0 {
			c.Level = i.Level
		}
		return Command{Level: c.Level, Impact: c.Impact}
	case Dispatch:
		if c.HandlingUnit == "" {
			c.HandlingUnit = i.Unit
		}
		return Command{HandlingUnit: c.HandlingUnit, Handler: c.Handler}
	}
	return c
}

// permitted returns the rows that an action takes for somebody, and as which role.
func permitted(i Incident, who Actor, a Action, c *Command, now time.Time) (Role, []Transition, error) {
	for _, w := range Ways {
		if w.Action != a || !slices.Contains(w.From, i.State) || i.Profile == governance.Orders {
			continue
		}
		role, err := fitting(i, who, w.Roles, w.If, c, now)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", a, err)
		}
		rows := make([]Transition, len(w.Steps))
		for n, step := range w.Steps {
			rows[n] = rowsFor(i, step)[0]
		}
		return role, rows, nil
	}
	for _, t := range rowsFor(i, a) {
		if t.Inner || !slices.Contains(t.From, i.State) {
			continue
		}
		role, err := fitting(i, who, t.Roles, t.If, c, now)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", a, err)
		}
		return role, []Transition{t}, nil
	}
	return "", nil, fmt.Errorf("%w: %.40q cannot follow on %s", ErrConflict, a, i.State)
}

// fitting returns the first of somebody's roles as which a condition holds.
func fitting(i Incident, who Actor, roles []Role, cond Condition, c *Command, now time.Time) (Role, error) {
	err := refused("it takes one of %v", roles)
	for _, r := range roles {
		if !who.Is(r) {
			continue
		}
		if cond.holds == nil {
			return r, nil
		}
		if err = cond.holds(asking{i, who, r, c, now}); err == nil {
			return r, nil
		}
	}
	return "", err
}

// Allowed returns what somebody could do with an incident now, in the order of the
// table: a console's buttons.
func Allowed(i Incident, who Actor, now time.Time) (out []Action) {
	consider := func(a Action) {
		if slices.Contains(out, a) {
			return
		}
		if _, _, err := permitted(i, who, a, nil, now); err == nil {
			out = append(out, a)
		}
	}
	consider(Alarm)
	for _, t := range Table {
		if !t.Inner && !machineOnly(t) {
			consider(t.Action)
		}
	}
	return out
}

func machineOnly(t Transition) bool { return len(t.Roles) == 1 && t.Roles[0] == System }

// Allowed is the function, by the engine's clock.
func (e *Engine) Allowed(i Incident, who Actor) []Action { return Allowed(i, who, e.now()) }

// takeOver gives a duplicate's discoveries to its parent.
func (e *Engine) takeOver(ctx context.Context, child *draft, id string) (*draft, error) {
	parent, err := e.store.Get(ctx, id)
	if err != nil {
		return nil, Invalid{ParentField: fmt.Sprintf("%.40q: %v", id, err)}
	}
	switch {
	case parent.Parent != "":
		return nil, Invalid{ParentField: "it is a duplicate itself, of " + parent.Parent}
	case parent.Test != child.i.Test:
		return nil, Invalid{ParentField: "an exercise and what is real do not join"}
	}
	from := slices.Clone(child.i.Discoveries)
	for n := range from {
		from[n].Incident = child.i.ID
	}
	now := e.now()
	d := edit(parent)
	return d, d.add(Step{Action: Join, Role: System, At: now, ReceivedAt: now}, Detail{Taken: from})
}

// Displayed notes that incidents were shown on a console for the first time. Those
// without a camera's record, or that were shown, stay as they are.
func (e *Engine) Displayed(ctx context.Context, ids ...string) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for range tries {
		if err = e.displayed(ctx, ids); !errors.Is(err, ErrConflict) {
			break
		}
	}
	return err
}

func (e *Engine) displayed(ctx context.Context, ids []string) error {
	now := e.now()
	var drafts []*draft
	for _, id := range ids {
		i, err := e.store.Get(ctx, id)
		if err != nil {
			return err
		}
		if !i.State.Open() || !i.Undisplayed() {
			continue
		}
		d := edit(i)
		if err := d.add(Step{Action: Display, Role: System, At: now, ReceivedAt: now}, Detail{}); err != nil {
			return err
		}
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil
	}
	return e.write(ctx, 0, drafts...)
}
