package console_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// fill reads the form that is sent to a path from a page, with its hidden fields, and
// sends it with what is typed.
func fill(t *testing.T, v *apptest.Visitor, page, action string, typed url.Values) apptest.Answer {
	t.Helper()
	return post(t, v, action, formOf(t, string(v.Do(t, "GET", page, nil).Body), action), typed)
}

func post(t *testing.T, v *apptest.Visitor, action string, hidden, typed url.Values) apptest.Answer {
	t.Helper()
	form := url.Values{}
	for name, values := range hidden {
		form[name] = values
	}
	for name, values := range typed {
		form[name] = values
	}
	return v.Do(t, "POST", action, form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-CSRF-Token", "")
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

func formOf(t *testing.T, page, action string) url.Values {
	t.Helper()
	_, rest, ok := strings.Cut(page, `action="`+action+`"`)
	if !ok {
		t.Fatalf("there is no form for %s in\n%.3000s", action, page)
	}
	text, _, _ := strings.Cut(rest, "</form>")
	out := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(text, -1) {
		out.Set(m[1], html.UnescapeString(m[2]))
	}
	return out
}

// walk takes an incident from the alarm to the end by the office's forms alone, each
// step by who may take it, and nobody is offered more than the table gives him.
func TestAnIncidentByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireLaneBlocked, "courtyard", event.Start)
	at := "/incidents/" + i.ID
	for _, step := range []struct {
		who, action string
		typed       url.Values
	}{
		{"duty", "confirm", nil},
		{"dispatch", "classify", url.Values{"class": {"fire.lane_blocked"}, "unit": {"property"}}},
		{"lead", "assess", url.Values{"level": {"2"}, "reason": {"blocks the fire engine"}}},
		{"dispatch", "dispatch", url.Values{"handling_unit": {"property"}}},
		{"handler", "accept", nil},
		{"handler", "arrive", nil},
		{"handler", "resolve", url.Values{"result": {"car moved"}, "no_photo": {"dark"}}},
		{"check", "check", nil},
		{"check", "review", url.Values{"call_back": {"no reporter"}, "cause": {"no marking"}}},
		{"lead", "close", nil},
	} {
		v := s.As(t, step.who)
		page := "/tasks"
		if step.who == "check" && step.action == "review" {
			page = at
		}
		a := fill(t, v, page, at+"/do/"+step.action, step.typed)
		if a.Status != http.StatusSeeOther || !strings.Contains(a.Header.Get("Location"), "done=action."+step.action) {
			t.Fatalf("%s by %s: %d %s %.600s", step.action, step.who, a.Status, a.Header.Get("Location"), a.Body)
		}
	}
	got, err := s.Incidents().Get(t.Context(), i.ID)
	if err != nil || got.State != incident.Closed {
		t.Errorf("%s %v", got.State, err)
	}
	if a := s.As(t, "watch").Do(t, "GET", at, nil); strings.Contains(string(a.Body), "/do/reopen") {
		t.Error("a guard is offered to reopen it")
	}
}

func TestARefusedFormKeepsWhatWasTyped(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.Motion, "courtyard", event.Start)
	duty, at := s.As(t, "duty"), "/incidents/"+i.ID
	old := formOf(t, string(duty.Do(t, "GET", at+"?lang=en", nil).Body), at+"/do/decline")
	if a := post(t, duty, at+"/do/decline", old, nil); a.Status != 422 || !strings.Contains(string(a.Body), `role="alert"`) {
		t.Errorf("without a reason: %d %.300s", a.Status, a.Body)
	}
	if a := fill(t, duty, at, at+"/do/verify", nil); a.Status != 303 {
		t.Fatalf("verify: %d %s", a.Status, a.Body)
	}
	a := post(t, duty, at+"/do/decline", old, url.Values{"reason": {"a long thought about it"}})
	if a.Status != 412 || !strings.Contains(string(a.Body), "a long thought about it") || !strings.Contains(string(a.Body), "Somebody was faster") {
		t.Fatalf("an old page: %d %.900s", a.Status, a.Body)
	}
	anew := formOf(t, string(a.Body), at+"/do/decline")
	if anew.Get("version") == old.Get("version") || anew.Get("key") == old.Get("key") {
		t.Errorf("the form is still the old one: %v %v", anew, old)
	}
	for range 2 { // a double click
		if a := post(t, duty, at+"/do/decline", anew, url.Values{"reason": {"a long thought about it"}}); a.Status != 303 {
			t.Errorf("again: %d %.300s", a.Status, a.Body)
		}
	}
	if a := post(t, duty, at+"/do/decline", url.Values{"csrf": {"forged"}}, nil); a.Status != 403 {
		t.Errorf("forged: %d", a.Status)
	}
	anew.Set("back", "//elsewhere.example/")
	if a := post(t, duty, at+"/do/comment", anew, url.Values{"reason": {"seen"}, "key": {"another-key-1"}, "version": {"3"}}); strings.HasPrefix(a.Header.Get("Location"), "//") {
		t.Errorf("led away to %s", a.Header.Get("Location"))
	}
}

func TestAWhistleByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireLaneBlocked, "courtyard", event.Start)
	at := "/incidents/" + i.ID
	fill(t, s.As(t, "duty"), at, at+"/do/confirm", nil)
	if a := fill(t, s.As(t, "duty"), at, at+"/whistle/draft", url.Values{"unit": {"property"}, "kind": {"problem"}, "purpose": {"move the cars"}}); a.Status != 303 {
		t.Fatalf("draft: %d %.500s", a.Status, a.Body)
	}
	whistle := regexp.MustCompile(`/whistles/[0-9A-Z]{26}/do/approve`)
	lead := s.As(t, "lead")
	found := whistle.FindString(string(lead.Do(t, "GET", "/whistles", nil).Body))
	base := strings.TrimSuffix(found, "approve")
	for _, step := range []struct {
		who, action string
		typed       url.Values
	}{
		{"lead", "approve", nil},
		{"lead", "send", nil},
		{"handler", "acknowledge", nil},
		{"handler", "attend", nil},
		{"handler", "deliver", url.Values{"result": {"eleven cars moved"}}},
		{"lead", "accept", nil},
		{"lead", "rate_unit", url.Values{"rating": {"5"}}},
	} {
		if a := fill(t, s.As(t, step.who), "/whistles", base+step.action, step.typed); a.Status != 303 {
			t.Fatalf("%s by %s: %d %.500s", step.action, step.who, a.Status, a.Body)
		}
	}
	if a := lead.Do(t, "GET", "/whistles?state=ended&lang=en", nil); !strings.Contains(string(a.Body), "accepted") {
		t.Error("it is not among the ended")
	}
}

func TestListsAreTakenOutWithAReason(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	duty := s.Exporter(t, "duty")
	if a := duty.Do(t, "GET", "/tasks?as=csv", nil); a.Status != 422 || strings.Contains(a.Header.Get("Content-Type"), "csv") {
		t.Errorf("without a reason: %d", a.Status)
	}
	if a := duty.Do(t, "GET", "/tasks?as=csv&purpose=check&reason=meeting", nil); a.Status != 200 || !strings.Contains(string(a.Body), i.Number) {
		t.Errorf("with one: %d %.300s", a.Status, a.Body)
	}
	if a := duty.Do(t, "GET", "/tasks?as=xlsx&purpose=check&reason=meeting", nil); a.Status != 200 || !strings.HasPrefix(string(a.Body), "PK") {
		t.Errorf("a workbook: %d", a.Status)
	}
	if a := duty.Do(t, "GET", "/incidents/"+i.ID+"?as=print&purpose=check&reason=meeting", nil); a.Status != 200 || !strings.Contains(string(a.Body), "printed") {
		t.Errorf("an incident on paper: %d", a.Status)
	}
	if a := s.As(t, "watch").Do(t, "GET", "/tasks?as=csv&purpose=check&reason=curious", nil); a.Status != 403 {
		t.Errorf("a guard: %d", a.Status)
	}
}

