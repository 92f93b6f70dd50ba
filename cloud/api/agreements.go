package api

import (
	"encoding/json"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
	"eastgate/cloud/web"
)

// terms are what an agreement says when it is drafted.
type terms struct {
	Organisation string    `json:"organisation"`
	Purpose      string    `json:"purpose"`
	Basis        string    `json:"basis"`
	Classes      []string  `json:"classes"`
	Places       []string  `json:"places"`
	Fields       []string  `json:"fields"`
	From         time.Time `json:"from"`
	To           time.Time `json:"to"`
}

// An Agreement is one as it stands now.
type Agreement struct {
	sharing.Agreement
	State sharing.State `json:"state"`
}

func (a *API) agreementView(x sharing.Agreement) Agreement { return Agreement{x, x.State(a.Now())} }

// listAgreements lists them for those who sign, and an organisation its own.
func (a *API) listAgreements(c *call) (reply, error) {
	organisation := c.said.word("organisation")
	if !access.May(c.who.User, access.SignSharing, access.Anywhere) {
		organisation = c.who.User.Unit
	}
	list, err := a.Sharing.List(c.Context(), organisation)
	if err != nil {
		return reply{}, err
	}
	out := []Agreement{}
	for _, x := range list {
		out = append(out, a.agreementView(x))
	}
	return ok(out), nil
}

func (a *API) draftAgreement(c *call) (reply, error) {
	var t terms
	if err := json.Unmarshal(c.body, &t); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	x, err := a.Sharing.Draft(c.Context(), c.who.User, sharing.Agreement{
		Organisation: t.Organisation, Purpose: t.Purpose, Basis: t.Basis, Classes: t.Classes, Places: t.Places, Fields: t.Fields, From: t.From, To: t.To,
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: a.agreementView(x), version: x.Version}, nil
}

func (a *API) doAgreement(c *call) (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	var said struct {
		Reason string `json:"reason"`
	}
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &said); err != nil {
			return reply{}, web.Malformed.With(err.Error())
		}
	}
	x, err := a.Sharing.Do(c.Context(), c.who.User, c.said.word("id"), version, sharing.Step(c.said.word("action")), said.Reason)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: a.agreementView(x), version: x.Version}, nil
}

// sharedIncident gives an organisation what its agreement says, and no field more.
// The telling, and a refusal, is a row of the sharing log before it is answered.
func (a *API) sharedIncident(c *call) (reply, error) {
	organisation := c.said.word("organisation")
	if c.who.User.Unit != organisation && !access.May(c.who.User, access.SignSharing, access.Anywhere) {
		return reply{}, web.Forbidden.With("an organisation is told by its own people, or by who signs agreements")
	}
	i, err := a.Incidents.Get(c.Context(), c.said.word("id"))
	if err != nil {
		return reply{}, err
	}
	class, known := a.Catalogue.Class(i.Class)
	matter, err := sharing.MatterOf(i, !known || class.Restricted)
	if err != nil {
		return reply{}, err
	}
	told, err := a.Sharing.Share(c.Context(), c.who.User, organisation, matter, register.View)
	return ok(told), err
}
