package incident_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// An act is one command of somebody with one role.
type act struct {
	role    incident.Role
	command incident.Command
}

// only is a person with one role, in the unit that such people are in.
func only(r incident.Role) incident.Actor {
	if r == incident.System {
		return incident.Machine
	}
	unit := "centre"
	if r == incident.Handler {
		unit = "property"
	}
	return incident.Actor{Name: "the-" + string(r), Unit: unit, Roles: []incident.Role{r}}
}

// whole is a command with everything that any action needs.
func whole(a incident.Action) incident.Command {
	until := noon.Add(20 * 24 * time.Hour)
	if a == incident.Shelve {
		until = noon.Add(20 * time.Hour)
	}
	return incident.Command{
		Action: a, Reason: "because", Verdict: incident.Mistaken, Class: "street.vendor", Unit: "streets", HandlingUnit: "property", Level: 4,
		Until: &until, Step: governance.Resolve, Result: "done", NoPhoto: "dark", CallBack: "content", Cause: "habit", Rating: 5,
	}
}

func acts(pairs ...string) (out []act) {
	for n := 0; n < len(pairs); n += 2 {
		out = append(out, act{incident.Role(pairs[n]), whole(incident.Action(pairs[n+1]))})
	}
	return out
}

// stations are how each state is reached from the one before it.
var stations = map[incident.State]struct {
	from incident.State
	acts []act
}{
	incident.Verifying:   {incident.Reported, acts("duty_officer", "verify")},
	incident.Confirmed:   {incident.Verifying, acts("duty_officer", "confirm")},
	incident.Classified:  {incident.Confirmed, acts("dispatcher", "classify")},
	incident.Assessed:    {incident.Classified, acts("duty_officer", "assess")},
	incident.Dispatched:  {incident.Assessed, acts("dispatcher", "dispatch")},
	incident.Accepted:    {incident.Dispatched, acts("handler", "accept")},
	incident.Returned:    {incident.Dispatched, acts("handler", "return")},
	incident.InProgress:  {incident.Accepted, acts("handler", "arrive")},
	incident.Suspended:   {incident.InProgress, acts("handler", "ask_suspend", "centre_lead", "suspend")},
	incident.Resolved:    {incident.InProgress, acts("handler", "resolve")},
	incident.Checked:     {incident.Resolved, acts("checker", "check")},
	incident.Reviewed:    {incident.Checked, acts("checker", "review")},
	incident.Closed:      {incident.Reviewed, acts("centre_lead", "close")},
	incident.ForceClosed: {incident.Confirmed, acts("centre_lead", "ask_force_close", "supervisor", "force_close")},
	incident.False:       {incident.Reported, acts("duty_officer", "reject")},
	incident.OutOfRemit:  {incident.Reported, acts("duty_officer", "decline")},
	incident.Done:        {incident.Accepted, acts("handler", "finish")},
	incident.Rated:       {incident.Done, acts("reporter", "rate")},
	incident.Cancelled:   {incident.Ordered, acts("dispatcher", "cancel")},
}

// before is what must have happened for an action besides the state.
var before = map[incident.Action][]act{
	incident.Suspend:  acts("handler", "ask_suspend"),
	incident.Unshelve: acts("duty_officer", "shelve"),
	incident.Extend:   acts("handler", "ask_extend"),
	incident.Release:  acts("duty_officer", "taken"),
}