// What the office's pages say is there in both languages, and every page finds its
// texts.
func TestTheOfficesTextsAreWhole(t *testing.T) {
	texts := map[string]map[string]string{}
	for _, lang := range []string{"zh-CN", "en"} {
		m := map[string]string{}
		for _, dir := range []string{"text/", "text/office/"} {
			data, err := os.ReadFile(dir + lang + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
		}
		texts[lang] = m
	}
	for key := range texts["en"] {
		if texts["zh-CN"][key] == "" {
			t.Errorf("%s has no Chinese", key)
		}
	}
	for key := range texts["zh-CN"] {
		if texts["en"][key] == "" {
			t.Errorf("%s has no English", key)
		}
	}
	views, err := filepath.Glob("view/*.html")
	if err != nil || len(views) == 0 {
		t.Fatal("no views", err)
	}
	used := regexp.MustCompile(`index \$?o?\.T "([a-z._0-9]+)"|\.Say "([a-z._0-9]+)"`)
	for _, file := range views {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range used.FindAllStringSubmatch(string(src), -1) {
			if key := m[1] + m[2]; texts["en"][key] == "" {
				t.Errorf("%s uses %q, which has no text", file, key)
			}
		}
	}
	for _, row := range incident.Table {
		if key := "action." + string(row.Action); texts["en"][key] == "" || texts["en"]["did."+key] == "" {
			t.Errorf("%s has no words", key)
		}
		for _, f := range row.Needs {
			if !slices.Contains(keys(texts["en"], "field."), string(f)) {
				t.Errorf("field %s has no label", f)
			}
		}
	}
}

func keys(m map[string]string, prefix string) (out []string) {
	for k := range m {
		if rest, ok := strings.CutPrefix(k, prefix); ok {
			out = append(out, rest)
		}
	}
	return out
}

func TestFiguresAreShownWithTheirTrend(t *testing.T) {
	s := apptest.Start(t)
	super := s.As(t, "super")
	a := super.Do(t, "GET", "/figures?month=2026-01&lang=en", nil)
	page := string(a.Body)
	for _, want := range []string{"<svg", `data-figure="camera_first_share"`, "Of the confirmed matters that a camera can see", "no baseline", "What the desk had to bear", `href="/figures/entries"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the figures lack %q: %d", want, a.Status)
		}
	}
	if a := s.As(t, "watch").Do(t, "GET", "/figures", nil); a.Status != 403 {
		t.Errorf("a guard: %d", a.Status)
	}
	if a := super.Do(t, "GET", "/figures?month=2026-01&as=csv", nil); a.Status != 200 || strings.Count(string(a.Body), "\n") < 8 {
		t.Errorf("as a file: %d %s", a.Status, a.Body)
	}
	bad := url.Values{"of": {"handling"}, "from": {"2026-02-01"}, "to_day": {"2026-01-01"}, "how": {"measured"}}
	if a := fill(t, super, "/figures/entries", "/figures/entries/baseline", bad); a.Status != 422 || !strings.Contains(string(a.Body), `value="2026-02-01"`) {
		t.Errorf("a baseline that ends before it begins: %d %.300s", a.Status, a.Body)
	}
	for kind, typed := range map[string]url.Values{
		"baseline": {"of": {"handling"}, "from": {"2026-01-01"}, "to_day": {"2026-02-01"}, "how": {"measured"}},
		"fires":    {"month": {"2026-01"}, "fires": {"0"}},
		"audit":    {"at": {"2026-01-05T09:30"}, "place": {"dongguan/c3"}, "hours": {"1.5"}, "found": {"4"}, "known": {"3"}},
		"effort":   {"day": {"2026-01-05"}, "role": {"grid_worker"}, "worker": {"grid"}, "task": {"patrol"}, "method": {"clock"}, "hours": {"2.5"}},
	} {
		if a := fill(t, super, "/figures/entries", "/figures/entries/"+kind, typed); a.Status != 303 {
			t.Errorf("%s: %d %.400s", kind, a.Status, a.Body)
		}
	}
	if a := s.As(t, "lead").Do(t, "GET", "/figures/entries", nil); a.Status != 403 {
		t.Errorf("the centre lead, whom the figures score: %d", a.Status)
	}
}
