package console

import (
	"errors"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/oidc"
)

// A House is an identity provider that people may log in at.
type House interface {
	Name() string
	Begin(w http.ResponseWriter) (address string, err error)
	Finish(w http.ResponseWriter, r *http.Request) (oidc.Identity, error)
}

// beginOIDC sends somebody to the provider.
func (c *Console) beginOIDC(w http.ResponseWriter, r *http.Request) {
	if c.House == nil {
		http.NotFound(w, r)
		return
	}
	to, err := c.House.Begin(w)
	if err != nil {
		c.Log.Error("a login at the identity provider cannot begin", "err", err)
		c.showLogin(w, r, http.StatusBadGateway, "login.house", "")
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// finishOIDC lets somebody in who comes back from the provider.
func (c *Console) finishOIDC(w http.ResponseWriter, r *http.Request) {
	if c.House == nil {
		http.NotFound(w, r)
		return
	}
	id, err := c.House.Finish(w, r)
	switch {
	case errors.Is(err, oidc.ErrAnswer):
		c.showLogin(w, r, http.StatusBadRequest, "login.begun", "")
		return
	case err != nil:
		c.Log.Error("a login at the identity provider fails", "err", err)
		c.showLogin(w, r, http.StatusBadGateway, "login.house", "")
		return
	}
	s, err := c.Door.LoginSeen(w, r, access.Seen{Issuer: id.Issuer, Subject: id.Subject, Second: id.Second})
	switch {
	case errors.Is(err, access.ErrCredentials), errors.Is(err, access.ErrNoConsole):
		c.showLogin(w, r, http.StatusForbidden, "login.unbound", "")
	case err != nil:
		c.showLogin(w, r, http.StatusInternalServerError, "login.broken", "")
	default:
		c.goOn(w, r, s)
	}
}

// goOn leads into the cloud by a page of ours: along a redirect that began elsewhere,
// browsers keep a strict cookie back.
func (c *Console) goOn(w http.ResponseWriter, r *http.Request, s access.Session) {
	to := "/"
	if s.Half(c.API.Now()) {
		to = "/login/second"
	}
	lang := c.texts.choose(r)
	c.render(w, http.StatusOK, "on.html", struct {
		Lang, To string
		T        map[string]string
	}{lang, to, c.texts[lang]})
}
