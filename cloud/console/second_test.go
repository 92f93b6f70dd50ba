package console_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
)

var (
	seedShown = regexp.MustCompile(`<code class="secret" id="seed">([A-Z2-7]+)</code>`)
	codeShown = regexp.MustCompile(`<li><code>([a-z2-7-]{14})</code>`)
)

// firstFactor leads an administrator who has just logged in for the first time through
// the pages, and returns the seed and the recovery codes.
func firstFactor(t *testing.T, v *apptest.Visitor) (seed string, recovery []string) {
	t.Helper()
	if a := v.Do(t, "GET", "/people", nil); a.Status != 303 || !strings.HasPrefix(a.Header.Get("Location"), "/login/second") {
		t.Fatalf("before there is a factor: %d %s", a.Status, a.Header.Get("Location"))
	}
	page := string(v.Do(t, "GET", "/login/second?lang=en", nil).Body)
	if !strings.Contains(page, "Administrators log in with a second factor") || strings.Contains(page, `name="code"`) {
		t.Fatalf("the way to a first factor: %.2000s", page)
	}
	a := post(t, v, "/login/second/offer", formOf(t, page, "/login/second/offer?lang=en"), nil)
	shown := seedShown.FindSubmatch(a.Body)
	if shown == nil || !strings.Contains(string(a.Body), "<svg") {
		t.Fatalf("the offer: %d %.2000s", a.Status, a.Body)
	}
	seed = string(shown[1])
	form := regexp.MustCompile(`action="(/login/second\?[^"]*)"`).FindSubmatch(a.Body)
	hidden := formOf(t, string(a.Body), string(form[1]))
	if a := post(t, v, "/login/second", hidden, url.Values{"code": {"000000"}}); a.Status != 401 || !strings.Contains(string(a.Body), seed) {
		t.Errorf("a wrong code: %d", a.Status)
	}
	a = post(t, v, "/login/second", hidden, url.Values{"code": {apptest.Code(t, seed)}})
	for _, m := range codeShown.FindAllSubmatch(a.Body, -1) {
		recovery = append(recovery, string(m[1]))
	}
	if a.Status != 200 || len(recovery) != 10 {
		t.Fatalf("the right code: %d %.2000s", a.Status, a.Body)
	}
	return seed, recovery
}

// TestTheSecondStepLeadsNowhereElse: the way back is a path of ours.
func TestTheSecondStepLeadsNowhereElse(t *testing.T) {
	s := apptest.Start(t)
	v := s.As(t, "duty")
	for back, want := range map[string]string{
		"/tasks?as=csv": "/tasks?as=csv", "//elsewhere.example/": "/", "https://elsewhere.example/": "/", `/\elsewhere.example`: "/", "javascript:alert(1)": "/", "": "/",
	} {
		seed := s.Factor(t, "duty")
		page := string(v.Do(t, "GET", "/login/second?lang=en&back="+url.QueryEscape(back), nil).Body)
		hidden := formOf(t, page, "/login/second?lang=en")
		if got := html.UnescapeString(hidden.Get("back")); got != want {
			t.Errorf("%q becomes %q in the form", back, got)
		}
		hidden.Set("back", back) // as a forger would
		if a := post(t, v, "/login/second", hidden, url.Values{"code": {apptest.Code(t, seed)}}); a.Status != 303 || a.Header.Get("Location") != want {
			t.Errorf("%q leads to %q (%d)", back, a.Header.Get("Location"), a.Status)
		}
	}
}

// TestAFormThatWantsASecondFactorAsksForIt: what was posted too late is not done.
func TestAFormThatWantsASecondFactorAsksForIt(t *testing.T) {
	s := apptest.Start(t)
	v := s.Visitor(t)
	s.Let(t, "sysadmin")
	if code := v.Login(t, "sysadmin", apptest.Password); code != 303 {
		t.Fatal(code)
	}
	a := post(t, v, "/people", url.Values{"csrf": {v.CSRF}}, url.Values{"name": {"hu"}, "person": {"Hu Yi"}, "unit": {"community"}})
	if a.Status != 403 || !strings.Contains(string(a.Body), `action="/login/second/offer`) {
		t.Errorf("%d %.500s", a.Status, a.Body)
	}
	users, err := s.Cloud.People().Users(t.Context())
	if err != nil || len(users) != 1 {
		t.Errorf("%d accounts, %v", len(users), err)
	}
}

