package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// Every operation that only reads answers every role as the document says.
func TestEveryReadingAnswersAsDocumented(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.Dispatched)
	paths := []string{
		"/api/v1/me", "/api/v1/incidents", "/api/v1/incidents?state=open&level=1,2,3,4&sort=level&limit=3", "/api/v1/incidents?overdue=true&sort=due", "/api/v1/incidents/" + i.ID,
		"/api/v1/incidents/" + i.ID + "/history", "/api/v1/incidents/" + i.ID + "/actions", "/api/v1/incidents/" + i.ID + "/whistles", "/api/v1/whistles", "/api/v1/actions",
		"/api/v1/reminders", "/api/v1/reminders?overdue=true&ticket=true&limit=5", "/api/v1/domains", "/api/v1/classes", "/api/v1/places", "/api/v1/places?place=dongguan/c3&text=house", "/api/v1/organisations", "/api/v1/cameras", "/api/v1/cameras/states", "/api/v1/cameras/garden/gate-1/courtyard", "/api/v1/cameras/garden/gate-1/courtyard/zones", "/api/v1/plan", "/api/v1/plan?place=dongguan/c3", "/api/v1/coverage",
		"/api/v1/figures?month=2026-01", "/api/v1/figures/definitions", "/api/v1/figures/desk?month=2026-01", "/api/v1/figures/desk?month=2030-01", "/api/v1/boxes", "/api/v1/people", "/api/v1/handovers", "/api/v1/handovers/now", "/api/v1/handovers/01M885N46G188XQ6MNTF3YVRYW", "/api/v1/system", "/api/v1/setup", "/api/v1/register/proof", "/api/v1/export/register?purpose=audit&reason=look", "/api/v1/figures?month=january", "/api/v1/register?purpose=audit&reason=looking", "/api/v1/register", "/api/v1/incidents/01M885N46G188XQ6MNTF3YVRYW",
		"/api/v1/export/incidents?format=csv&purpose=check&reason=meeting&state=open", "/api/v1/export/incidents?format=csv",
	}
	for name := range apptest.People {
		for _, path := range paths {
			if a := w.ask(t, name, "GET", path, nil); a.Status >= 500 && !strings.Contains(path, "figures") {
				t.Errorf("%s asks %s: %d %s", name, path, a.Status, a.Body)
			}
		}
	}
}

func TestPagesHoldEachIncidentOnce(t *testing.T) {
	w := open(t)
	for range 7 {
		w.bring(t, incident.Reported)
	}
	for _, sort := range []string{"newest", "oldest", "level", "due"} {
		seen, next := map[string]bool{}, ""
		for n := 0; n == 0 || next != ""; n++ {
			var page struct {
				Incidents []api.Incident
				Next      string
			}
			w.ask(t, "duty", "GET", "/api/v1/incidents?limit=3&sort="+sort+"&after="+next, nil).Into(t, &page)
			for _, i := range page.Incidents {
				if seen[i.ID] {
					t.Errorf("%s: %s twice", sort, i.Number)
				}
				seen[i.ID] = true
			}
			next = page.Next
			if n == 1 {
				w.bring(t, incident.Reported) // what comes meanwhile shifts no page
			}
		}
		if len(seen) < 7 {
			t.Errorf("%s: %d of 7", sort, len(seen))
		}
	}
	if a := w.ask(t, "duty", "GET", "/api/v1/incidents?after=%21", nil); a.Status != 422 {
		t.Errorf("a cursor of nobody's: %d", a.Status)
	}
}

