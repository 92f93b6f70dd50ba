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
	// Second says what is missing: show (a code), enrol (get a factor first), or nothing.
	Second   string   `json:"second,omitempty"`
	Recovery []string `json:"recovery,omitempty"`
}

func (a *API) session(s access.Session) session {
	return session{Name: s.User.Name, Token: s.Token, CSRF: s.CSRF, Expires: s.Expires, Second: a.missing(s)}
}

// missing says which step a session still wants.
func (a *API) missing(s access.Session) string {
	switch {
	case !s.Half(a.Now()):
		return ""
	case s.User.Factors == 0:
		return "enrol"
	}
	return "show"
}

func (a *API) openSession(c *call) (reply, error) {
	if !web.SameOrigin(c.Request) {
		return reply{}, web.Forged.With("the request comes from another page")
	}
	var login struct{ Name, Password, Code string }
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
		if login.Code != "" && s.User.Factors > 0 {
			r := c.Clone(c.Context())
			r.Header.Set("Authorization", "Bearer "+s.Token) // the session that is opened, whatever came with the request
			return a.pass(w, r, s, access.Shown{Code: login.Code}, http.StatusCreated)
		}
		return reply{status: http.StatusCreated, body: a.session(s)}.write(w)
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
	Second  meSecond       `json:"second"`
	Roles   []access.Role  `json:"roles"`
	Rights  []access.Right `json:"rights"`
}

// A meSecond says how the session stands with its second factor.
type meSecond struct {
	Missing string     `json:"missing"` // show, enrol, or nothing
	Factors int        `json:"factors"`
	Until   *time.Time `json:"until"` // it counts as fresh; null: it does not
}

func (a *API) me(c *call) (reply, error) {
	u := c.who.User
	out := me{Name: u.Name, Person: u.Person, Unit: u.Unit, CSRF: c.who.CSRF, Expires: c.who.Expires, Roles: []access.Role{}, Rights: []access.Right{}}
	out.Second = meSecond{Missing: a.missing(c.who), Factors: u.Factors}
	if c.who.Fresh(a.Now()) {
		until := c.who.Second.Add(access.SecondLife)
		out.Second.Until = &until
	}
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