// second logs in with both steps, in a browser.
func second(t *testing.T, s *apptest.Site, name string) chromedp.Tasks {
	t.Helper()
	s.Let(t, name)
	seed := s.Factor(t, name)
	return chromedp.Tasks{
		consoletest.Password(s.URL, name, apptest.Password),
		chromedp.WaitVisible("#code", chromedp.ByQuery),
		chromedp.SendKeys("#code", apptest.Code(t, seed), chromedp.ByQuery),
		chromedp.Submit("#code", chromedp.ByQuery),
		chromedp.WaitVisible(".feed", chromedp.ByQuery),
	}
}

// TestMyAccount: who has a factor sees it, makes recovery codes, and ends sessions that
// are elsewhere.
func TestMyAccount(t *testing.T) {
	s := apptest.Start(t)
	desk, phone := s.As(t, "duty"), s.As(t, "duty")
	page := string(desk.Do(t, "GET", "/account?lang=en", nil).Body)
	for _, want := range []string{"Add an authenticator app", "None yet", "127.0.0.1", "Go-http-client", "here", "End all other sessions", "officer"} {
		if !strings.Contains(page, want) {
			t.Errorf("the account has no %q", want)
		}
	}
	end := regexp.MustCompile(`action="(/account/sessions/[0-9a-f]{16}/end)"`).FindStringSubmatch(page)
	if end == nil {
		t.Fatalf("no session can be ended: %.3000s", page)
	}
	if a := fill(t, desk, "/account", end[1], nil); a.Status != 303 || phone.Do(t, "GET", "/api/v1/me", nil).Status != 401 || desk.Do(t, "GET", "/api/v1/me", nil).Status != 200 {
		t.Errorf("ending the phone's session: %d", a.Status)
	}
	s.Show(t, desk, "duty")
	if a := fill(t, desk, "/account", "/account/recovery", nil); a.Status != 200 || len(codeShown.FindAll(a.Body, -1)) != 10 {
		t.Errorf("recovery codes: %d", a.Status)
	}
	page = string(desk.Do(t, "GET", "/account?lang=en", nil).Body)
	drop := regexp.MustCompile(`action="(/account/factors/[0-9A-Z]{26}/drop)"`).FindStringSubmatch(page)
	if drop == nil || !strings.Contains(page, "10 recovery codes are left") {
		t.Fatalf("the factor: %.3000s", page)
	}
	if a := fill(t, desk, "/account", drop[1], url.Values{"sure": {"true"}}); a.Status != 303 {
		t.Errorf("removing it: %d", a.Status)
	}
}

// TestALostPhone: the security administrator resets another's factor on the page; that
// one is asked for a new one.
func TestALostPhone(t *testing.T) {
	s := apptest.Start(t)
	sec, sys := s.As(t, "secadmin"), s.As(t, "sysadmin")
	if page := string(sec.Do(t, "GET", "/people", nil).Body); strings.Contains(page, "/people/secadmin/factors") {
		t.Error("one's own can be reset")
	}
	if page := string(sys.Do(t, "GET", "/people", nil).Body); strings.Contains(page, "/factors") {
		t.Error("the system administrator resets factors")
	}
	if a := fill(t, sec, "/people", "/people/sysadmin/factors", url.Values{"sure": {"true"}}); a.Status != 303 {
		t.Fatalf("%d %.500s", a.Status, a.Body)
	}
	if a := sys.Do(t, "GET", "/api/v1/me", nil); a.Status != 401 {
		t.Errorf("the session goes on: %d", a.Status)
	}
	if code := sys.Login(t, "sysadmin", apptest.Password); code != 303 {
		t.Fatal(code)
	}
	firstFactor(t, sys)
	if a := sys.Do(t, "GET", "/people", nil); a.Status != 200 {
		t.Errorf("with the new one: %d", a.Status)
	}
}
