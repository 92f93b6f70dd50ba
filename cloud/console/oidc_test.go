package console_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/config"
	"eastgate/cloud/oidc"
	"eastgate/cloud/oidc/oidctest"
	"eastgate/shared/secret"
)

// housed is a community whose people may log in at a provider, which sees li.
func housed(t *testing.T, second ...string) (*apptest.Site, *oidctest.House) {
	t.Helper()
	h := oidctest.Start(t, "subject-of-li")
	word := filepath.Join(t.TempDir(), "word")
	if err := os.WriteFile(word, []byte(oidctest.ClientSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	s := apptest.StartWith(t, func(f *config.File) {
		f.OIDC = oidc.Config{Issuer: h.URL, ClientID: oidctest.ClientID, Secret: secret.Ref{File: word}, Name: "City ID", SecondFactor: second}
	})
	return s, h
}

func bind(t *testing.T, s *apptest.Site, h *oidctest.House, name string) {
	t.Helper()
	s.Let(t, name)
	if err := s.Cloud.People().Bind(t.Context(), access.CommandLine("test"), name, h.URL, "subject-of-li"); err != nil {
		t.Fatal(err)
	}
}

// there goes to the provider and returns where it sends the browser back to.
func there(t *testing.T, v *apptest.Visitor) *url.URL {
	t.Helper()
	a := v.Do(t, "GET", oidc.Path, nil)
	if a.Status != http.StatusSeeOther {
		t.Fatalf("to the provider: %d %.300s", a.Status, a.Body)
	}
	resp, err := v.Get(a.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("the provider: %d %v", resp.StatusCode, err)
	}
	return back
}

// TestLoginAtAnotherHouse: who is bound comes in, by what the account holds here.
func TestLoginAtAnotherHouse(t *testing.T) {
	s, h := housed(t)
	bind(t, s, h, "duty")
	v := s.Visitor(t)
	if page := string(v.Do(t, "GET", "/login?lang=en", nil).Body); !strings.Contains(page, `<a href="/login/oidc">Log in with City ID</a>`) {
		t.Errorf("the login page: %s", page)
	}
	back := there(t, v)
	a := v.Do(t, "GET", back.RequestURI(), nil)
	if a.Status != 200 || !strings.Contains(string(a.Body), `url=/"`) {
		t.Fatalf("back again: %d %.500s", a.Status, a.Body)
	}
	var me struct{ Name string }
	if code := v.Do(t, "GET", "/api/v1/me", nil).Into(t, &me); code != 200 || me.Name != "duty" {
		t.Errorf("%d %+v", code, me)
	}
	if a := v.Do(t, "GET", back.RequestURI(), nil); a.Status != 400 {
		t.Errorf("the same answer again: %d", a.Status)
	}
}

// TestWhatAnotherHouseMayNot: it makes no account, it ends nobody's second factor unless
// the configuration says so, and an answer that is not quite right lets nobody in.
func TestWhatAnotherHouseMayNot(t *testing.T) {
	s, h := housed(t, "mfa")
	in := func(change func(*url.URL)) apptest.Answer {
		v := s.Visitor(t)
		back := there(t, v)
		if change != nil {
			change(back)
		}
		return v.Do(t, "GET", back.RequestURI(), nil)
	}
	if a := in(nil); a.Status != 403 || len(a.Header["Set-Cookie"]) != 1 {
		t.Errorf("without a bound account: %d %v", a.Status, a.Header["Set-Cookie"])
	}
	bind(t, s, h, "sysadmin")
	if a := in(nil); a.Status != 200 || !strings.Contains(string(a.Body), `url=/login/second"`) {
		t.Errorf("an administrator without a second factor: %d %.600s", a.Status, a.Body)
	}
	h.Claims["amr"] = []string{"pwd", "mfa"}
	if a := in(nil); a.Status != 200 || !strings.Contains(string(a.Body), `url=/"`) {
		t.Errorf("with one at the provider: %d %.600s", a.Status, a.Body)
	}
	for what, change := range map[string]func(*url.URL){
		"another state": func(u *url.URL) { set(u, "state", "x") }, "no state": func(u *url.URL) { set(u, "state", "") },
		"another code": func(u *url.URL) { set(u, "code", "x") }, "no code": func(u *url.URL) { set(u, "code", "") }, "an error": func(u *url.URL) { set(u, "error", "access_denied") },
	} {
		if a := in(change); a.Status != 400 && a.Status != 502 {
			t.Errorf("%s: %d", what, a.Status)
		}
	}
	for claim, v := range map[string]any{"aud": "others", "iss": "https://elsewhere.example", "nonce": "x", "exp": time.Now().Add(-time.Hour).Unix(), "sub": ""} {
		kept, had := h.Claims[claim]
		h.Claims[claim] = v
		if a := in(nil); a.Status != 400 && a.Status != 502 {
			t.Errorf("%s = %v: %d", claim, v, a.Status)
		}
		if delete(h.Claims, claim); had {
			h.Claims[claim] = kept
		}
	}
	stolen := there(t, s.Visitor(t))
	if a := s.Visitor(t).Do(t, "GET", stolen.RequestURI(), nil); a.Status != 400 {
		t.Errorf("in another browser: %d", a.Status)
	}
	if err := s.Cloud.People().Bind(t.Context(), access.CommandLine("test"), "sysadmin", h.URL, ""); err != nil {
		t.Fatal(err)
	}
	if a := in(nil); a.Status != 403 {
		t.Errorf("after the binding was taken away: %d", a.Status)
	}
}

func set(u *url.URL, key, value string) {
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
}
