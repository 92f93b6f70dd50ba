package api_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// accounts are the people of the test site by the role that each holds alone.
var accounts = map[incident.Role]string{
	incident.Reporter: "reporter", incident.GridWorker: "grid", incident.Guard: "watch", incident.DutyOfficer: "duty", incident.Dispatcher: "dispatch",
	incident.Handler: "handler", incident.CentreLead: "lead", incident.Checker: "check", incident.Supervisor: "super",
}

// A world is a site whose every answer is held against the document.
type world struct {
	*apptest.Site
	doc    *api.Document
	people map[string]*apptest.Visitor
	n      int
}

func open(t *testing.T) *world {
	t.Helper()
	doc, err := api.Load()
	if err != nil {
		t.Fatal(err)
	}
	return &world{Site: apptest.Start(t), doc: doc, people: map[string]*apptest.Visitor{}}
}

// who has logged in, at the latest now.
func (w *world) who(t *testing.T, name string) *apptest.Visitor {
	t.Helper()
	if w.people[name] == nil {
		w.people[name] = w.As(t, name)
	}
	return w.people[name]
}

// ask asks for an operation, and fails t when the answer is not as documented.
func (w *world) ask(t *testing.T, name, method, path string, body any, headers ...string) apptest.Answer {
	t.Helper()
	a := w.who(t, name).Do(t, method, path, body, headers...)
	op := w.doc.Find(method, path)
	if op == nil {
		t.Fatalf("%s %s is in no document", method, path)
	}
	if err := op.Conforms(a.Status, a.Header.Get("Content-Type"), a.Body); err != nil {
		t.Errorf("%s %s by %s: %v", method, path, name, err)
	}
	return a
}

// act takes one action, and returns the answer.
func (w *world) act(t *testing.T, name string, i *api.Incident, action incident.Action, c incident.Command) apptest.Answer {
	t.Helper()
	body := map[string]any{}
	data, _ := json.Marshal(c)
	if err := json.Unmarshal(data, &body); err != nil {
		t.Fatal(err)
	}
	delete(body, "action")
	a := w.ask(t, name, "POST", "/api/v1/incidents/"+i.ID+"/actions/"+string(action), body, "If-Match", strconv.Quote(fmt.Sprint(i.Version)))
	if a.Status == http.StatusOK {
		a.Into(t, i)
	}
	return a
}

// full says everything that any action needs.
func full(class string) incident.Command {
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	return incident.Command{
		Reason: "because", Verdict: incident.Harmless, Class: class, Unit: "property", HandlingUnit: "property", Level: 3, Until: &tomorrow, Step: governance.Resolve,
		Result: "done", NoPhoto: "dark", CallBack: "no reporter", Cause: "age", Rating: 4,
	}
}

// ways say how an incident comes into a state: who does what, from the beginning.
type step struct {
	who    string
	action incident.Action
}

var begin = []step{{"duty", incident.Verify}, {"duty", incident.Confirm}, {"dispatch", incident.Classify}, {"lead", incident.Assess}, {"dispatch", incident.Dispatch}, {"handler", incident.Accept}, {"handler", incident.Arrive}, {"handler", incident.Resolve}, {"check", incident.Check}, {"check", incident.Review}, {"lead", incident.Close}}

func upTo(n int, more ...step) []step { return append(slices.Clone(begin[:n]), more...) }

var ways = map[incident.State][]step{
	incident.Signalled: {}, incident.Verifying: upTo(1), incident.Confirmed: upTo(2), incident.Classified: upTo(3), incident.Assessed: upTo(4), incident.Dispatched: upTo(5),
	incident.Accepted: upTo(6), incident.InProgress: upTo(7), incident.Resolved: upTo(8), incident.Checked: upTo(9), incident.Reviewed: upTo(10), incident.Closed: upTo(11),
	incident.Returned: upTo(5, step{"handler", incident.Return}), incident.Suspended: upTo(7, step{"handler", incident.AskSuspend}, step{"lead", incident.Suspend}),
}

// asked must come first where it takes two people.
var asked = map[incident.Action]step{
	incident.Suspend: {"handler", incident.AskSuspend}, incident.Extend: {"handler", incident.AskExtend}, incident.Release: {"duty", incident.Take},
	incident.Unshelve: {"duty", incident.Shelve},
}

