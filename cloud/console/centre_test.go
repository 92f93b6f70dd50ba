package console_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eastgate/cloud/access"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/config"
	"eastgate/cloud/store/storetest"
	"eastgate/edge/identity"
	"eastgate/shared/event"
)

// Every page by which the centre is run answers whom it is for, in both languages,
// and says to everybody else whom to ask.
func TestThePagesOfTheCentreByRole(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	for _, page := range []struct {
		path string
		may  []string
		says string // in English
	}{
		{"/boxes", []string{"sysadmin", "duty", "lead", "super"}, "garden/gate-1"},
		{"/people", []string{"sysadmin", "secadmin"}, "Mr duty"},
		{"/organisations", []string{"sysadmin", "lead"}, "Garden Property"},
		{"/agreements", []string{"lead", "super"}, "nothing is told outside"},
		{"/places", []string{"sysadmin"}, "dongguan/c3/yard"},
		{"/register", []string{"auditor"}, "The chain holds"},
		{"/register?purpose=audit&reason=yearly&result=denied", []string{"auditor"}, "DENIED"},
		{"/health", []string{"sysadmin", "duty", "lead", "super"}, "No robot is set up"},
		{"/system", []string{"sysadmin"}, "Database"},
		{"/setup", []string{"sysadmin", "secadmin"}, "Three administrators"},
		{"/bundles", []string{"duty", "dispatch", "lead", "super"}, "Nobody has asked"},
		{"/handover", []string{"duty", "lead"}, i.Number},
	} {
		for name := range apptest.People {
			v := s.As(t, name)
			for _, lang := range []string{"zh-CN", "en"} {
				at := page.path + map[bool]string{true: "&", false: "?"}[strings.Contains(page.path, "?")] + "lang=" + lang
				a := v.Do(t, "GET", at, nil)
				may := slices.Contains(page.may, name)
				switch body := string(a.Body); {
				case may != (a.Status == http.StatusOK) || !may && a.Status != http.StatusForbidden:
					t.Errorf("%s %s: %d %.300s", name, at, a.Status, a.Body)
				case strings.Contains(body, "<no value>"), may && lang == "en" && !strings.Contains(body, page.says):
					t.Errorf("%s %s does not say %q: %.6000s", name, at, page.says, body)
				}
			}
		}
	}
}

func TestABoxAndAPersonByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	sys, sec := s.As(t, "sysadmin"), s.As(t, "secadmin")
	secret := regexp.MustCompile(`<code class="secret" id="secret">([^<]+)</code>`)
	a := fill(t, sys, "/boxes", "/boxes", url.Values{"site": {"garden"}, "box": {"gate-2"}})
	found := secret.FindStringSubmatch(string(a.Body))
	if a.Status != 200 || found == nil || !strings.Contains(string(a.Body), "edge enrol -cloud "+s.BoxesURL()+" "+found[1]) {
		t.Fatalf("enrol: %d %.500s", a.Status, a.Body)
	}
	if strings.Contains(string(sys.Do(t, "GET", "/boxes", nil).Body), found[1]) {
		t.Error("the code is shown again")
	}
	if e, err := identity.Enrol(t.Context(), t.TempDir(), s.BoxesURL(), found[1]); err != nil || e.Box != "gate-2" {
		t.Errorf("a box with this code: %+v, %v", e, err)
	}
	if a := fill(t, sys, "/boxes", "/boxes/garden/gate-2/revoke", nil); a.Status != 422 {
		t.Errorf("revoke without a reason: %d", a.Status)
	}
	if a := fill(t, sys, "/boxes", "/boxes/garden/gate-2/revoke", url.Values{"reason": {"stolen"}}); a.Status != 303 || !strings.Contains(string(sys.Do(t, "GET", "/boxes?lang=en", nil).Body), "revoked") {
		t.Errorf("revoke: %d", a.Status)
	}
	if a := fill(t, sys, "/boxes", "/boxes", url.Values{"site": {"No Name"}, "box": {"gate-2"}}); a.Status != 422 || !strings.Contains(string(a.Body), `value="No Name"`) {
		t.Errorf("a wrong name: %d %.300s", a.Status, a.Body)
	}
	a = fill(t, sys, "/people", "/people", url.Values{"name": {"hu"}, "person": {"Hu Yi"}, "unit": {access.CommunityUnit}})
	found = secret.FindStringSubmatch(string(a.Body))
	if a.Status != 200 || found == nil {
		t.Fatalf("open: %d %.500s", a.Status, a.Body)
	}
	if a := fill(t, sec, "/people", "/grants", url.Values{"account": {"hu"}, "grant_role": {"duty_officer"}, "scope": {"dongguan"}, "valid_to": {"2099-12-31"}}); a.Status != 303 {
		t.Fatalf("grant: %d %.500s", a.Status, a.Body)
	}
	hu := s.Visitor(t)
	if code := hu.Login(t, "hu", found[1]); code != 303 {
		t.Fatalf("log in: %d", code)
	}
	if page := string(hu.Do(t, "GET", "/tasks?lang=en", nil).Body); !strings.Contains(page, "choose another one") {
		t.Error("nobody says that the password is somebody else's")
	}
	if a := fill(t, hu, "/account", "/account", url.Values{"old": {found[1]}, "password": {"battery-staple"}}); a.Status != 303 {
		t.Errorf("password: %d %.300s", a.Status, a.Body)
	}
	if page := string(sec.Do(t, "GET", "/people?lang=en", nil).Body); !strings.Contains(page, "duty officer @ dongguan until 2100-01-01") {
		t.Errorf("the grant is not shown: %.3000s", page)
	}
	end := regexp.MustCompile(`/grants/[0-9A-Z]{26}/revoke`).FindString(afterText(string(sec.Do(t, "GET", "/people?lang=en", nil).Body), "Hu Yi"))
	if a := fill(t, sec, "/people", end, nil); a.Status != 303 || hu.Do(t, "GET", "/handover", nil).Status != 403 {
		t.Errorf("the grant has not ended: %d", a.Status)
	}
}

