package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
	"eastgate/cloud/whistle"
)

// A Whistle is what one person sees of a whistle, and may do with it.
type Whistle struct {
	whistle.Whistle
	Overdue bool             `json:"late"`
	Actions []whistle.Action `json:"actions"`
}

func (a *API) whistleView(u access.User, w whistle.Whistle, owner string) Whistle {
	v := Whistle{Whistle: w, Overdue: w.Late(a.Now()), Actions: whistle.Allowed(w, access.ActorFor(u, w.Object(owner)))}
	if v.Actions == nil {
		v.Actions = []whistle.Action{}
	}
	return v
}

// owner returns the unit that owns a whistle's incident.
func (a *API) owner(ctx context.Context, id string) (string, error) {
	i, err := a.Incidents.Get(ctx, id)
	return i.Unit, err
}

func (a *API) incidentWhistles(c *call) (reply, error) {
	i, _, err := a.find(c.Context(), c.who.User, c.said.word("id"))
	if err != nil {
		return reply{}, err
	}
	list, err := a.Whistles.Whistles(c.Context(), whistle.Filter{Incident: i.ID, Scope: access.ScopeOf(c.who.User)})
	if err != nil {
		return reply{}, err
	}
	out := []Whistle{}
	for _, w := range list {
		out = append(out, a.whistleView(c.who.User, w, i.Unit))
	}
	return ok(out), nil
}

type whistlePage struct {
	Whistles []Whistle `json:"whistles"`
	Next     string    `json:"next,omitempty"`
}

func (a *API) listWhistles(c *call) (reply, error) {
	after, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	f := whistle.Filter{Unit: c.said.word("unit"), After: after, Limit: c.said.number("limit", defaultPage)}
	for _, s := range c.said.words("state") {
		f.States = append(f.States, whistle.State(s))
	}
	list, next, err := a.ListWhistles(c.Context(), c.who.User, f)
	return ok(whistlePage{list, next}), err
}

// ListWhistles returns whistles that somebody may see, the newest first.
func (a *API) ListWhistles(ctx context.Context, u access.User, f whistle.Filter) (out []Whistle, next string, err error) {
	f.Scope = access.ScopeOf(u)
	list, err := a.Whistles.Whistles(ctx, f)
	if err != nil {
		return nil, "", err
	}
	out = []Whistle{}
	for _, w := range list {
		owner, err := a.owner(ctx, w.Incident)
		if err != nil {
			return nil, "", err
		}
		out = append(out, a.whistleView(u, w, owner))
	}
	if f.Limit > 0 && len(list) == f.Limit {
		next = seal(list[len(list)-1].ID)
	}
	return out, next, nil
}

// findWhistle returns a whistle that somebody may see, and its incident's owner.
func (a *API) findWhistle(ctx context.Context, u access.User, id string) (whistle.Whistle, string, error) {
	w, err := a.Whistles.Whistle(ctx, id)
	if err != nil {
		return w, "", err
	}
	owner, err := a.owner(ctx, w.Incident)
	if err == nil && !access.May(u, access.SeePublic, w.Object(owner)) {
		err = whistle.ErrNotFound
	}
	return w, owner, err
}

func (a *API) getWhistle(c *call) (reply, error) {
	w, owner, err := a.findWhistle(c.Context(), c.who.User, c.said.word("id"))
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: a.whistleView(c.who.User, w, owner), version: w.Version}, nil
}

func (a *API) beginWhistle(c *call) (reply, error) {
	i, asked, err := a.find(c.Context(), c.who.User, c.said.word("id"))
	if err != nil {
		return reply{}, err
	}
	ask := whistle.Ask{Action: whistle.DraftIt}
	if err := json.Unmarshal(c.body, &ask); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	w, err := a.Whistles.Begin(c.Context(), access.ActorFor(c.who.User, object(i, asked...)), i.ID, ask)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusCreated, body: a.whistleView(c.who.User, w, i.Unit), version: w.Version, location: "/api/v1/whistles/" + w.ID}, nil
}

func (a *API) doWhistle(c *call) (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	var ask whistle.Ask
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &ask); err != nil {
			return reply{}, web.Malformed.With(err.Error())
		}
	}
	ask.Action = whistle.Action(c.said.word("action"))
	w, owner, err := a.findWhistle(c.Context(), c.who.User, c.said.word("id"))
	if err != nil {
		return reply{}, err
	}
	after, err := a.Whistles.Do(c.Context(), access.ActorFor(c.who.User, w.Object(owner)), w.ID, version, ask)
	if errors.Is(err, whistle.ErrConflict) {
		p := web.Changed.With(err.Error())
		p.More = map[string]any{"whistle": a.whistleView(c.who.User, after, owner)}
		return reply{}, p
	}
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: a.whistleView(c.who.User, after, owner), version: after.Version}, nil
}
