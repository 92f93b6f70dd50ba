package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/handover"
	"eastgate/cloud/incident"
	"eastgate/edge/identity"
	"eastgate/shared/event"
)

// Who runs the centre does only what is his: the three administrators are kept apart,
// and every change, and every refusal, is a row of the register.
func TestWhoRunsTheCentre(t *testing.T) {
	w := open(t)
	places := "code,parent,kind,zh,en\ngate,c3,spot,门,Gate\n"
	for _, one := range []struct {
		what, method, path string
		body               any
		key                bool
		may                []string // who may; the first does
	}{
		{"boxes", "GET", "/api/v1/boxes", nil, false, []string{"sysadmin", "duty", "lead", "super"}},
		{"enrol", "POST", "/api/v1/boxes", map[string]any{"site": "garden", "box": "gate-9"}, false, []string{"sysadmin"}},
		{"revoke", "POST", "/api/v1/boxes/garden/gate-9/revoke", map[string]any{"reason": "stolen"}, false, []string{"sysadmin"}},
		{"people", "GET", "/api/v1/people", nil, false, []string{"sysadmin", "secadmin"}},
		{"open", "POST", "/api/v1/people", map[string]any{"name": "hu", "person": "Hu Yi", "unit": "community"}, false, []string{"sysadmin"}},
		{"grant", "POST", "/api/v1/grants", map[string]any{"account": "hu", "role": "guard", "scope": "dongguan/c3", "valid_to": "2099-01-01T00:00:00Z"}, true, []string{"secadmin"}},
		{"end sessions", "POST", "/api/v1/people/hu/actions/end_sessions", nil, false, []string{"sysadmin"}},
		{"reset", "POST", "/api/v1/people/hu/actions/reset", nil, false, []string{"sysadmin"}},
		{"close", "POST", "/api/v1/people/hu/actions/close", nil, false, []string{"sysadmin"}},
		{"organisation", "POST", "/api/v1/organisations", map[string]any{"id": "school", "party": "premises", "zh": "学校", "places": []string{"dongguan/c4"}}, false, []string{"sysadmin", "lead"}},
		{"review", "POST", "/api/v1/organisations/school/actions/review", nil, false, []string{"sysadmin", "lead"}},
		{"end", "POST", "/api/v1/organisations/school/actions/end", nil, false, []string{"sysadmin", "lead"}},
		{"places", "POST", "/api/v1/places/import", places, false, []string{"sysadmin"}},
		{"register", "GET", "/api/v1/register/proof", nil, false, []string{"auditor"}},
		{"its export", "GET", "/api/v1/export/register?purpose=audit&reason=yearly", nil, false, []string{"auditor"}},
		{"system", "GET", "/api/v1/system", nil, false, []string{"sysadmin"}},
		{"setup", "GET", "/api/v1/setup", nil, false, []string{"sysadmin", "secadmin"}},
		{"sheet", "GET", "/api/v1/handovers/now", nil, false, []string{"duty", "lead"}},
	} {
		headers := []string{}
		if one.key {
			headers = append(headers, "Idempotency-Key", "key-"+strings.ReplaceAll(one.what, " ", "-"))
		}
		if one.what == "places" {
			headers = append(headers, "Content-Type", "text/csv")
		}
		for name := range apptest.People {
			if slices.Contains(one.may, name) {
				continue
			}
			if a := w.ask(t, name, one.method, one.path, one.body, headers...); a.Status != http.StatusForbidden {
				t.Errorf("%s by %s: %d %s", one.what, name, a.Status, a.Body)
			}
		}
		if a := w.ask(t, one.may[0], one.method, one.path, one.body, headers...); a.Status >= 300 {
			t.Errorf("%s by %s: %d %s", one.what, one.may[0], a.Status, a.Body)
		}
	}
	var page struct {
		Rows []struct{ Who, Object, Result, Detail string }
	}
	w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=look&act=change&limit=200", nil).Into(t, &page)
	done, denied := 0, 0
	for _, r := range page.Rows {
		if r.Result == "done" && r.Object == "box/garden/gate-9" {
			done++
		}
		if r.Result == "denied" && strings.HasPrefix(r.Object, "POST /api/v1/boxes") {
			denied++
		}
	}
	if done != 2 || denied < 20 {
		t.Errorf("%d done, %d denied", done, denied)
	}
}

