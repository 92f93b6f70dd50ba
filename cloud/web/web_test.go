package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

func TestOnlyTheSessionsOwnPageChangesThings(t *testing.T) {
	s := access.Session{CSRF: "right"}
	for name, c := range map[string]struct {
		header map[string]string
		own    bool
	}{
		"with the token":               {map[string]string{"X-CSRF-Token": "right"}, true},
		"without it":                   {nil, false},
		"with another":                 {map[string]string{"X-CSRF-Token": "wrong"}, false},
		"with it, from our own page":   {map[string]string{"X-CSRF-Token": "right", "Origin": "http://example.com"}, true},
		"with it, from another page":   {map[string]string{"X-CSRF-Token": "right", "Origin": "http://elsewhere.example"}, false},
		"a program with its own token": {map[string]string{"Authorization": "Bearer abc"}, true},
		"basic is no bearer":           {map[string]string{"Authorization": "Basic abc"}, false},
	} {
		r := httptest.NewRequest("POST", "http://example.com/x", nil)
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		if got := web.Own(r, s); got != c.own {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestAFormMayCarryTheToken(t *testing.T) {
	r := httptest.NewRequest("POST", "/x", strings.NewReader("csrf=right"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if !web.Own(r, access.Session{CSRF: "right"}) {
		t.Error("refused")
	}
}

func TestLimits(t *testing.T) {
	l, now := web.NewLimiter(time.Minute, 2), time.Now()
	for i, want := range []bool{true, true, false} {
		if got := l.Allow("a", now); got != want {
			t.Errorf("request %d: %v", i+1, got)
		}
	}
	if !l.Allow("b", now) {
		t.Error("another address pays for the first")
	}
	if !l.Allow("a", now.Add(time.Minute)) || l.Allow("a", now.Add(time.Minute)) {
		t.Error("a minute gives one more, not none and not two")
	}
	for i := range 12_000 {
		l.Allow(fmt.Sprint(i), now) // more than are remembered: shared, not unbounded
	}
	if !l.Allow("late", now.Add(time.Hour)) {
		t.Error("nobody is forgotten")
	}
}

func TestProblemsHaveATypeEach(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range web.Kinds {
		if seen[k.Name] || k.Title == "" || k.Status < 400 {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
	}
	w := httptest.NewRecorder()
	p := &web.Problem{Kind: web.Invalid, Detail: "d", Faults: []web.Fault{{In: "body", Field: "/class", Detail: "unknown"}}, More: map[string]any{"incident": 1}}
	p.Write(w)
	var got struct {
		Type   string
		Status int
		Faults []web.Fault
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Status != 422 || got.Type != web.Invalid.Type() || len(got.Faults) != 1 {
		t.Errorf("%s %v", w.Body, err)
	}
}

// anybody lets everybody in.
type anybody struct{ web.People }

func (anybody) Enter(_ context.Context, a access.Attempt) (access.Session, error) {
	return access.Session{Token: "token-of-" + a.Name, User: access.User{Name: a.Name}, Expires: time.Now().Add(time.Hour)}, nil
}

func TestTheCookie(t *testing.T) {
	for _, tls := range []bool{false, true} {
		w := httptest.NewRecorder()
		d := web.Door{People: anybody{}, Log: slog.New(slog.DiscardHandler), TLS: tls}
		if _, err := d.Login(w, httptest.NewRequest("POST", "/login", nil), "li", "word"); err != nil {
			t.Fatal(err)
		}
		cookies := w.Result().Cookies()
		if len(cookies) != 1 {
			t.Fatalf("%d cookies", len(cookies))
		}
		c := cookies[0]
		if c.Value != "token-of-li" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure != tls || c.Expires.IsZero() {
			t.Errorf("with TLS %v: %+v", tls, c)
		}
	}
}