func afterText(s, mark string) string { _, rest, _ := strings.Cut(s, mark); return rest }

func TestPlacesAreImportedFromAFile(t *testing.T) {
	s := apptest.Start(t)
	sys := s.As(t, "sysadmin")
	send := func(list string) apptest.Answer {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for name, v := range formOf(t, string(sys.Do(t, "GET", "/places", nil).Body), "/places") {
			if err := w.WriteField(name, v[0]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", "places.csv")
		if err != nil {
			t.Fatal(err)
		}
		part.Write([]byte(list)) //nolint:errcheck // memory
		w.Close()                //nolint:errcheck // memory
		return sys.Do(t, "POST", "/places?lang=en", body.Bytes(), "Content-Type", w.FormDataContentType(), "X-CSRF-Token", "")
	}
	if a := send("code,parent,kind,zh,en\nx,c3,castle,堡,Castle\n"); !strings.Contains(string(a.Body), "castle") || !strings.Contains(string(a.Body), "Nothing was changed") {
		t.Errorf("a wrong line: %d %.2000s", a.Status, a.Body)
	}
	if a := send("code,parent,kind,zh,en\ngate,c3,spot,大门,Gate\n"); !strings.Contains(string(a.Body), "1 added") {
		t.Errorf("a right one: %d %.2000s", a.Status, a.Body)
	}
	if a := sys.Do(t, "GET", "/places/template.csv", nil); a.Status != 200 || !strings.Contains(string(a.Body), "code,parent,kind") {
		t.Errorf("the template: %d", a.Status)
	}
}

func TestAShiftByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	duty, lead := s.As(t, "duty"), s.As(t, "lead")
	if a := fill(t, duty, "/handover", "/handover", url.Values{"text": {"the gate's key is with Li"}}); a.Status != 303 {
		t.Fatalf("sign off: %d %.500s", a.Status, a.Body)
	}
	page := string(lead.Do(t, "GET", "/handover?lang=en", nil).Body)
	take := regexp.MustCompile(`/handover/[0-9A-Z]{26}/take`).FindString(page)
	if !strings.Contains(page, "the gate") || take == "" {
		t.Fatalf("no sheet: %.3000s", page)
	}
	if a := fill(t, lead, "/handover", take, nil); a.Status != 409 || !strings.Contains(string(a.Body), i.Number) {
		t.Errorf("unread: %d %.300s", a.Status, a.Body)
	}
	if a := fill(t, lead, "/handover", strings.TrimSuffix(take, "take")+"open/"+i.ID, nil); a.Status != 303 || a.Header.Get("Location") != "/incidents/"+i.ID {
		t.Errorf("open: %d %s", a.Status, a.Header.Get("Location"))
	}
	if a := fill(t, lead, "/handover", take, url.Values{"text": {"seen"}}); a.Status != 303 {
		t.Errorf("sign on: %d %.300s", a.Status, a.Body)
	}
	if a := duty.Do(t, "GET", strings.TrimSuffix(take, "/take")+"?lang=en", nil); !strings.Contains(string(a.Body), "Mr lead") {
		t.Errorf("the sheet does not say who took over: %.2000s", a.Body)
	}
}

func TestTheRosterByFormsAlone(t *testing.T) {
	s := apptest.Start(t)
	lead := s.As(t, "lead")
	old := formOf(t, string(lead.Do(t, "GET", "/health", nil).Body), "/health/roster")
	turn := url.Values{"account": {"duty"}, "order": {"1"}, "from_hour": {"20:00"}, "to_hour": {"08:00"}}
	if a := post(t, lead, "/health/roster", old, turn); a.Status != 303 {
		t.Fatalf("add: %d %.500s", a.Status, a.Body)
	}
	if a := post(t, lead, "/health/roster", old, turn); a.Status < 400 {
		t.Errorf("from an old page: %d", a.Status)
	}
	if page := string(s.As(t, "duty").Do(t, "GET", "/health?lang=en", nil).Body); !strings.Contains(page, "20:00–08:00") || strings.Contains(page, "/health/roster/0/drop") {
		t.Errorf("the roster: %.3000s", page)
	}
	if a := fill(t, lead, "/health", "/health/roster/0/drop", nil); a.Status != 303 {
		t.Errorf("drop: %d %.300s", a.Status, a.Body)
	}
}

// An empty system has no account and no default password: who has the code from the
// terminal makes the three administrators, once.
func TestAnEmptySystemIsFounded(t *testing.T) {
	dir := t.TempDir()
	s := apptest.Bare(t, config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: storetest.Address(t), EvidenceDir: dir + "/evidence",
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: dir + "/broker"}, Authority: config.Authority{Dir: dir + "/authority"},
	})
	v := s.Visitor(t)
	if a := v.Do(t, "GET", "/setup?lang=en", nil); a.Status != 200 || !strings.Contains(string(a.Body), "Setup code") {
		t.Fatalf("%d %.500s", a.Status, a.Body)
	}
	form := url.Values{"code": {"aaaa-bbbb-cccc-dddd"}, "name": {"sys"}, "person": {"Li Ming"}, "password": {"battery-staple"}, "security": {"sec"}, "security_person": {"Sun An"}, "audit": {"aud"}, "audit_person": {"Zhou Shen"}}
	if a := post(t, v, "/setup", nil, form); a.Status != 403 || strings.Contains(string(a.Body), "battery-staple") {
		t.Errorf("a wrong code: %d %.300s", a.Status, a.Body)
	}
	form.Set("code", s.FoundingCode(t))
	form.Set("audit_person", "Sun An")
	if a := post(t, v, "/setup", nil, form); a.Status != 422 {
		t.Errorf("one person twice: %d %.300s", a.Status, a.Body)
	}
	form.Set("audit_person", "Zhou Shen")
	a := post(t, v, "/setup", nil, form)
	words := regexp.MustCompile(`<code class="secret">([^<]+)</code>`).FindAllStringSubmatch(string(a.Body), -1)
	if a.Status != 200 || len(words) != 2 {
		t.Fatalf("found: %d %.900s", a.Status, a.Body)
	}
	if code := s.Visitor(t).Login(t, "sec", words[0][1]); code != 303 {
		t.Errorf("the security administrator: %d", code)
	}
	if a := post(t, v, "/setup", nil, form); a.Status != 409 {
		t.Errorf("a second time: %d", a.Status)
	}
	if code := v.Login(t, "sys", "battery-staple"); code != 303 {
		t.Fatalf("log in: %d", code)
	}
	firstFactor(t, v)
	page := string(v.Do(t, "GET", "/setup?lang=en", nil).Body)
	if !strings.Contains(page, "1 of 8 steps") || !strings.Contains(page, "Start a drill") {
		t.Errorf("the steps: %.3000s", page)
	}
	if a := fill(t, v, "/setup", "/drill", nil); a.Status != 303 {
		t.Errorf("a drill: %d %.300s", a.Status, a.Body)
	}
}
