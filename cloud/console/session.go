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

// admit lets those in whom the route is for. Who has not logged in is led to the
// login, and who may not is told who may.
func (c *Console) admit(route web.Route, next sessionHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, p := c.Door.Admit(r, route)
		switch {
		case p == nil:
			c.keepLanguage(w, r)
			next(w, r, s)
		case p.Kind == web.SecondNeeded:
			c.keepLanguage(w, r)
			c.askSecond(w, r, s, route)
		case p.Kind == web.LoginNeeded && !route.Changes():
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case p.Kind == web.Forbidden:
			c.keepLanguage(w, r)
			c.sorry(w, r, s, refusalOf(p))
		default:
			p.Write(w)
		}
	})
}

// keepLanguage remembers the language that a page was asked for in.
func (c *Console) keepLanguage(w http.ResponseWriter, r *http.Request) {
	if lang := r.URL.Query().Get("lang"); c.texts[lang] != nil {
		http.SetCookie(w, &http.Cookie{Name: "lang", Value: lang, Path: "/", MaxAge: 365 * 24 * 60 * 60, Secure: c.Door.TLS, SameSite: http.SameSiteLaxMode})
	}
}

type loginView struct {
	Lang, Title, Name, Password, Submit, Fault, Entered, Other, OtherName, House string
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
	if c.House != nil {
		v.House = strings.ReplaceAll(t["login.with"], "{name}", c.House.Name())
	}
	c.render(w, status, "login.html", v)
}

func (c *Console) login(w http.ResponseWriter, r *http.Request) {
	if !web.SameOrigin(r) {
		web.Forged.With("the request comes from another page").Write(w)
		return
	}
	name := strings.TrimSpace(r.PostFormValue("name"))
	if name == "" || r.PostFormValue("password") == "" {
		c.showLogin(w, r, http.StatusUnprocessableEntity, "login.wrong", name)
		return
	}
	s, err := c.Door.Login(w, r, name, r.PostFormValue("password"))
	switch {
	case err == nil && s.Half(c.API.Now()):
		http.Redirect(w, r, "/login/second", http.StatusSeeOther)
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
