package console_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

func TestOnlyTheLoginIsOpen(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	i := s.Happen(t, event.FireVisual, "yard", event.Start)
	v := s.Visitor(t)
	picture := "/evidence/" + i.Snapshot + "?incident="
	for path, want := range map[string]int{
		"/login": 200, "/static/desk.js": 200, "/static/desk.css": 200, "/static/office.css": 200, "/text/en": 200, "/api/docs": 200, "/api/openapi.json": 200,
		"/": 303, "/wall": 303, "/plan": 303, "/incident/" + i.ID: 303, "/camera/garden/gate-1/courtyard": 303, picture + i.ID: 303, "/incidents": 303, "/incidents/" + i.ID: 303, "/tasks": 303, "/overdue": 303, "/reports": 303, "/boxes": 303, "/people": 303, "/organisations": 303, "/agreements": 303, "/places": 303, "/places/template.csv": 303, "/register": 303, "/health": 303, "/system": 303, "/account": 303, "/handover": 303, "/figures/entries": 303, "/reminders": 303, "/whistles": 303, "/domains": 303,
		"/figures": 303, "/coverage": 303, "/report": 303, "/codes": 303, "/incidents/print": 303,
		"/api/v1/me": 401, "/api/v1/incidents": 401, "/api/v1/incidents/" + i.ID: 401, "/api/v1/stream": 401, "/api/v1/coverage": 401,
		"/static/..%2fconsole.go": 404, "/text/fr": 404, "/nothing": 404, "/api/v1/nothing": 404,
	} {
		if got := v.Do(t, "GET", path, nil).Status; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := v.Do(t, "POST", "/api/v1/incidents/"+i.ID+"/actions/taken", `{}`, "If-Match", `"1"`).Status; got != 401 {
		t.Errorf("an action without a session: %d", got)
	}
	if got := v.Login(t, "li", "wrong-password"); got != 401 {
		t.Errorf("wrong password: %d", got)
	}
	if got := v.Login(t, "li", apptest.Password); got != 303 {
		t.Errorf("right password: %d", got)
	}
	for path, want := range map[string]int{
		"/": 200, "/wall": 200, "/plan": 200, "/incident/" + i.ID: 200, "/camera/garden/gate-1/courtyard": 200, picture + i.ID: 200, picture: 200, "/evidence/" + strings.Repeat("0", 64) + "?incident=" + i.ID: 404,
		"/api/v1/incidents/01M885N46G188XQ6MNTF3YVRYW": 404, "/incidents/none": 404,
	} {
		if got := v.Do(t, "GET", path, nil).Status; got != want {
			t.Errorf("%s with a session: %d, want %d", path, got, want)
		}
	}
}

func TestGuessingIsLockedOut(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li", "wang")
	v := s.Visitor(t)
	for range 5 {
		v.Login(t, "li", "wrong-password")
	}
	if got := v.Login(t, "li", apptest.Password); got != 429 {
		t.Errorf("the sixth try: %d, want 429", got)
	}
	if got := v.Login(t, "wang", apptest.Password); got != 303 {
		t.Errorf("somebody else: %d", got)
	}
}

func TestPicturesAreForWhoMaySeeThem(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	path := "/evidence/" + i.Snapshot + "?incident=" + i.ID
	for name, want := range map[string]int{"duty": 200, "handler": 200, "reporter": 404, "sysadmin": 404, "auditor": 404} {
		v := s.As(t, name)
		if got := v.Do(t, "GET", path, nil).Status; got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
		if name == "handler" {
			want = 404 // it takes the whole community without an incident
		}
		if got := v.Do(t, "GET", "/evidence/"+i.Snapshot, nil).Status; got != want {
			t.Errorf("%s, without the incident: %d, want %d", name, got, want)
		}
	}
}

// Every page of the office answers every role, in both languages, without a fault.
func TestOfficePages(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	for name := range apptest.People {
		v := s.As(t, name)
		for _, path := range []string{"/", "/tasks", "/incidents", "/incidents?state=open&level=1&domain=fire&place=dongguan&text=", "/overdue", "/reports", "/whistles?state=open", "/reminders?show=overdue", "/domains", "/account", "/coverage", "/incidents/" + i.ID} {
			for _, lang := range []string{"zh-CN", "en"} {
				at := path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=" + lang
				a := v.Do(t, "GET", at, nil)
				closed := a.Status == http.StatusForbidden && apptest.People[name].Role.Administers() && (strings.HasPrefix(path, "/incidents/") || strings.HasPrefix(path, "/whistles"))
				if a.Status != http.StatusOK && !closed || strings.Contains(string(a.Body), "<no value>") {
					t.Errorf("%s %s: %d %.200s", name, at, a.Status, a.Body)
				}
			}
		}
	}
	v := s.As(t, "duty")
	if a := v.Do(t, "GET", "/incidents?lang=en", nil); !strings.Contains(string(a.Body), i.Number) || !strings.Contains(string(a.Body), "Suspected flame or smoke") {
		t.Errorf("%s", a.Body)
	}
	if a := v.Do(t, "GET", "/incidents?state=gone&lang=en", nil); a.Status != 422 || !strings.Contains(string(a.Body), "there is no state gone") {
		t.Errorf("a wrong filter: %d", a.Status)
	}
	if a := v.Do(t, "GET", "/incidents?text=%3Cscript%3Ealert(1)%3C/script%3E", nil); strings.Contains(string(a.Body), "<script>alert") {
		t.Error("what was asked is not escaped")
	}
}

func TestPrintingIsRegistered(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	duty := s.As(t, "duty")
	if a := duty.Do(t, "GET", "/incidents/print?lang=en", nil); a.Status != 303 || a.Header.Get("Location") != "/login/second?back=%2Fincidents%2Fprint%3Flang%3Den" {
		t.Errorf("without a second factor: %d %s", a.Status, a.Header.Get("Location"))
	}
	s.Show(t, duty, "duty")
	if a := duty.Do(t, "GET", "/incidents/print?lang=en", nil); a.Status != 422 || strings.Contains(string(a.Body), i.ID) {
		t.Errorf("without a reason: %d", a.Status)
	}
	if a := duty.Do(t, "GET", "/incidents/print?lang=en&purpose=check&reason=morning+meeting", nil); a.Status != 200 || !strings.Contains(string(a.Body), i.ID) {
		t.Errorf("with one: %d %.300s", a.Status, a.Body)
	}
	if a := s.As(t, "watch").Do(t, "GET", "/incidents/print?purpose=check&reason=curious", nil); a.Status != 403 || strings.Contains(string(a.Body), i.ID) {
		t.Errorf("a guard prints: %d", a.Status)
	}
	var page struct {
		Rows []struct{ Who, Act, Result, Reason string }
	}
	s.As(t, "auditor").Do(t, "GET", "/api/v1/register?purpose=audit&reason=check&act=print", nil).Into(t, &page)
	if len(page.Rows) != 1 || page.Rows[0].Who != "duty" || page.Rows[0].Reason != "morning meeting" {
		t.Errorf("%+v", page.Rows)
	}
	s.As(t, "auditor").Do(t, "GET", "/api/v1/register?purpose=audit&reason=check&act=export", nil).Into(t, &page)
	if len(page.Rows) != 1 || page.Rows[0].Who != "watch" || page.Rows[0].Result != "denied" {
		t.Errorf("%+v", page.Rows)
	}
}

func TestQuickEntry(t *testing.T) {
	s := apptest.Start(t)
	grid := s.As(t, "grid")
	first := string(grid.Do(t, "GET", "/report?lang=en", nil).Body)
	if !strings.Contains(first, "/report?class=env.waste_overflow") {
		t.Fatalf("no classes: %.500s", first)
	}
	second := string(grid.Do(t, "GET", "/report?class=env.waste_overflow&lang=en", nil).Body)
	if !strings.Contains(second, "place=dongguan%2fc3%2fyard") || strings.Contains(second, "cam1") {
		t.Fatalf("no places, or devices: %.900s", second)
	}
	third := string(grid.Do(t, "GET", "/report?class=env.waste_overflow&place=dongguan/c3/yard&lang=en", nil).Body)
	_, key, _ := strings.Cut(third, `name="key" value="`)
	key, _, _ = strings.Cut(key, `"`)
	form := url.Values{"csrf": {grid.CSRF}, "key": {key}, "class": {"env.waste_overflow"}, "place": {"dongguan/c3/yard"}, "text": {"full since morning"}}
	for range 2 { // a double tap
		a := grid.Do(t, "POST", "/report", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		if a.Status != http.StatusSeeOther {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	list, err := s.Incidents().List(t.Context(), incident.Filter{Scope: incident.Everything})
	if err != nil || len(list) != 1 || list[0].FirstSource != "grid_worker" || list[0].State != incident.Reported || list[0].Events != 1 {
		t.Errorf("%+v %v", list, err)
	}
	form.Set("csrf", "forged")
	if a := grid.Do(t, "POST", "/report", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-CSRF-Token", ""); a.Status != 403 {
		t.Errorf("forged: %d", a.Status)
	}
}

// read reads the feed until enough incidents came, and returns their positions.
func read(t *testing.T, v *apptest.Visitor, after string, enough int) (positions []int64, first string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.Base+"/api/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", after)
	resp, err := v.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	buf, text := make([]byte, 4096), ""
	for len(positions) < enough {
		n, err := resp.Body.Read(buf)
		text += string(buf[:n])
		for {
			one, rest, ok := strings.Cut(text, "\n\n")
			if !ok {
				break
			}
			text = rest
			if strings.Contains(one, "event: reset") {
				return nil, "reset"
			}
			if _, data, ok := strings.Cut(one, "data: "); ok && strings.Contains(one, "event: incident") {
				var c struct{ Position int64 }
				if err := json.Unmarshal([]byte(data), &c); err != nil {
					t.Fatal(err)
				}
				positions = append(positions, c.Position)
			}
		}
		if err != nil && err != io.EOF {
			t.Fatalf("after %v: %v", positions, err)
		}
	}
	return positions, "incident"
}

func TestTheFeedMissesNothing(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "li")
	v := s.As(t, "li")
	for range 5 {
		s.Happen(t, event.Motion, "yard", event.Start)
	}
	if got, _ := read(t, v, "0", 5); len(got) != 5 || got[0] != 1 || got[4] != 5 {
		t.Errorf("from the beginning: %v", got)
	}
	if got, _ := read(t, v, "3", 2); len(got) != 2 || got[0] != 4 {
		t.Errorf("from position 3: %v", got)
	}
	live := make(chan []int64)
	go func() {
		got, _ := read(t, v, "5", 2)
		live <- got
	}()
	s.Happen(t, event.Motion, "gate", event.Start)
	s.Happen(t, event.Motion, "lane", event.Start)
	if got := <-live; len(got) != 2 || got[0] != 6 || got[1] != 7 {
		t.Errorf("live: %v", got)
	}
	if _, what := read(t, v, "900000", 1); what != "reset" {
		t.Errorf("a position from another database: %s, want reset", what)
	}
}

// Who sees one compound only is told of no other.
func TestTheFeedKeepsToItsScope(t *testing.T) {
	s := apptest.Start(t)
	v := s.As(t, "handler") // of compound 3
	s.Happen(t, event.Motion, "elsewhere", event.Start)
	here := s.Happen(t, event.Motion, "courtyard", event.Start)
	got, _ := read(t, v, "0", 1)
	changes, err := s.Incidents().Changes(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.Incident.ID == here.ID && got[0] != c.Position {
			t.Errorf("first told of position %d, want %d", got[0], c.Position)
		}
	}
}
