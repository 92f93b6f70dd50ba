package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/config"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// site is a community that another system may report to.
func site(t *testing.T) *apptest.Site {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("open-sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return apptest.Open(t, config.File{
		Listen: "127.0.0.1:0", PublicURL: "http://127.0.0.1", Store: "sqlite:" + filepath.Join(dir, "cloud.db"), EvidenceDir: filepath.Join(dir, "evidence"),
		EvidenceBytes: 1 << 30, Broker: config.Broker{Listen: "127.0.0.1:0", Dir: filepath.Join(dir, "broker")}, Authority: config.Authority{Dir: filepath.Join(dir, "authority")},
		Open311: config.Open311{Jurisdiction: "dongguan.example", Keys: []config.Reporter{{Name: "city", Key: secret.Ref{File: key}}}},
	})
}

// code is what hangs on the wall at a place.
func code(t *testing.T, s *apptest.Site, path string) string {
	t.Helper()
	page := string(s.As(t, "duty").Do(t, "GET", "/codes?place="+path, nil).Body)
	at := regexp.MustCompile(`/r/[A-Za-z0-9_-]+~[A-Za-z0-9_-]+`).FindString(page)
	if at == "" {
		t.Fatalf("no code: %.400s", page)
	}
	return at
}

// send fills in a form as a browser does.
func send(t *testing.T, v *apptest.Visitor, path string, fields map[string]string, photo []byte) apptest.Answer {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, x := range fields {
		w.WriteField(k, x)
	}
	part, err := w.CreateFormFile("photo", "p.jpg")
	if err != nil {
		t.Fatal(err)
	}
	part.Write(photo)
	w.Close()
	return v.Do(t, "POST", path, b.Bytes(), "Content-Type", w.FormDataContentType())
}

var formWord = regexp.MustCompile(`name="form" value="([^"]+)"`)

