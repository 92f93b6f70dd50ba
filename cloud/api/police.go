package api

import (
	"context"
	"encoding/json"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/police"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
)

// Police is the bridge to the police.
type Police interface {
	Health(ctx context.Context) (police.Health, error)
	Messages(ctx context.Context, incident string) ([]police.Message, error)
	Kill(ctx context.Context, who access.User, on bool, reason string) (police.Switch, error)
	Test(ctx context.Context, who access.User) (police.Message, error)
	Reconcile(ctx context.Context, month string) (police.Reconciliation, error)
}

// A PoliceHealth says besides whether there is a bridge at all.
type PoliceHealth struct {
	Configured bool           `json:"configured"`
	Bridge     *police.Health `json:"bridge,omitempty"`
}

// A PoliceMessage is one with whether somebody must phone.
type PoliceMessage struct {
	police.Message
	Phone bool `json:"phone"`
}

// seesPolice lets those through who look after the bridge.
func (a *API) seesPolice(c *call) error {
	if !access.May(c.who.User, access.SeePolice, access.Anywhere) {
		p := web.Forbidden.With("the bridge to the police is for the centre's officers")
		p.More = map[string]any{"roles": access.RolesWith(access.SeePolice)}
		return p
	}
	return nil
}

func (a *API) policeHealth(c *call) (reply, error) {
	if err := a.seesPolice(c); err != nil {
		return reply{}, err
	}
	if a.Police == nil {
		return ok(PoliceHealth{}), nil
	}
	h, err := a.Police.Health(c.Context())
	return ok(PoliceHealth{Configured: true, Bridge: &h}), err
}

// policeMessages tells whoever sees an incident's case how far the police know of it.
func (a *API) policeMessages(c *call) (reply, error) {
	id := c.said.word("incident")
	i, units, err := a.find(c.Context(), c.who.User, id)
	if err != nil {
		return reply{}, err
	}
	if on := object(i, units...); !access.May(c.who.User, access.SeeIncidents, on) {
		return reply{}, a.refused(c.Context(), c.who.User, register.Use{Right: access.SeeIncidents, On: on, Act: register.View, Object: "incident/" + id, Case: i.Number})
	}
	out := []PoliceMessage{}
	if a.Police == nil {
		return ok(out), nil
	}
	list, err := a.Police.Messages(c.Context(), id)
	for _, m := range list {
		out = append(out, PoliceMessage{m, m.Phone()})
	}
	return ok(out), err
}

func (a *API) killPolice(c *call) (reply, error) {
	if a.Police == nil {
		return reply{}, police.ErrOff
	}
	var said struct {
		On     bool   `json:"on"`
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	s, err := a.Police.Kill(c.Context(), c.who.User, said.On, said.Reason)
	return ok(s), err
}

func (a *API) testPolice(c *call) (reply, error) {
	if a.Police == nil {
		return reply{}, police.ErrOff
	}
	m, err := a.Police.Test(c.Context(), c.who.User)
	return reply{status: http.StatusCreated, body: PoliceMessage{Message: m}}, err
}

func (a *API) reconcilePolice(c *call) (reply, error) {
	if err := a.seesPolice(c); err != nil {
		return reply{}, err
	}
	if a.Police == nil {
		return reply{}, police.ErrOff
	}
	r, err := a.Police.Reconcile(c.Context(), c.said.word("month"))
	return ok(r), err
}
