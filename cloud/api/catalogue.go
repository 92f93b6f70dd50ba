package api

import (
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/shared/event"
)

type transition struct {
	Action    incident.Action  `json:"action"`
	From      []incident.State `json:"from"`
	To        incident.State   `json:"to"`
	Roles     []incident.Role  `json:"roles"`
	Needs     []incident.Field `json:"needs"`
	Condition string           `json:"condition,omitempty"`
	Profile   string           `json:"profile,omitempty"`
}

func (a *API) actions(*call) (reply, error) {
	out := []transition{}
	for _, t := range incident.Table {
		out = append(out, transition{t.Action, t.From, t.To, t.Roles, t.Needs, t.If.Says, t.Profile})
	}
	for _, w := range incident.Ways {
		last := slices.IndexFunc(incident.Table, func(t incident.Transition) bool { return t.Action == w.Steps[len(w.Steps)-1] })
		out = append(out, transition{w.Action, w.From, incident.Table[last].To, w.Roles, nil, w.If.Says, ""})
	}
	return ok(out), nil
}

type domain struct {
	Key    string `json:"key"`
	Number int    `json:"number"`
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

func (a *API) domains(*call) (reply, error) {
	out := []domain{}
	for _, d := range a.Catalogue.Domains() {
		out = append(out, domain(d))
	}
	return ok(out), nil
}

type class struct {
	Key        string            `json:"key"`
	ZH         string            `json:"zh"`
	EN         string            `json:"en"`
	Domain     string            `json:"domain"`
	Level      event.Level       `json:"level"`
	Profile    string            `json:"profile"`
	SignalOnly bool              `json:"signal_only"`
	Device     bool              `json:"device"`
	Camera     bool              `json:"camera_observable"`
	Restricted bool              `json:"restricted"`
	Limits     map[string]string `json:"limits"`
	CAP        string            `json:"cap"`
}

func (a *API) classes(*call) (reply, error) {
	out := []class{}
	for _, c := range a.Catalogue.Classes() {
		v := class{c.Key, c.ZH, c.EN, c.Domain, c.Level, c.Profile, c.SignalOnly, c.Device, c.CameraObservable, c.Restricted, map[string]string{}, c.CAP}
		for _, step := range governance.Steps {
			if l, ok := c.Limits[step]; ok {
				v.Limits[string(step)] = l.String()
			}
		}
		out = append(out, v)
	}
	return ok(out), nil
}

type placePage struct {
	Places []place.Place `json:"places"`
	Next   string        `json:"next,omitempty"`
}

// places lists what somebody's scope covers, and what stands around it.
func (a *API) places(c *call) (reply, error) {
	after, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	limit, text := c.said.number("limit", defaultPage), strings.ToLower(c.said.word("text"))
	page := placePage{Places: []place.Place{}}
	for _, p := range a.Places.Under(c.said.word("place")) {
		named := text == "" || strings.Contains(strings.ToLower(p.ZH+" "+p.EN+" "+p.Code), text)
		if p.Path <= after || !named || !access.May(c.who.User, access.SeePublic, access.Object{Place: p.Path, Units: []string{p.Org}}) {
			continue
		}
		if len(page.Places) == limit {
			page.Next = seal(page.Places[limit-1].Path)
			break
		}
		page.Places = append(page.Places, p)
	}
	return ok(page), nil
}

type unit struct {
	ID     string       `json:"id"`
	Party  access.Party `json:"party"`
	ZH     string       `json:"zh"`
	EN     string       `json:"en,omitempty"`
	Places []string     `json:"places,omitempty"`
}

func (a *API) organisations(c *call) (reply, error) {
	list, err := a.Organisations(c.Context())
	if err != nil {
		return reply{}, err
	}
	out := []unit{}
	for _, o := range list {
		if o.Ended == nil {
			out = append(out, unit{o.ID, o.Party, o.ZH, o.EN, o.Places})
		}
	}
	return ok(out), nil
}