func TestASecretIsToldOnceAndWorks(t *testing.T) {
	w := open(t)
	var first, second struct{ Code string }
	for _, into := range []any{&first, &second} {
		w.ask(t, "sysadmin", "POST", "/api/v1/boxes", map[string]any{"site": "garden", "box": "new"}).Into(t, into)
	}
	_, old := identity.Enrol(t.Context(), t.TempDir(), w.BoxesURL(), first.Code)
	if _, err := identity.Enrol(t.Context(), t.TempDir(), w.BoxesURL(), second.Code); old == nil || err != nil {
		t.Errorf("a new code does not take the place of the old one: %v, %v", old, err)
	}
	var opened struct{ Password string }
	w.ask(t, "sysadmin", "POST", "/api/v1/people", map[string]any{"name": "hu", "person": "Hu Yi", "unit": "community"}).Into(t, &opened)
	if a := w.ask(t, "sysadmin", "POST", "/api/v1/people", map[string]any{"name": "hu", "person": "Hu Yi", "unit": "community"}); a.Status != 409 {
		t.Errorf("opened twice: %d %s", a.Status, a.Body)
	}
	v := w.Visitor(t)
	if code := v.Login(t, "hu", opened.Password); code != 303 {
		t.Fatalf("the first password: %d", code)
	}
	other := w.Visitor(t)
	other.Login(t, "hu", opened.Password)
	change := func(old, word string) int {
		return v.Do(t, "POST", "/api/v1/me/password", map[string]any{"old": old, "password": word}).Status
	}
	if got := change("wrong-password", "battery-staple"); got != 401 {
		t.Errorf("with a wrong one: %d", got)
	}
	if got := change(opened.Password, "short"); got != 422 {
		t.Errorf("a short one: %d", got)
	}
	if got := change(opened.Password, "battery-staple"); got != 204 {
		t.Errorf("a good one: %d", got)
	}
	if v.Do(t, "GET", "/api/v1/me", nil).Status != 200 || other.Do(t, "GET", "/api/v1/me", nil).Status != 401 {
		t.Error("the session that changed it goes on, others end")
	}
	var reset struct{ Password string }
	w.ask(t, "sysadmin", "POST", "/api/v1/people/hu/actions/reset", nil).Into(t, &reset)
	if v.Do(t, "GET", "/api/v1/me", nil).Status != 401 || w.Visitor(t).Login(t, "hu", reset.Password) != 303 {
		t.Error("a reset ends sessions and gives a password")
	}
}

func TestAListOfPlacesTellsEveryWrongLine(t *testing.T) {
	w := open(t)
	var plan api.PlacesPlan
	list := "code,parent,kind,zh,en\ngate,c3,spot,门,Gate\nx y,c3,spot,错,Wrong\ngate2,nowhere,spot,门,Gate\n"
	w.ask(t, "sysadmin", "POST", "/api/v1/places/import", list, "Content-Type", "text/csv").Into(t, &plan)
	if len(plan.Faults) == 0 || plan.Faults[0].Line < 3 || plan.Added != 0 {
		t.Errorf("%+v", plan)
	}
	list = "code,parent,kind,zh,en\ngate,c3,spot,门,Gate\n"
	w.ask(t, "sysadmin", "POST", "/api/v1/places/import?dry=true", list, "Content-Type", "text/csv").Into(t, &plan)
	if plan.Added != 1 || !plan.Dry || len(plan.Faults) != 0 {
		t.Errorf("dry: %+v", plan)
	}
	if _, ok := w.Places().Coded("gate"); ok {
		t.Error("a dry run changed something")
	}
	w.ask(t, "sysadmin", "POST", "/api/v1/places/import", list, "Content-Type", "text/csv").Into(t, &plan)
	if _, ok := w.Places().Coded("gate"); !ok || plan.Added != 1 {
		t.Errorf("%+v", plan)
	}
}

// A shift is handed over on a sheet that says what is open, and who comes opens what
// is urgent first.
func TestAShiftIsHandedOver(t *testing.T) {
	w := open(t)
	i := w.Happen(t, event.FireVisual, "courtyard", event.Start)
	var sheet handover.Sheet
	a := w.ask(t, "duty", "POST", "/api/v1/handovers", map[string]any{"text": "gate key with Li"}, "Idempotency-Key", "shift-of-tonight")
	if a.Into(t, &sheet); a.Status != 201 || sheet.Facts.Open["1"] != 1 || len(sheet.Facts.Urgent) != 1 || sheet.Facts.Urgent[0].ID != i.ID {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	at := "/api/v1/handovers/" + sheet.ID
	if a := w.ask(t, "lead", "POST", at+"/take", nil); a.Status != 409 || !strings.Contains(string(a.Body), i.Number) {
		t.Errorf("unread: %d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "lead", "POST", at+"/opened", map[string]any{"incident": i.ID}); a.Status != 204 {
		t.Errorf("opened: %d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "duty", "POST", at+"/take", nil); a.Status != 403 {
		t.Errorf("by who goes: %d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "lead", "POST", at+"/take", map[string]any{"text": "seen"}); a.Status != 200 {
		t.Errorf("taken: %d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "watch", "GET", at, nil); a.Status != 403 {
		t.Errorf("a guard: %d", a.Status)
	}
}

func TestADrillIsMarkedAsOne(t *testing.T) {
	w := open(t)
	a := w.ask(t, "sysadmin", "POST", "/api/v1/drills", nil, "Idempotency-Key", "first-drill")
	if a.Status != 202 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if again := w.ask(t, "sysadmin", "POST", "/api/v1/drills", nil, "Idempotency-Key", "first-drill"); string(again.Body) != string(a.Body) {
		t.Errorf("a double click begins two: %s %s", a.Body, again.Body)
	}
	yes := true
	var list []incident.Incident
	eventually(t, "the drill becomes an incident", func() bool {
		var err error
		if list, err = w.Incidents().List(t.Context(), incident.Filter{Scope: incident.Everything, Test: &yes}); err != nil {
			t.Fatal(err)
		}
		return len(list) == 1
	})
	if list[0].Level != event.Urgent || !list[0].Test {
		t.Errorf("%+v", list[0])
	}
	if a := w.ask(t, "grid", "POST", "/api/v1/drills", nil, "Idempotency-Key", "grids-drill"); a.Status != 403 {
		t.Errorf("a grid worker: %d", a.Status)
	}
}

// eventually waits for what must come about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}
