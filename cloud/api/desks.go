package api

import (
	"context"
	"encoding/json"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/watch"
	"eastgate/cloud/web"
)

// Desks knows which desks are manned.
type Desks interface {
	Tell(ctx context.Context, d watch.Desk) error
	Desks(ctx context.Context) ([]watch.Desk, error)
}

// deskPage is the watch as everybody at a desk sees it.
type deskPage struct {
	Armed int        `json:"armed"` // how many of them an alarm reaches
	Desks []deskLine `json:"desks"`
}

type deskLine struct {
	watch.Desk
	Armed bool `json:"armed"`
}

// tellDesk keeps what a desk says of itself, and answers with all of them. Ages, not
// times, are told: a desk's clock may be wrong.
func (a *API) tellDesk(c *call) (reply, error) {
	if !access.May(c.who.User, access.SeeIncidents, access.Anywhere) {
		return reply{}, web.Forbidden.With("desks are for those who see incidents")
	}
	var said struct {
		Desk     string
		Sound    watch.Sound
		Visible  bool
		InputAgo float64  `json:"input_ago_s"`
		TestAgo  *float64 `json:"self_test_ago_s"`
		Looking  string
	}
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	ago := func(s float64) time.Time { return a.Now().Add(-time.Duration(s * float64(time.Second))) }
	d := watch.Desk{ID: said.Desk, Who: c.who.User.Name, Sound: said.Sound, Visible: said.Visible, Input: ago(said.InputAgo), Looking: said.Looking}
	if said.TestAgo != nil {
		d.SelfTest = ago(*said.TestAgo)
	}
	if err := a.Desks.Tell(c.Context(), d); err != nil {
		return reply{}, err
	}
	return a.desks(c)
}

func (a *API) desks(c *call) (reply, error) {
	if !access.May(c.who.User, access.SeeIncidents, access.Anywhere) {
		return reply{}, web.Forbidden.With("desks are for those who see incidents")
	}
	list, err := a.Desks.Desks(c.Context())
	if err != nil {
		return reply{}, err
	}
	page := deskPage{Desks: []deskLine{}}
	for _, d := range list {
		line := deskLine{d, d.Armed(a.Now())}
		if line.Armed {
			page.Armed++
		}
		page.Desks = append(page.Desks, line)
	}
	return ok(page), nil
}
