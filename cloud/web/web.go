// Package web is what pages, API and people's reports have in common: sessions,
// routes and what they take, refusals in one form, limits.
//
// It promises that no route is reached that does not say whom it is for, that a change
// comes from the session's own page or from a program that was given the session's
// token, that a body is bounded before it is read, and that every refusal is a problem
// (RFC 9457) with a type that stays.
package web

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"

	"eastgate/cloud/access"
)

// CookieName is the session's cookie.
const CookieName = "eastgate"

// People lets people in.
type People interface {
	Enter(ctx context.Context, a access.Attempt) (access.Session, error)
	EnterSeen(ctx context.Context, v access.Seen) (access.Session, error)
	Pass(ctx context.Context, s access.Session, token string, shown access.Shown, from string) (access.Passed, error)
	Session(ctx context.Context, token string) (access.Session, error)
	Logout(ctx context.Context, token string) error
}

// A Door knows who stands before it.
type Door struct {
	People People
	Log    *slog.Logger
	// TLS says that browsers reach it over https, so that cookies stay there.
	TLS      bool
	Refusals Refusals // nil writes none down
}

// Session returns who a request is from: by the cookie, or by "Authorization: Bearer"
// with the token that a login gave. ErrCredentials when from nobody.
func (d Door) Session(r *http.Request) (access.Session, error) {
	token := Token(r)
	if token == "" {
		return access.Session{}, access.ErrCredentials
	}
	return d.People.Session(r.Context(), token)
}

// Token is the session's token that a request carries; empty without one.
func Token(r *http.Request) string {
	token := bearer(r)
	if cookie, err := r.Cookie(CookieName); token == "" && err == nil {
		token = cookie.Value
	}
	return token
}

func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// Own reports whether a change comes from the session's own page: with its token,
// and from our own origin where the browser names one. No browser sends a bearer
// token by itself, so with one there is nothing to forge.
func Own(r *http.Request, s access.Session) bool {
	if bearer(r) != "" {
		return true
	}
	sent := r.Header.Get("X-CSRF-Token")
	if sent == "" {
		sent = r.PostFormValue("csrf")
	}
	return subtle.ConstantTimeCompare([]byte(sent), []byte(s.CSRF)) == 1 && SameOrigin(r)
}

// SameOrigin reports whether a request comes from one of our pages, or from no page.
func SameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// Login lets somebody in and gives the browser its cookie.
func (d Door) Login(w http.ResponseWriter, r *http.Request, name, password string) (access.Session, error) {
	s, err := d.People.Enter(r.Context(), access.Attempt{Name: name, Password: password, Address: From(r), Agent: r.UserAgent()})
	switch {
	case errors.Is(err, access.ErrLocked):
		d.Log.Warn("login is locked", "name", name, "from", From(r))
	case errors.Is(err, access.ErrCredentials):
		d.Log.Warn("login failed", "name", name, "from", From(r))
	case err != nil:
		d.Log.Error("login cannot be checked", "err", err)
	default:
		d.come(w, r, s)
	}
	return s, err
}

// LoginSeen lets somebody in whom an identity provider has seen.
func (d Door) LoginSeen(w http.ResponseWriter, r *http.Request, v access.Seen) (access.Session, error) {
	v.Address, v.Agent = From(r), r.UserAgent()
	s, err := d.People.EnterSeen(r.Context(), v)
	switch {
	case errors.Is(err, access.ErrCredentials):
		d.Log.Warn("login failed: no account is bound to this subject", "subject", v.Subject, "from", From(r))
	case err != nil:
		d.Log.Error("login cannot be checked", "err", err)
	default:
		d.come(w, r, s)
	}
	return s, err
}

// come gives the browser the session of somebody who came in.
func (d Door) come(w http.ResponseWriter, r *http.Request, s access.Session) {
	d.Log.Info("logged in", "name", s.User.Name, "from", From(r))
	if old := Token(r); old != "" { // nobody goes on under a session from before
		if err := d.People.Logout(r.Context(), old); err != nil {
			d.Log.Warn("the session from before cannot be ended", "name", s.User.Name, "err", err)
		}
	}
	http.SetCookie(w, d.cookie(s))
}

// Pass shows a second factor; the session goes on under another cookie.
func (d Door) Pass(w http.ResponseWriter, r *http.Request, s access.Session, shown access.Shown) (access.Passed, error) {
	p, err := d.People.Pass(r.Context(), s, Token(r), shown, From(r))
	switch {
	case err == nil:
		d.Log.Info("second factor shown", "name", s.User.Name, "from", From(r))
		d.Keep(w, p.Session)
	case errors.Is(err, access.ErrCode), errors.Is(err, access.ErrLocked):
		d.Log.Warn("second factor refused", "name", s.User.Name, "from", From(r), "err", err)
	default:
		d.Log.Error("second factor cannot be checked", "name", s.User.Name, "err", err)
	}
	return p, err
}

// Keep gives the browser the cookie of a session.
func (d Door) Keep(w http.ResponseWriter, s access.Session) { http.SetCookie(w, d.cookie(s)) }

// Logout ends a session, also in the browser.
func (d Door) Logout(w http.ResponseWriter, r *http.Request, s access.Session) error {
	token := Token(r)
	gone := d.cookie(access.Session{})
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	if err := d.People.Logout(r.Context(), token); err != nil {
		d.Log.Error("session cannot be ended", "name", s.User.Name, "err", err)
		return err
	}
	return nil
}

func (d Door) cookie(s access.Session) *http.Cookie {
	return &http.Cookie{Name: CookieName, Value: s.Token, Path: "/", Expires: s.Expires, HttpOnly: true, Secure: d.TLS, SameSite: http.SameSiteStrictMode}
}

// From is the address that somebody comes from.
func From(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