func TestWhoIsSlowerSeesWhoWasFaster(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.Reported)
	slow := *i
	if a := w.act(t, "duty", i, incident.Verify, incident.Command{}); a.Status != 200 || a.Header.Get("ETag") != `"2"` {
		t.Fatalf("%d %v", a.Status, a.Header)
	}
	a := w.act(t, "duty", &slow, incident.Decline, incident.Command{Reason: "late"})
	var p struct {
		Type     string
		Incident api.Incident
	}
	if a.Into(t, &p); a.Status != 412 || p.Incident.State != incident.Verifying {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := w.act(t, "duty", i, incident.Close, incident.Command{}); a.Status != 409 {
		t.Errorf("an action that cannot follow: %d %s", a.Status, a.Body)
	}
	path := "/api/v1/incidents/" + i.ID + "/actions/decline"
	if a := w.ask(t, "duty", "POST", path, `{"reason":"x"}`); a.Status != 428 {
		t.Errorf("without a version: %d", a.Status)
	}
	if a := w.ask(t, "duty", "POST", path, `{}`, "If-Match", `"2"`); a.Status != 422 || !strings.Contains(string(a.Body), `"/reason"`) {
		t.Errorf("without a reason: %d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "duty", "POST", "/api/v1/incidents/"+i.ID+"/actions/dance", `{}`, "If-Match", `"2"`); a.Status != 422 {
		t.Errorf("no such action: %d", a.Status)
	}
}

// A key is remembered by the store: also a cloud that was started anew gives the
// first answer again.
func TestAReportIsMadeOnceOverARestart(t *testing.T) {
	w := open(t)
	body := map[string]any{"class": "report.suggestion", "place": "yard", "text": "a bench"}
	key := []string{"Idempotency-Key", "bench-00001"}
	first := w.ask(t, "grid", "POST", "/api/v1/incidents", body, key...)
	if first.Status != http.StatusCreated || !strings.HasPrefix(first.Header.Get("Location"), "/api/v1/incidents/") {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	again := &world{Site: apptest.Again(t, w.Site), doc: w.doc, people: map[string]*apptest.Visitor{}}
	second := again.ask(t, "grid", "POST", "/api/v1/incidents", body, key...)
	if second.Status != http.StatusCreated || !bytes.Equal(first.Body, second.Body) || second.Header.Get("ETag") != first.Header.Get("ETag") {
		t.Errorf("%d %s", second.Status, second.Body)
	}
	body["text"] = "two benches"
	if a := again.ask(t, "grid", "POST", "/api/v1/incidents", body, key...); a.Status != 422 || !strings.Contains(string(a.Body), "key-reused") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := again.ask(t, "grid", "POST", "/api/v1/incidents", body); a.Status != 400 {
		t.Errorf("without a key: %d", a.Status)
	}
	if n, err := again.Incidents().Count(t.Context(), incident.Filter{Scope: incident.Everything}); err != nil || n != 1 {
		t.Errorf("%d incidents %v", n, err)
	}
}

func TestWhatARoleDoesNotSee(t *testing.T) {
	w := open(t)
	a := w.ask(t, "duty", "POST", "/api/v1/incidents", map[string]any{"class": "report.dispute", "place": "yard", "text": "Mr Zhao shouts"}, "Idempotency-Key", "dispute-1")
	var i api.Incident
	if a.Into(t, &i); a.Status != 201 || i.Text != "" { // the words are shown, and registered, one by one
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for name, sees := range map[string]bool{"duty": true, "lead": true, "handler": false, "watch": false, "reporter": false} {
		a := w.ask(t, name, "GET", "/api/v1/incidents/"+i.ID, nil)
		if got := strings.Contains(string(a.Body), "Zhao"); a.Status != 200 || got != sees {
			t.Errorf("%s: %d, sees the text: %v", name, a.Status, got)
		}
	}
	for _, name := range []string{"sysadmin", "secadmin", "auditor"} {
		if a := w.ask(t, name, "GET", "/api/v1/incidents/"+i.ID, nil); a.Status != 403 {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	there := w.Happen(t, event.FireVisual, "elsewhere", event.Start)
	if a := w.ask(t, "handler", "GET", "/api/v1/incidents/"+there.ID, nil); a.Status != 404 {
		t.Errorf("a handler of compound 3 sees elsewhere: %d", a.Status)
	}
}

func TestExportsAreRegisteredAndKeepToTheScope(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.Closed)
	if a := w.ask(t, "duty", "GET", "/api/v1/export/incidents?format=csv&purpose=check&reason=month", nil); a.Status != 403 || !strings.Contains(string(a.Body), "second-needed") {
		t.Errorf("without a second factor: %d %s", a.Status, a.Body)
	}
	w.Show(t, w.who(t, "duty"), "duty")
	a := w.ask(t, "duty", "GET", "/api/v1/export/incidents?format=csv&purpose=check&reason=month", nil)
	rows, err := csv.NewReader(bytes.NewReader(a.Body)).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][0] != i.ID || rows[1][5] != "closed" || rows[1][16] != "handler" || rows[1][17] != "check" {
		t.Errorf("%d %q %v", a.Status, a.Body, err)
	}
	for path, want := range map[string]int{
		"?format=csv": 422, "?format=pdf&purpose=check&reason=x": 422, "?format=xlsx&purpose=check&reason=x": 200, "?format=csv-excel&purpose=fun&reason=x": 422,
	} {
		if a := w.ask(t, "duty", "GET", "/api/v1/export/incidents"+path, nil); a.Status != want {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
	if a := w.ask(t, "grid", "GET", "/api/v1/export/incidents?format=csv&purpose=check&reason=x", nil); a.Status != 403 {
		t.Errorf("a grid worker takes the list out: %d", a.Status)
	}
	var page struct {
		Rows []struct{ Who, Act, Result string }
		Next string
	}
	w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=look&act=export&limit=2", nil).Into(t, &page)
	if len(page.Rows) != 2 || page.Rows[0].Who != "grid" || page.Rows[0].Result != "denied" || page.Next == "" {
		t.Errorf("%+v", page)
	}
	w.ask(t, "auditor", "GET", "/api/v1/register?purpose=audit&reason=look&act=export&limit=2&after="+page.Next, nil).Into(t, &page)
	if len(page.Rows) != 1 || page.Rows[0].Who != "duty" || page.Rows[0].Result != "done" {
		t.Errorf("%+v", page)
	}
}

func TestWhistlesThroughTheAPI(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.InProgress)
	body := map[string]any{"kind": "problem", "unit": "property", "purpose": "repair the wall"}
	a := w.ask(t, "duty", "POST", "/api/v1/incidents/"+i.ID+"/whistles", body, "Idempotency-Key", "whistle-1")
	var v api.Whistle
	if a.Into(t, &v); a.Status != 201 || v.State != "drafted" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, s := range []struct {
		who, action string
		body        string
		status      int
	}{
		{"duty", "approve", `{}`, 403},
		{"lead", "approve", `{}`, 200},
		{"duty", "send", `{}`, 200},
		{"handler", "acknowledge", `{}`, 200},
		{"handler", "acknowledge", `{}`, 409},
		{"handler", "attend", `{}`, 200},
		{"handler", "deliver", `{}`, 422},
		{"handler", "deliver", `{"result":"built"}`, 200},
		{"duty", "accept", `{}`, 200},
	} {
		a := w.ask(t, s.who, "POST", "/api/v1/whistles/"+v.ID+"/actions/"+s.action, s.body, "If-Match", fmt.Sprintf("%q", fmt.Sprint(v.Version)))
		if a.Status != s.status {
			t.Fatalf("%s by %s: %d %s", s.action, s.who, a.Status, a.Body)
		}
		if a.Status == 200 {
			a.Into(t, &v)
		}
	}
	if a := w.ask(t, "duty", "POST", "/api/v1/whistles/"+v.ID+"/actions/rate_unit", `{"rating":5}`, "If-Match", `"1"`); a.Status != 412 {
		t.Errorf("an old version: %d", a.Status)
	}
}

// A case that two units gave back is a ticket, which the supervisor follows up.
func TestRemindersThroughTheAPI(t *testing.T) {
	w := open(t)
	i := w.bring(t, incident.Returned)
	for _, s := range []step{{"dispatch", incident.Classify}, {"lead", incident.Assess}, {"dispatch", incident.Dispatch}, {"handler", incident.Return}} {
		if a := w.act(t, s.who, i, s.action, full(i.Class)); a.Status != 200 {
			t.Fatalf("%s: %d %s", s.action, a.Status, a.Body)
		}
	}
	var page struct {
		Reminders []struct {
			Position         int64
			Number, To, Step string
		}
	}
	for end := time.Now().Add(30 * time.Second); len(page.Reminders) == 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		w.ask(t, "super", "GET", "/api/v1/reminders?ticket=true", nil).Into(t, &page)
	}
	if len(page.Reminders) != 1 || page.Reminders[0].Number != i.Number || page.Reminders[0].To != "supervisor" {
		t.Fatalf("%+v", page)
	}
	settle := fmt.Sprintf("/api/v1/reminders/%d/settle", page.Reminders[0].Position)
	for _, c := range []struct {
		who, body string
		status    int
	}{{"duty", `{"note":"spoken to both"}`, 403}, {"super", `{}`, 422}, {"super", `{"note":"spoken to both"}`, 204}, {"super", `{"note":"again"}`, 404}, {"auditor", `{"note":"x"}`, 403}} {
		if a := w.ask(t, c.who, "POST", settle, c.body); a.Status != c.status {
			t.Errorf("%s %s: %d %s", c.who, c.body, a.Status, a.Body)
		}
	}
}

func TestPhotosAndHotlineFiles(t *testing.T) {
	w := open(t)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 80, 60)), nil); err != nil {
		t.Fatal(err)
	}
	a := w.ask(t, "handler", "POST", "/api/v1/photos", b.Bytes(), "Content-Type", "image/jpeg")
	var photo struct{ SHA256 string }
	if a.Into(t, &photo); a.Status != 201 || len(photo.SHA256) != 64 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := w.ask(t, "handler", "POST", "/api/v1/photos", "no picture", "Content-Type", "image/jpeg"); a.Status != 422 {
		t.Errorf("no picture: %d", a.Status)
	}
	file := "工单编号,来电时间,类别,地点,内容\nH1,2026-03-01 09:00,,yard,没人收垃圾\nH2,2026-03-01 09:00,,nowhere,?\nH3,2026-03-01 09:00,no.class,yard,?\n"
	var out struct {
		Taken  int
		Faults []struct {
			Line   int
			Column string
		}
	}
	for range 2 {
		a := w.ask(t, "duty", "POST", "/api/v1/reports/hotline", file, "Content-Type", "text/csv")
		if a.Into(t, &out); a.Status != 200 || out.Taken != 1 || len(out.Faults) != 2 || out.Faults[0].Column != "place" || out.Faults[1].Line != 4 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	list, err := w.Incidents().List(t.Context(), incident.Filter{Scope: incident.Everything})
	if err != nil || len(list) != 1 || list[0].FirstSource != "hotline_12345" || list[0].Events != 1 {
		t.Errorf("the same file twice: %+v %v", list, err)
	}
	if a := w.ask(t, "grid", "POST", "/api/v1/reports/hotline", file, "Content-Type", "text/csv"); a.Status != 403 {
		t.Errorf("a grid worker imports: %d", a.Status)
	}
}

func TestProgramsLogInWithAToken(t *testing.T) {
	w := open(t)
	w.Let(t, "duty")
	v := w.Visitor(t)
	var s struct{ Token, Name string }
	if a := v.Do(t, "POST", "/api/v1/session", map[string]string{"name": "duty", "password": apptest.Password}); a.Into(t, &s) != 201 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	bare := w.Visitor(t)
	auth := []string{"Authorization", "Bearer " + s.Token}
	if a := bare.Do(t, "GET", "/api/v1/me", nil, auth...); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := bare.Do(t, "DELETE", "/api/v1/session", nil, auth...); a.Status != 204 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := bare.Do(t, "GET", "/api/v1/me", nil, auth...); a.Status != 401 {
		t.Errorf("after the logout: %d", a.Status)
	}
	if a := v.Do(t, "POST", "/api/v1/session", map[string]string{"name": "duty", "password": "wrong"}); a.Status != 401 || !json.Valid(a.Body) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := v.Do(t, "PUT", "/api/v1/me", `{}`); a.Status != 405 || a.Header.Get("Allow") == "" {
		t.Errorf("a method that is not: %d %v", a.Status, a.Header)
	}
}

func TestTheDocumentationIsWhole(t *testing.T) {
	w := open(t)
	for lang, words := range map[string]string{"zh-CN": "执行操作", "en": "Do one action with an incident"} {
		a := w.who(t, "duty").Do(t, "GET", "/api/docs?lang="+lang, nil)
		page := string(a.Body)
		if a.Status != 200 || !strings.Contains(page, words) || strings.Contains(page, "<script") || strings.Contains(page, "http://") {
			t.Errorf("%s: %d", lang, a.Status)
		}
		for _, op := range w.doc.Operations {
			if !strings.Contains(page, `id="`+op.ID+`"`) {
				t.Errorf("%s: %s is missing", lang, op.ID)
			}
		}
	}
}