// at brings an incident to a state.
func (c *centre) at(t *testing.T, s incident.State, orders bool) incident.Incident {
	t.Helper()
	if s == incident.Signalled {
		c.hear(t, told{motion, fmt.Sprintf("cam-%d", len(c.ids)), fmt.Sprintf("e%d", len(c.ids)), event.Start, 0})
		c.hear(t, told{motion, fmt.Sprintf("cam-%d", len(c.ids)-1), fmt.Sprintf("e%d", len(c.ids)-1), event.End, 0})
		list, err := c.engine.List(t.Context(), incident.Filter{States: []incident.State{incident.Signalled}, Scope: incident.Everything, Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	station, ok := stations[s]
	if orders && (s == incident.Dispatched || s == incident.Accepted) {
		station.from = map[incident.State]incident.State{incident.Dispatched: incident.Ordered, incident.Accepted: incident.Dispatched}[s]
	}
	if s == incident.Duplicate {
		return c.duplicate(t)
	}
	if !ok {
		report := incident.Report{Class: "street.vendor", Place: fmt.Sprintf("east/c1/b%d", c.reports), Source: incident.Resident}
		if c.reports++; orders {
			report.Class = "task.volunteer"
		}
		i, err := c.engine.Report(t.Context(), only(incident.Reporter), report)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	return c.do(t, c.at(t, station.from, orders), station.acts...)
}

func (c *centre) duplicate(t *testing.T) incident.Incident {
	parent, i := c.at(t, incident.Reported, false), c.at(t, incident.Reported, false)
	merge := whole(incident.Merge)
	merge.Parent = parent.ID
	return c.do(t, i, act{incident.DutyOfficer, merge})
}

func (c *centre) do(t *testing.T, i incident.Incident, acts ...act) incident.Incident {
	t.Helper()
	for _, a := range acts {
		var err error
		if i, err = c.engine.Do(t.Context(), only(a.role), i.ID, i.Version, a.command); err != nil {
			t.Fatalf("%s of %s by %s: %v", a.command.Action, i.State, a.role, err)
		}
	}
	return i
}

var allRoles = []incident.Role{
	incident.Reporter, incident.GridWorker, incident.Guard, incident.DutyOfficer, incident.Dispatcher, incident.Handler,
	incident.CentreLead, incident.Checker, incident.Supervisor, incident.System, incident.PoliceBridge,
}

// TestEveryRow takes every row of the table from every one of its states, by each
// of its roles, and has every other role refused.
func TestEveryRow(t *testing.T) {
	c := open(t)
	for _, row := range incident.Table {
		if row.Inner || len(row.From) == 0 {
			continue
		}
		for _, from := range row.From {
			if row.To == "" && !slices.Contains([]incident.State{incident.Reported, incident.InProgress, incident.Reviewed}, from) {
				continue // a note: three states are enough
			}
			t.Run(fmt.Sprintf("%s-%s-%s", row.Profile, from, row.Action), func(t *testing.T) { c.tryRow(t, row, from) })
		}
	}
}

func (c *centre) tryRow(t *testing.T, row incident.Transition, from incident.State) {
	c.set(noon)
	i := c.do(t, c.at(t, from, row.Profile == governance.Orders), before[row.Action]...)
	if row.Action == incident.ForceClose {
		i = c.do(t, i, acts("centre_lead", "ask_force_close")...)
	}
	command := whole(row.Action)
	command.Parent = c.at(t, incident.Reported, false).ID
	for _, role := range allRoles {
		if slices.Contains(row.Roles, role) {
			continue
		}
		if _, err := c.engine.Do(t.Context(), only(role), i.ID, i.Version, command); !errors.Is(err, incident.ErrForbidden) {
			t.Errorf("%s, who may not: %v", role, err)
		}
		if slices.Contains(incident.Allowed(i, only(role), c.time()), row.Action) {
			t.Errorf("%s is offered it", role)
		}
	}
	for _, role := range row.Roles {
		if row.Action == incident.ForceClose && role == incident.CentreLead {
			continue // who asked
		}
		if i.State != from || i.Version != i.Decided || len(before[row.Action]) > 0 {
			i = c.do(t, c.at(t, from, row.Profile == governance.Orders), before[row.Action]...)
		}
		if row.Action == incident.Take && i.TakenBy != "" {
			i = c.do(t, i, acts("duty_officer", "released")...)
		}
		if role == incident.System {
			c.set(time.Now().Add(22 * 24 * time.Hour)) // what a box told was received now
		} else if !slices.Contains(c.engine.Allowed(i, only(role)), row.Action) {
			t.Errorf("%s is not offered it", role)
		}
		after, err := c.engine.Do(t.Context(), only(role), i.ID, i.Version, command)
		if err != nil {
			t.Errorf("%s, who may: %v", role, err)
		} else if want := row.To; want != "" && after.State != want || want == "" && after.State != from {
			t.Errorf("%s led to %s", role, after.State)
		}
		i = after
	}
}

// TestRandomWalks lets random people do random things: nothing leaves the table,
// what is refused changes nothing, every chain holds, and every incident is what
// its history makes.
func TestRandomWalks(t *testing.T) {
	c := open(t)
	random := rand.New(rand.NewPCG(7, 7))
	units := []string{"centre", "property", "streets"}
	var actions []incident.Action
	for _, row := range incident.Table {
		actions = append(actions, row.Action)
	}
	actions = append(actions, incident.Alarm, "fly")
	var ids []string
	for n := range 5 {
		ids = append(ids, c.at(t, incident.Reported, n == 4).ID)
	}
	reached := map[incident.State]bool{}
	for range 2200 {
		c.set(c.time().Add(time.Duration(random.IntN(90)) * time.Minute))
		who := incident.Actor{Name: fmt.Sprintf("p%d", random.IntN(5)), Unit: units[random.IntN(len(units))]}
		for range 1 + random.IntN(7) {
			who.Roles = append(who.Roles, allRoles[random.IntN(len(allRoles))])
		}
		i, err := c.engine.Get(t.Context(), ids[random.IntN(len(ids))])
		if err != nil {
			t.Fatal(err)
		}
		choice := incident.Allowed(i, who, c.time())
		if len(choice) == 0 || random.IntN(10) == 0 {
			choice = actions
		}
		command := whole(choice[random.IntN(len(choice))])
		if slices.Contains(enders, command.Action) && random.IntN(25) > 0 {
			continue // else few walks get far
		}
		until := c.time().Add(time.Duration(random.IntN(40*24)-24) * time.Hour)
		command.Until, command.Parent, command.Level = &until, ids[random.IntN(len(ids))], event.Level(1+random.IntN(4))
		after, err := c.engine.Do(t.Context(), who, i.ID, i.Version, command)
		if err != nil && after.Version != i.Version {
			t.Fatalf("%s was refused (%v) and changed it", command.Action, err)
		}
		reached[after.State] = true
	}
	for _, id := range ids {
		c.holds(t, id)
	}
	if len(reached) < 16 {
		t.Errorf("only %d states were reached: %v", len(reached), reached)
	}
}

var enders = []incident.Action{incident.Reject, incident.Merge, incident.Decline, incident.Cancel, incident.ForceClose, incident.AskForceClose}

// holds checks one incident's history against the table, its hashes and the
// incident.
func (c *centre) holds(t *testing.T, id string) {
	t.Helper()
	i, err := c.engine.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	steps, err := c.engine.History(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := incident.VerifyHistory(steps, i.Head); err != nil {
		t.Error(err)
	}
	again, err := incident.Replay(steps)
	if err != nil {
		t.Fatal(err)
	}
	again.Number = i.Number
	is, _ := json.Marshal(i)
	made, _ := json.Marshal(again)
	if string(is) != string(made) {
		t.Errorf("the incident is\n%s\nits history makes\n%s", is, made)
	}
	for n, s := range steps {
		if !inTable(s) {
			t.Errorf("step %d is in no row: %s from %q to %q by %s", n+1, s.Action, s.From, s.To, s.Role)
		}
	}
	separate(t, steps)
}

func inTable(s incident.Step) bool {
	for _, row := range incident.Table {
		to := row.To
		if to == "" {
			to = s.From
		}
		roles := row.Roles
		for _, w := range incident.Ways {
			if slices.Contains(w.Steps, row.Action) {
				roles = append(slices.Clone(roles), w.Roles...)
			}
		}
		begins := len(row.From) == 0 && s.From == ""
		if row.Action == s.Action && to == s.To && (begins || slices.Contains(row.From, s.From)) && slices.Contains(roles, s.Role) {
			return true
		}
	}
	return false
}

// separate checks that nobody checked what they or their unit had handled, and
// that it took two to force, suspend and extend.
func separate(t *testing.T, steps []incident.Step) {
	t.Helper()
	handlers, units, asked := map[string]bool{}, map[string]bool{}, map[incident.Action]string{}
	for _, s := range steps {
		switch s.Action {
		case incident.Dispatch:
			var d incident.Detail
			if err := json.Unmarshal(s.Detail, &d); err != nil {
				t.Fatal(err)
			}
			units[d.HandlingUnit] = true
		case incident.Accept, incident.Arrive, incident.Resolve, incident.Finish:
			handlers[s.Actor], units[s.Unit] = true, true
		case incident.Check, incident.Rework:
			if handlers[s.Actor] || units[s.Unit] {
				t.Errorf("%s of %s checked what they handled", s.Actor, s.Unit)
			}
		case incident.AskSuspend, incident.AskForceClose, incident.AskExtend:
			asked[s.Action] = s.Actor
		case incident.Suspend, incident.ForceClose, incident.Extend:
			if asked["ask_"+s.Action] == s.Actor || asked["ask_"+s.Action] == "" {
				t.Errorf("%s alone did %s", s.Actor, s.Action)
			}
		}
	}
}