func TestTheFormBehindACode(t *testing.T) {
	s := site(t)
	at, stranger := code(t, s, "dongguan/s012/shop41"), s.Visitor(t)
	page := stranger.Do(t, "GET", at+"?lang=en", nil)
	if page.Status != 200 || !strings.Contains(string(page.Body), "Shop 41") || strings.Contains(string(page.Body), "Movement") {
		t.Fatalf("%d %.300s", page.Status, page.Body)
	}
	word := formWord.FindStringSubmatch(string(page.Body))[1]
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 60, 40)), nil); err != nil {
		t.Fatal(err)
	}
	fields := map[string]string{"form": word, "class": "env.waste_overflow", "text": "full for days", "contact": "138 0000 0000", "website": ""}
	var receipt string
	for range 2 { // sent twice it is one report
		a := send(t, stranger, at, fields, photo.Bytes())
		if receipt = a.Header.Get("Location"); a.Status != http.StatusSeeOther || receipt == "" {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	list, err := s.Incidents().List(t.Context(), incident.Filter{Scope: incident.Everything})
	if err != nil || len(list) != 1 || list[0].FirstSource != "merchant" || list[0].Events != 1 || list[0].Place != "dongguan/s012/shop41" || list[0].Snapshot == "" {
		t.Fatalf("%+v %v", list, err)
	}
	status := string(stranger.Do(t, "GET", receipt, nil).Body)
	for _, secret := range []string{"full for days", "138 0000", list[0].Snapshot, "duty"} {
		if strings.Contains(status, secret) {
			t.Errorf("the public status tells %q", secret)
		}
	}
	if !strings.Contains(status, list[0].Number) {
		t.Errorf("no number: %s", status)
	}
	// Who handles it does not learn who reported it.
	if a := s.As(t, "handler").Do(t, "GET", "/api/v1/incidents/"+list[0].ID, nil); strings.Contains(string(a.Body), "138 0000") {
		t.Error("a handler sees the contact")
	}

	fields["website"] = "http://spam.example"
	if a := send(t, stranger, at, fields, nil); a.Status != 200 || strings.Contains(string(a.Body), list[0].Number) {
		t.Errorf("a robot: %d", a.Status)
	}
	fields["website"] = ""
	for name, c := range map[string]struct {
		field, value string
		photo        []byte
	}{
		"a forged form": {"form", "x.20260101T000000Z~abc", nil}, "a device's class": {"class", "device.offline", nil}, "too many words": {"text", strings.Repeat("字", 2001), nil}, "no photo": {"text", "x", []byte("GIF89a")},
	} {
		try := map[string]string{}
		for k, x := range fields {
			try[k] = x
		}
		try["form"] = formWord.FindStringSubmatch(string(stranger.Do(t, "GET", at, nil).Body))[1]
		try[c.field] = c.value
		if a := send(t, stranger, at, try, c.photo); a.Status != 422 || !strings.Contains(string(a.Body), `role="alert"`) {
			t.Errorf("%s: %d", name, a.Status)
		}
	}
	if a := stranger.Do(t, "GET", "/r/shop41~forged", nil); a.Status != 404 {
		t.Errorf("a forged code: %d", a.Status)
	}
	camera := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	if a := stranger.Do(t, "GET", "/r/status/"+camera.ID, nil); a.Status != 404 {
		t.Errorf("strangers follow what a camera saw: %d", a.Status)
	}
	limited := false
	for range 40 {
		limited = limited || send(t, stranger, at, fields, nil).Status == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("strangers may send without end")
	}
}

func TestOpen311(t *testing.T) {
	s := site(t)
	v := s.Visitor(t)
	var services []struct {
		Code  string `json:"service_code"`
		Group string
	}
	if v.Do(t, "GET", "/open311/v2/services.json?jurisdiction_id=dongguan.example", nil).Into(t, &services); len(services) < 20 {
		t.Fatalf("%d services", len(services))
	}
	var x struct {
		XMLName  xml.Name `xml:"services"`
		Services []struct {
			Code string `xml:"service_code"`
		} `xml:"service"`
	}
	a := v.Do(t, "GET", "/open311/v2/services.xml", nil)
	if err := xml.Unmarshal(a.Body, &x); err != nil || len(x.Services) != len(services) || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/xml") {
		t.Errorf("%v %.200s", err, a.Body)
	}
	post := func(form url.Values, ending string) apptest.Answer {
		return v.Do(t, "POST", "/open311/v2/requests."+ending, form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
	}
	form := url.Values{
		"jurisdiction_id": {"dongguan.example"}, "service_code": {"env.waste_overflow"}, "lat": {"22.53031"}, "long": {"113.99031"},
		"description": {"bins are full"}, "email": {"a@example.com"}, "api_key": {"open-sesame"},
	}
	var made []struct {
		ID string `json:"service_request_id"`
	}
	for range 2 { // a client that had no answer sends again
		if post(form, "json").Into(t, &made) != 201 || len(made) != 1 {
			t.Fatalf("%+v", made)
		}
	}
	for name, c := range map[string]struct {
		field, value string
		code         int
	}{
		"no key": {"api_key", "", 403}, "a wrong key": {"api_key", "wrong", 403}, "no service": {"service_code", "", 400}, "an unknown service": {"service_code", "no.such", 404},
		"another jurisdiction": {"jurisdiction_id", "elsewhere", 404}, "far away": {"lat", "10", 400}, "no degrees": {"lat", "north", 400},
	} {
		bad := url.Values{}
		for k, w := range form {
			bad[k] = w
		}
		bad[c.field] = []string{c.value}
		var faults []struct {
			Code        int
			Description string
		}
		a := post(bad, "json")
		if err := json.Unmarshal(a.Body, &faults); err != nil || a.Status != c.code || len(faults) != 1 || faults[0].Code != c.code || faults[0].Description == "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if a := post(bad, "xml"); !strings.Contains(string(a.Body), "<errors><error><code>") {
			t.Errorf("%s in XML: %s", name, a.Body)
		}
	}
	var list []map[string]any
	if v.Do(t, "GET", "/open311/v2/requests.json?status=open", nil).Into(t, &list); len(list) != 1 || list[0]["service_request_id"] != made[0].ID || list[0]["status"] != "open" || list[0]["lat"] != 22.5303 {
		t.Errorf("%v", list)
	}
	if text, _ := json.Marshal(list); strings.Contains(string(text), "bins are full") || strings.Contains(string(text), "a@example.com") {
		t.Errorf("strangers read who said what: %s", text)
	}
	i, err := s.Incidents().Get(t.Context(), made[0].ID)
	if err != nil || i.Events != 1 || i.Text != "bins are full" {
		t.Fatalf("%+v %v", i, err)
	}
	duty := incident.Actor{Name: "duty", Unit: "community", Roles: []incident.Role{incident.DutyOfficer}}
	if _, err := s.Incidents().Do(t.Context(), duty, i.ID, i.Version, incident.Command{Action: incident.Decline, Reason: "not ours"}); err != nil {
		t.Fatal(err)
	}
	if v.Do(t, "GET", "/open311/v2/requests/"+made[0].ID+".json?lang=en", nil).Into(t, &list); list[0]["status"] != "closed" || !strings.Contains(list[0]["status_notes"].(string), "declined") {
		t.Errorf("%v", list)
	}
	for path, want := range map[string]int{
		"/open311/v2/requests.json?status=open": 200, "/open311/v2/requests.json?status=odd": 400, "/open311/v2/requests.json?start_date=yesterday": 400,
		"/open311/v2/requests/none.json": 404, "/open311/v2/services/env.waste_overflow.json": 200, "/open311/v2/services/none.xml": 404, "/open311/discovery.xml": 200,
		"/open311/v2/requests.json?service_request_id=" + made[0].ID: 200,
	} {
		if a := v.Do(t, "GET", path, nil); a.Status != want {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
}

// A person with a phone, without a script: three steps and a receipt.
func TestTheFormOnAPhone(t *testing.T) {
	s := site(t)
	at := code(t, s, "dongguan/c3/yard")
	tab := consoletest.Browser(t)
	var wide bool
	var receipt string
	err := chromedp.Run(tab, chromedp.EmulateViewport(390, 844), chromedp.Navigate(s.URL+at+"?lang=en"), chromedp.WaitVisible("form", chromedp.ByQuery),
		chromedp.Evaluate(`document.documentElement.scrollWidth > innerWidth`, &wide),
		chromedp.SetValue("#class", "env.waste_overflow", chromedp.ByQuery), chromedp.SendKeys("#text", "full", chromedp.ByQuery), chromedp.Click("button", chromedp.ByQuery),
		chromedp.WaitVisible(".number", chromedp.ByQuery), chromedp.Text(".state", &receipt, chromedp.ByQuery))
	if err != nil || wide || !strings.Contains(receipt, "waiting to be verified") {
		t.Errorf("%v, wider than the screen: %v, receipt %q", err, wide, receipt)
	}
}
