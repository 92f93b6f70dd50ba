package app

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

// A day is a centre whose clock is set by hand, with the real engine.
type day struct {
	*testing.T
	now    time.Time
	engine *incident.Engine
	runner *escalation.Runner
	store  *store.Store
	i      incident.Incident
	read   int64
}

func newDay(t *testing.T) *day {
	d := &day{T: t, now: time.Date(2025, 6, 9, 10, 0, 0, 0, governance.Shanghai), store: storetest.Open(t, storetest.SQLite(t))}
	places, err := place.Open(t.Context(), d.store, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	plan, err := place.MakePlan(nil, place.Demo())
	if err != nil || place.Write(&list, plan.Added) != nil {
		t.Fatal(err)
	}
	if _, err := places.Import(t.Context(), strings.NewReader(list.String()), false); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return d.now }
	calendar := governance.DefaultCalendar()
	d.engine = incident.New(d.store, incident.Options{Calendar: calendar, Places: where{places}, Now: clock})
	d.runner = escalation.New(matters{d.engine}, d.store, escalation.Options{Calendar: calendar, Now: clock})
	return d
}

func (d *day) report(class string) {
	d.Helper()
	var err error
	who := incident.Actor{Name: "zhao", Unit: "community", Roles: []incident.Role{incident.GridWorker}}
	d.i, err = d.engine.Report(d.Context(), who, incident.Report{Class: class, Place: "dongguan/c2/b10", Source: incident.Source("grid_worker"), Text: "x"})
	if err != nil {
		d.Fatal(err)
	}
}

// do takes an action as somebody with every role, from a unit.
func (d *day) do(name, unit string, c incident.Command) {
	d.Helper()
	who := incident.Actor{Name: name, Unit: unit, Roles: []incident.Role{
		incident.DutyOfficer, incident.Dispatcher, incident.Handler, incident.CentreLead, incident.Checker, incident.Supervisor,
	}}
	i, err := d.engine.Do(d.Context(), who, d.i.ID, d.i.Version, c)
	if err != nil {
		d.Fatalf("%s: %v", c.Action, err)
	}
	d.i = i
}

// later lets time pass and checks what was raised meanwhile.
func (d *day) later(by time.Duration, want ...string) {
	d.Helper()
	d.now = d.now.Add(by)
	if _, err := d.runner.Turn(d.Context()); err != nil {
		d.Fatal(err)
	}
	rs, err := d.runner.Reminders(d.Context(), d.read, 100)
	if err != nil {
		d.Fatal(err)
	}
	var got []string
	for _, r := range rs {
		got, d.read = append(got, fmt.Sprintf("%s %s", r.Step, r.Threshold)), r.Position
	}
	if !slices.Equal(got, want) {
		d.Errorf("when it was %s: raised %q, want %q", d.i.State, got, want)
	}
}

// TestAnIncidentsWholeWayIsReminded walks one of level 2 through the real engine:
// 5 minutes to verify, 10 to sign in, 30 to arrive, 2 hours to resolve, 24 to check.
func TestAnIncidentsWholeWayIsReminded(t *testing.T) {
	d := newDay(t)
	d.report("fire.lane_blocked")
	if d.i.PlaceName != "听松里 1号楼" || d.i.Unit != "property2" {
		t.Errorf("it is at %q, looked after by %q", d.i.PlaceName, d.i.Unit)
	}
	d.later(4*time.Minute, "verify 50", "verify 80")
	d.do("qian", "community", incident.Command{Action: incident.Confirm})
	d.later(time.Hour)
	d.do("qian", "community", incident.Command{Action: incident.Classify, Class: "fire.lane_blocked", Unit: "property2"})
	d.do("sun", "community", incident.Command{Action: incident.Assess, Level: event.Serious, Reason: "r"})
	dispatch := incident.Command{Action: incident.Dispatch, HandlingUnit: "property2"}
	for n := range 2 { // two say that it is not theirs
		d.do("qian", "community", dispatch)
		d.later(5*time.Minute, "sign_in 50")
		d.do("li", "property2", incident.Command{Action: incident.Return, Reason: "not ours"})
		if n == 0 {
			d.later(time.Hour)
		} else {
			d.later(time.Hour, "sign_in second_return")
		}
		d.do("sun", "community", incident.Command{Action: incident.Classify, Class: "fire.lane_blocked", Unit: "property2"})
		d.do("sun", "community", incident.Command{Action: incident.Assess, Level: event.Serious, Reason: "r"})
	}
	d.do("qian", "community", dispatch)
	d.later(time.Minute)
	d.do("li", "property2", incident.Command{Action: incident.Accept})
	d.later(15*time.Minute, "arrive 50")
	d.do("li", "property2", incident.Command{Action: incident.Arrive})
	d.later(44*time.Minute, "resolve 50")
	until := d.now.Add(24 * time.Hour)
	d.do("li", "property2", incident.Command{Action: incident.AskSuspend, Reason: "r", Until: &until})
	d.do("zhou", "community", incident.Command{Action: incident.Suspend, Reason: "r"})
	d.later(24 * time.Hour)
	if _, err := d.engine.Due(t.Context()); err != nil { // the machine resumes it
		t.Fatal(err)
	}
	d.later(time.Minute, "resolve 100", "resolve 150")
	i, err := d.engine.Get(t.Context(), d.i.ID)
	if err != nil {
		t.Fatal(err)
	}
	d.i = i
	d.do("li", "property2", incident.Command{Action: incident.Resolve, Result: "moved", NoPhoto: "r"})
	d.later(12*time.Hour, "check 50")
	d.do("wu", "checkers", incident.Command{Action: incident.Rework, Reason: "r"})
	d.later(time.Minute) // told already
	d.do("li", "property2", incident.Command{Action: incident.Resolve, Result: "moved", NoPhoto: "r"})
	d.later(time.Hour)
	d.do("wu", "checkers", incident.Command{Action: incident.Check})
	d.do("wu", "checkers", incident.Command{Action: incident.Review, CallBack: "r", Cause: "r"})
	d.do("zhou", "community", incident.Command{Action: incident.Close})
	d.later(48 * time.Hour)
	d.do("wu", "checkers", incident.Command{Action: incident.Reopen, Reason: "r"})
	d.do("sun", "community", incident.Command{Action: incident.Assess, Level: event.Serious, Reason: "r"})
	d.do("qian", "community", dispatch)
	d.later(10*time.Minute, "sign_in 100") // a new round
}

// TestEveryStateWithADeadlineRuns: a state of the table that escalation forgets would
// wait for ever.
func TestEveryStateWithADeadlineRuns(t *testing.T) {
	none := []incident.State{incident.Confirmed, incident.Classified, incident.Assessed, incident.Returned, incident.Checked, incident.Reviewed, incident.Ordered, incident.Done}
	for _, s := range incident.OpenStates() {
		timed := runs[s] != nil || ordersRun[s] != nil || held[s] != nil
		if timed == slices.Contains(none, s) {
			t.Errorf("state %s: give it a step whose time runs, or say here that it has none", s)
		}
	}
}
