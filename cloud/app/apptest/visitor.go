package apptest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
)

// A Visitor is a browser without a screen.
type Visitor struct {
	*http.Client
	Base, CSRF string
}

// Visitor comes to the site; nobody has logged in yet.
func (s *Site) Visitor(t testing.TB) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, Base: s.URL}
}

// As is a visitor who has logged in; people of the community are let in first.
func (s *Site) As(t testing.TB, name string) *Visitor {
	t.Helper()
	if _, ok := People[name]; ok {
		s.Let(t, name)
	}
	v := s.Visitor(t)
	if code := v.Login(t, name, Password); code != http.StatusSeeOther {
		t.Fatalf("%s cannot log in: %d", name, code)
	}
	if People[name].Role.Administers() {
		s.Show(t, v, name)
	}
	return v
}

// Exporter is a visitor who has logged in and shown a second factor, as taking data out
// takes.
func (s *Site) Exporter(t testing.TB, name string) *Visitor {
	t.Helper()
	v := s.As(t, name)
	if !People[name].Role.Administers() {
		s.Show(t, v, name)
	}
	return v
}

// Factor gives somebody a second factor instead of any other, and returns its seed. A
// code is good once, so each login that shows one has its own.
func (s *Site) Factor(t testing.TB, name string) (seed string) {
	t.Helper()
	o, err := s.Cloud.People().GiveTOTP(t.Context(), access.CommandLine("test"), name)
	if err != nil {
		t.Fatal(err)
	}
	return o.Seed
}

// Code is what an authenticator shows for a seed now.
func Code(t testing.TB, seed string) string {
	t.Helper()
	code, err := access.Code(seed, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// Show has a visitor show a second factor.
func (s *Site) Show(t testing.TB, v *Visitor, name string) {
	t.Helper()
	if a := v.Do(t, "POST", "/api/v1/session/second", map[string]string{"code": Code(t, s.Factor(t, name))}); a.Status != http.StatusOK {
		t.Fatalf("%s cannot show a second factor: %d %s", name, a.Status, a.Body)
	}
}

// Login comes in through the page and returns the status.
func (v *Visitor) Login(t testing.TB, name, word string) int {
	t.Helper()
	resp, err := v.PostForm(v.Base+"/login", url.Values{"name": {name}, "password": {word}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusSeeOther {
		var me struct{ CSRF string }
		if a := v.Do(t, "GET", "/api/v1/me", nil); a.Into(t, &me) != http.StatusOK || me.CSRF == "" {
			t.Fatalf("me: %d", a.Status)
		}
		v.CSRF = me.CSRF
	}
	return resp.StatusCode
}

// An Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into reads an answer's JSON, and returns the status.
func (a Answer) Into(t testing.TB, v any) int {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("%d %.300s: %v", a.Status, a.Body, err)
	}
	return a.Status
}

// Do asks for something. A body that is no string or bytes is sent as JSON; headers
// come in pairs.
func (v *Visitor) Do(t testing.TB, method, path string, body any, headers ...string) Answer {
	t.Helper()
	var in io.Reader
	media := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	case []byte:
		in = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, v.Base+path, in)
	if err != nil {
		t.Fatal(err)
	}
	if in != nil {
		req.Header.Set("Content-Type", media)
	}
	if method != http.MethodGet {
		req.Header.Set("X-CSRF-Token", v.CSRF)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := v.Client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{resp.StatusCode, resp.Header, data}
}