// bring makes an incident and takes it to a state.
func (w *world) bring(t *testing.T, to incident.State) *api.Incident {
	t.Helper()
	w.n++ // each at its own camera, so that none joins another
	path := "/api/v1/incidents"
	a := w.ask(t, "watch", "POST", path, map[string]any{"class": "report.suggestion", "place": "yard", "text": fmt.Sprint("number ", w.n)}, "Idempotency-Key", fmt.Sprintf("bring-%06d", w.n))
	if a.Status != http.StatusCreated {
		t.Fatalf("report: %d %s", a.Status, a.Body)
	}
	var i api.Incident
	a.Into(t, &i)
	for _, s := range ways[to] {
		if a := w.act(t, s.who, &i, s.action, full(i.Class)); a.Status != http.StatusOK {
			t.Fatalf("%s by %s on the way to %s: %d %s", s.action, s.who, to, a.Status, a.Body)
		}
	}
	return &i
}

// Every action of the table is reachable by the right role and refused to every
// other, over the real server.
func TestEveryActionByEveryRole(t *testing.T) {
	w := open(t)
	walked := 0
	for _, row := range incident.Table {
		if row.Inner || len(row.From) == 0 || row.Profile == governance.Orders || slices.Equal(row.Roles, []incident.Role{incident.System}) {
			continue
		}
		from := start(row)
		if from == "" {
			t.Errorf("nothing brings an incident to %v", row.From)
			continue
		}
		var i *api.Incident // the refused leave it as it is
		for role, name := range accounts {
			walked++
			if !may(row, role) {
				if i == nil {
					i = w.ready(t, row, from, "")
				}
				w.refused(t, row, i, role, name)
				continue
			}
			done := w.ready(t, row, from, name)
			a := w.act(t, name, done, row.Action, w.command(t, row, done))
			if a.Status != http.StatusOK || row.To != "" && done.State != row.To {
				t.Errorf("%s from %s by the %s: %d %s", row.Action, from, role, a.Status, a.Body)
			}
		}
	}
	if walked < 200 {
		t.Errorf("only %d tried", walked)
	}
}

// start chooses a state in which a row can be tried.
func start(row incident.Transition) incident.State {
	for _, s := range row.From {
		if _, ok := ways[s]; ok || s == incident.Reported {
			return s
		}
	}
	return ""
}

// ready brings an incident to where an action can be tried: also somebody else has
// asked for it, where that takes two.
func (w *world) ready(t *testing.T, row incident.Transition, from incident.State, name string) *api.Incident {
	t.Helper()
	i := w.bring(t, from)
	first, ok := asked[row.Action]
	if row.Action == incident.ForceClose {
		first, ok = step{cmp.Or(map[string]string{"lead": "super"}[name], "lead"), incident.AskForceClose}, true
	}
	if ok {
		if a := w.act(t, first.who, i, first.action, full(i.Class)); a.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", first.action, a.Status, a.Body)
		}
	}
	return i
}

func (w *world) command(t *testing.T, row incident.Transition, i *api.Incident) incident.Command {
	t.Helper()
	c := full(i.Class)
	if row.Action == incident.Merge {
		c.Parent = w.bring(t, incident.Reported).ID
	}
	return c
}

func (w *world) refused(t *testing.T, row incident.Transition, i *api.Incident, role incident.Role, name string) {
	t.Helper()
	before := i.Version
	a := w.act(t, name, i, row.Action, w.command(t, row, i))
	var p struct {
		Type  string
		Roles []incident.Role
	}
	a.Into(t, &p)
	if a.Status != http.StatusForbidden || i.Version != before {
		t.Errorf("%s from %s by the %s is not refused: %d %s", row.Action, i.State, role, a.Status, a.Body)
	}
	for _, r := range row.Roles {
		if p.Type == "/api/docs#problem-forbidden" && !slices.Contains(p.Roles, r) {
			t.Errorf("%s: the refusal names %v, not %s", row.Action, p.Roles, r)
		}
	}
}

// may reports whether a role can take a row. It leaves out what the table's conditions refuse to a role that has the action:
// only who reported it reopens it as reporter.
func may(row incident.Transition, role incident.Role) bool {
	return slices.Contains(row.Roles, role) && (row.Action != incident.Reopen || role != incident.Reporter)
}
