package console

import (
	"errors"
	"net/http"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// A sessionHandler answers a person who has logged in.
type sessionHandler func(w http.ResponseWriter, r *http.Request, s access.Session)

// withSession lets only people in who have a session. Pages lead to the login, the
// API says 401.
func (c *Console) withSession(next sessionHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, err := c.Door.Session(r)
		switch {
		case err == nil:
			c.keepLanguage(w, r)
			next(w, r, s)
		case !errors.Is(err, access.ErrCredentials):
			c.Log.Error("session cannot be looked up", "err", err)
			web.Broken.With("the session cannot be looked up").Write(w)
		case r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/api/"):
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		default:
			web.LoginNeeded.With("log in first").Write(w)
		}
	})
}

// keepLanguage remembers the language that a page was asked for in.
func (c *Console) keepLanguage(w http.ResponseWriter, r *http.Request) {
	if lang := r.URL.Query().Get("lang"); c.texts[lang] != nil {
		http.SetCookie(w, &http.Cookie{Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60, Secure: c.Door.TLS, SameSite: http.SameSiteLaxMode})
	}
}

// checked lets a change through only when it comes from our own page.
func (c *Console) checked(next sessionHandler) sessionHandler {
	return func(w http.ResponseWriter, r *http.Request, s access.Session) {
		if !web.Own(r, s) {
			web.Forged.With("the request does not come from this session's own page").Write(w)
			return
		}
		next(w, r, s)
	}
}

type loginView struct {
	Lang, Title, Name, Password, Submit, Fault, Entered, Other, OtherName string
}

func (c *Console) loginPage(w http.ResponseWriter, r *http.Request) {
	if _, err := c.Door.Session(r); err == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	c.keepLanguage(w, r)
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
	if !web.SameOrigin(r) {
		web.Forged.With("the request comes from another page").Write(w)
		return
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	_, err := c.Door.Login(w, r, name, r.PostFormValue("password"))
	switch {
	case errors.Is(err, access.ErrLocked):
		c.showLogin(w, r, http.StatusTooManyRequests, "login.locked", name)
	case errors.Is(err, access.ErrCredentials):
		c.showLogin(w, r, http.StatusUnauthorized, "login.wrong", name)
	case err != nil:
		c.showLogin(w, r, http.StatusInternalServerError, "login.broken", name)
	default:
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (c *Console) logout(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.Door.Logout(w, r, s) != nil {
		c.broken(w, errors.New("session cannot be ended"))
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
