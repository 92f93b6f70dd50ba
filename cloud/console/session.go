package console

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"eastgate/cloud/access"
)

// cookieName is the session's cookie.
const cookieName = "eastgate"

// A sessionHandler answers a person who has logged in.
type sessionHandler func(w http.ResponseWriter, r *http.Request, s access.Session)

// withSession lets only people in who have a session. Pages lead to the login, the
// API says 401.
func (c *Console) withSession(next sessionHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := c.session(r)
		switch {
		case err == nil:
			next(w, r, s)
		case !errors.Is(err, access.ErrCredentials):
			c.Log.Error("session cannot be looked up", "err", err)
			problem(w, http.StatusInternalServerError, "the session cannot be looked up")
		case r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/"):
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		default:
			problem(w, http.StatusUnauthorized, "log in first")
		}
	})
}

func (c *Console) session(r *http.Request) (access.Session, error) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return access.Session{}, access.ErrCredentials
	}
	return c.People.Session(r.Context(), cookie.Value)
}

// checked lets a change through only when it comes from our own page: with the
// session's token, and from our own origin where the browser names one.
func (c *Console) checked(next sessionHandler) sessionHandler {
	return func(w http.ResponseWriter, r *http.Request, s access.Session) {
		sent := r.Header.Get("X-CSRF-Token")
		if sent == "" {
			sent = r.PostFormValue("csrf")
		}
		if subtle.ConstantTimeCompare([]byte(sent), []byte(s.CSRF)) != 1 || !sameOrigin(r) {
			problem(w, http.StatusForbidden, "the request does not come from this session's own page")
			return
		}
		next(w, r, s)
	}
}

func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// from is the address that somebody comes from.
func from(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

type loginView struct {
	Lang, Title, Name, Password, Submit, Fault, Entered, Other, OtherName string
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	if _, err := c.session(r); err == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	c.showLogin(w, r, http.StatusOK, "", "")
}

func (c *Console) showLogin(w http.ResponseWriter, r *http.Request, status int, fault, entered string) {
	lang := c.texts.choose(r)
	t := c.texts[lang]
	other := map[string]string{zh: en, en: zh}[lang]
	v := loginView{
		Lang: lang, Title: t["login.title"], Name: t["login.name"], Password: t["login.password"], Submit: t["login.submit"],
		Fault: t[fault], Entered: entered, Other: other, OtherName: c.texts[other]["lang.name"],
	}
	c.render(w, status, "login.html", v)
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	if !sameOrigin(r) {
		problem(w, http.StatusForbidden, "the request comes from another page")
		return
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	s, err := c.People.Login(r.Context(), name, r.PostFormValue("password"), from(r))
	switch {
	case errors.Is(err, access.ErrLocked):
		c.Log.Warn("login is locked", "name", name, "from", from(r))
		c.showLogin(w, r, http.StatusTooManyRequests, "login.locked", name)
		return
	case errors.Is(err, access.ErrCredentials):
		c.Log.Warn("login failed", "name", name, "from", from(r))
		c.showLogin(w, r, http.StatusUnauthorized, "login.wrong", name)
		return
	case err != nil:
		c.Log.Error("login cannot be checked", "err", err)
		c.showLogin(w, r, http.StatusInternalServerError, "login.broken", name)
		return
	}
	c.Log.Info("logged in", "name", name, "from", from(r))
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: s.Token, Path: "/", Expires: s.Expires, HttpOnly: true, Secure: c.TLS, SameSite: http.SameSiteStrictMode,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request, s access.Session) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		if err := c.People.Logout(r.Context(), cookie.Value); err != nil {
			c.Log.Error("session cannot be ended", "name", s.User.Name, "err", err)
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, Secure: c.TLS, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
