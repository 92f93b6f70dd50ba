package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

type session struct {
	Name    string    `json:"name"`
	Token   string    `json:"token"`
	CSRF    string    `json:"csrf"`
	Expires time.Time `json:"expires"`
}

func (a *API) openSession(c *call) (reply, error) {
	if !web.SameOrigin(c.Request) {
		return reply{}, web.Forged.With("the request comes from another page")
	}
	var login struct{ Name, Password string }
	if err := json.Unmarshal(c.body, &login); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	// The cookie goes with the answer.
	return reply{stream: func(w http.ResponseWriter) error {
		s, err := a.Door.Login(w, c.Request, login.Name, login.Password)
		if err != nil {
			p := problemOf(err)
			if p == nil {
				p = web.Broken.With("nobody can log in at the moment")
			}
			p.Write(w)
			return nil
		}
		return reply{status: http.StatusCreated, body: session{s.User.Name, s.Token, s.CSRF, s.Expires}}.write(w)
	}}, nil
}

func (a *API) closeSession(c *call) (reply, error) {
	return reply{stream: func(w http.ResponseWriter) error {
		if err := a.Door.Logout(w, c.Request, c.who); err != nil {
			web.Broken.With("the session cannot be ended").Write(w)
			return nil
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}}, nil
}

// A me is who asks. The rights are those held anywhere: pages ask what to offer.
type me struct {
	Name    string         `json:"name"`
	Person  string         `json:"person"`
	Unit    string         `json:"unit"`
	CSRF    string         `json:"csrf"`
	Expires time.Time      `json:"expires"`
	Roles   []access.Role  `json:"roles"`
	Rights  []access.Right `json:"rights"`
}

func (a *API) me(c *call) (reply, error) {
	u := c.who.User
	out := me{Name: u.Name, Person: u.Person, Unit: u.Unit, CSRF: c.who.CSRF, Expires: c.who.Expires, Roles: []access.Role{}, Rights: []access.Right{}}
	for _, g := range u.Grants {
		if g.Holds(a.Now()) && !slices.Contains(out.Roles, g.Role) {
			out.Roles = append(out.Roles, g.Role)
		}
	}
	for _, r := range access.Rights() {
		if access.May(u, r, access.Anywhere) {
			out.Rights = append(out.Rights, r)
		}
	}
	return ok(out), nil
}
