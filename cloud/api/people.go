package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// People are the accounts, and what they are granted.
type People interface {
	Accounts
	Users(ctx context.Context) ([]access.User, error)
	Grant(ctx context.Context, by access.User, g access.Grant) (access.Grant, error)
	Revoke(ctx context.Context, by access.User, id string) error
}

// Accounts are opened and closed.
type Accounts interface {
	Open(ctx context.Context, by access.User, a access.Account) error
	Close(ctx context.Context, by access.User, name string) error
	Reset(ctx context.Context, by access.User, name string) (password string, err error)
	EndSessions(ctx context.Context, by access.User, name string) error
	ChangePassword(ctx context.Context, s access.Session, token, from, old, password string) error
}

// A Person is an account as the administrators see it.
type Person struct {
	Name     string         `json:"name"`
	Person   string         `json:"person"`
	Unit     string         `json:"unit"`
	Party    access.Party   `json:"party"`
	Closed   *time.Time     `json:"closed"`
	Fresh    bool           `json:"fresh"` // the first password has not been changed
	Factors  int            `json:"factors"`
	Sessions int            `json:"sessions"`
	Grants   []access.Grant `json:"grants"` // past ones too
}

// listPeople is for who opens accounts and for who grants; neither does the other.
func (a *API) listPeople(c *call) (reply, error) {
	if !access.May(c.who.User, access.ManageAccounts, access.Anywhere) && !access.May(c.who.User, access.ManageGrants, access.Anywhere) {
		return reply{}, a.denied(access.ManageAccounts)
	}
	users, err := a.People.Users(c.Context())
	if err != nil {
		return reply{}, err
	}
	sessions, err := a.Sessions(c.Context())
	if err != nil {
		return reply{}, err
	}
	out := []Person{}
	for _, u := range users {
		grants := u.Grants
		if grants == nil {
			grants = []access.Grant{}
		}
		out = append(out, Person{u.Name, u.Person, u.Unit, u.Party, u.Closed, u.Fresh, u.Factors, sessions[u.Name], grants})
	}
	return ok(out), nil
}

// firstPassword is told only now: sent again, an opening is refused because the
// account is there.
type firstPassword struct {
	Name     string `json:"name"`
	Password string `json:"password,omitempty"`
}

func (a *API) openPerson(c *call) (reply, error) {
	var said struct{ Name, Person, Unit string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	users, err := a.People.Users(c.Context())
	if err != nil {
		return reply{}, err
	}
	for _, u := range users { // Open would give a new password
		if u.Name == said.Name && u.Closed == nil && access.May(c.who.User, access.ManageAccounts, access.Anywhere) {
			return reply{}, web.Conflict.With("account " + said.Name + " is there already: reset its password instead")
		}
	}
	word := access.NewPassword()
	if err := a.People.Open(c.Context(), c.who.User, access.Account{Name: said.Name, Person: said.Person, Unit: said.Unit, Password: word, Made: true}); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: firstPassword{said.Name, word}}, nil
}

func (a *API) doPerson(c *call) (reply, error) {
	out := firstPassword{Name: c.said.word("name")}
	var err error
	switch c.said.word("action") {
	case "close":
		err = a.People.Close(c.Context(), c.who.User, out.Name)
	case "end_sessions":
		err = a.People.EndSessions(c.Context(), c.who.User, out.Name)
	case "reset":
		out.Password, err = a.People.Reset(c.Context(), c.who.User, out.Name)
	}
	return ok(out), err
}

func (a *API) changePassword(c *call) (reply, error) {
	var said struct{ Old, Password string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	return reply{status: http.StatusNoContent}, a.People.ChangePassword(c.Context(), c.who, web.Token(c.Request), web.From(c.Request), said.Old, said.Password)
}

func (a *API) grant(c *call) (reply, error) {
	var said struct {
		Account string      `json:"account"`
		Role    access.Role `json:"role"`
		Scope   string      `json:"scope"`
		Classes []string    `json:"classes"`
		ValidTo *time.Time  `json:"valid_to"`
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	g, err := a.People.Grant(c.Context(), c.who.User, access.Grant{Account: said.Account, Role: said.Role, Scope: said.Scope, Classes: said.Classes, ValidTo: said.ValidTo})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: g}, nil
}

func (a *API) revokeGrant(c *call) (reply, error) {
	return reply{status: http.StatusNoContent}, a.People.Revoke(c.Context(), c.who.User, c.said.word("id"))
}
