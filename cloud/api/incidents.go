package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// A page of incidents, and how far the feed was before it was read: who goes on from
// there sees a change twice rather than never.
type incidentPage struct {
	Incidents []Incident `json:"incidents"`
	Next      string     `json:"next,omitempty"`
	Position  int64      `json:"position"`
}

// defaultPage is how many a page has that does not say.
const defaultPage = 100

func (a *API) listIncidents(c *call) (reply, error) {
	f, err := a.filter(c.said)
	if err != nil {
		return reply{}, err
	}
	page := incidentPage{Incidents: []Incident{}}
	if page.Position, err = a.Incidents.Last(c.Context()); err != nil {
		return reply{}, err
	}
	page.Incidents, page.Next, err = a.List(c.Context(), c.who.User, f)
	return ok(page), err
}

// List returns a page of what somebody may see, and the cursor of the next one.
func (a *API) List(ctx context.Context, u access.User, f incident.Filter) (list []Incident, next string, err error) {
	f.Scope = scope(access.ScopeOf(u))
	if f.Limit == 0 {
		f.Limit = defaultPage
	}
	found, err := a.Incidents.List(ctx, f)
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, len(found))
	for n, i := range found {
		ids[n] = i.ID
	}
	asked, err := a.asked(ctx, access.ScopeOf(u), ids)
	if err != nil {
		return nil, "", err
	}
	list = []Incident{}
	for _, i := range found {
		list = append(list, a.View(u, i, asked[i.ID].Units...))
	}
	if len(found) == f.Limit {
		next = seal(f.Cursor(found[len(found)-1]))
	}
	return list, next, nil
}

// Count returns how many incidents somebody sees, up to incident.MaxCount.
func (a *API) Count(ctx context.Context, u access.User, f incident.Filter) (int, error) {
	f.Scope = scope(access.ScopeOf(u))
	return a.Incidents.Count(ctx, f)
}

// Cursors are opaque: what is in them is nobody's business.

func seal(cursor string) string { return base64.RawURLEncoding.EncodeToString([]byte(cursor)) }

func unseal(word string) (string, error) {
	text, err := base64.RawURLEncoding.DecodeString(word)
	if err != nil {
		return "", faultOf("query", "after", "is no cursor that the API gave")
	}
	return string(text), nil
}

func faultOf(in, field, detail string) error {
	p := web.Invalid.With("parameters do not fit")
	p.Faults = []web.Fault{{In: in, Field: field, Detail: detail}}
	return p
}

// Filter reads the filter of a page's address, which has the API's own parameters.
func (a *API) Filter(r *http.Request) (incident.Filter, error) {
	said, faults := a.list.params(r)
	if len(faults) > 0 {
		p := web.Invalid.With("parameters do not fit")
		p.Faults = faults
		return incident.Filter{}, p
	}
	return a.filter(said)
}

func (a *API) filter(s said) (incident.Filter, error) {
	f := incident.Filter{
		Classes: s.words("class"), Domains: s.words("domain"), Sources: s.words("source"), PlacePrefix: s.word("place"), Unit: s.word("unit"), Handler: s.word("handler"),
		Text: s.word("text"), Test: s.flag("test"), Signals: s.flag("signal"), Health: s.flag("health"), Taken: s.flag("taken"), Limit: s.number("limit", 0),
		From: s.time("from"), To: s.time("to"), Sort: map[string]incident.Sort{"oldest": incident.Oldest, "level": incident.Grave, "due": incident.Soon}[s.word("sort")],
	}
	for _, w := range s.words("verdict") {
		f.Verdicts = append(f.Verdicts, incident.Verdict(w))
	}
	for _, w := range s.words("level") {
		f.Levels = append(f.Levels, event.Level(w[0]-'0')) // checked: 1 to 4
	}
	if late := s.flag("overdue"); late != nil && *late {
		f.Overdue = a.Now()
	}
	for _, w := range s.words("state") {
		switch {
		case w == "open" || w == "ended":
			f.States = append(f.States, slices.DeleteFunc(slices.Clone(incident.States), func(st incident.State) bool { return st.Open() != (w == "open") })...)
		case incident.State(w).Known():
			f.States = append(f.States, incident.State(w))
		default:
			return f, faultOf("query", "state", "there is no state "+w)
		}
	}
	if w := s.word("after"); w != "" {
		var err error
		if f.After, err = unseal(w); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (a *API) getIncident(c *call) (reply, error) {
	v, err := a.Find(c.Context(), c.who.User, c.said.word("id"))
	return reply{status: http.StatusOK, body: v, version: v.Version}, err
}

func (a *API) allowed(c *call) (reply, error) {
	v, err := a.Find(c.Context(), c.who.User, c.said.word("id"))
	return ok(v.Actions), err
}

// A History is every step of an incident, and whether nobody tampered with it.
type History struct {
	Steps []incident.Step `json:"steps"`
	Whole bool            `json:"whole"`
	Fault string          `json:"fault,omitempty"`
}

func (a *API) history(c *call) (reply, error) {
	h, err := a.History(c.Context(), c.who.User, c.said.word("id"))
	return ok(h), err
}

// History returns the steps of an incident to who may read them.
func (a *API) History(ctx context.Context, u access.User, id string) (History, error) {
	i, asked, err := a.find(ctx, u, id)
	if err != nil {
		return History{}, err
	}
	on := object(i, asked...)
	use := register.Use{Right: access.SeeHistory, On: on, Act: register.View, Object: "incident/" + id + "/history", Case: i.Number}
	if a.restricted(i) {
		use.Fields = []string{"reason", "detail"}
	}
	if err := a.Register.Use(ctx, u, use); err != nil {
		if !onlyForbidden(err) {
			return History{}, err
		}
		return History{}, web.Forbidden.With("the history is not for your role")
	}
	steps, err := a.Incidents.History(ctx, id)
	if err != nil {
		return History{}, err
	}
	h := History{Steps: steps, Whole: true}
	if err := incident.VerifyHistory(steps, i.Head); err != nil {
		h.Whole, h.Fault = false, err.Error()
	}
	if a.restricted(i) && !access.May(u, access.SeeRestricted, on) {
		for n := range h.Steps { // the hashes still tell that nothing was changed
			h.Steps[n].Detail, h.Steps[n].Reason = nil, ""
		}
	}
	return h, nil
}

func (a *API) do(c *call) (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	var command incident.Command
	if len(c.body) > 0 {
		if err := json.Unmarshal(c.body, &command); err != nil {
			return reply{}, web.Malformed.With(err.Error())
		}
	}
	command.Action = incident.Action(c.said.word("action"))
	v, err := a.Do(c.Context(), c.who.User, c.said.word("id"), version, command)
	return reply{status: http.StatusOK, body: v, version: v.Version}, err
}

// Do does one action for somebody, and says in a problem why not: who could, what is
// missing, or how the incident is now.
func (a *API) Do(ctx context.Context, u access.User, id string, version int64, command incident.Command) (Incident, error) {
	i, asked, err := a.find(ctx, u, id)
	if err != nil {
		return Incident{}, err
	}
	known := slices.ContainsFunc(incident.Table, func(t incident.Transition) bool { return t.Action == command.Action })
	if !known && command.Action != incident.Alarm {
		return Incident{}, faultOf("path", "action", "there is no such action; see /api/v1/actions")
	}
	after, err := a.Incidents.Do(ctx, Actor(u, object(i, asked...)), id, version, command)
	if err == nil {
		a.teach(ctx, u, i, after)
		return a.View(u, after, asked...), nil
	}
	p := problemOf(err)
	switch {
	case p == nil || after.ID == "":
		return Incident{}, err
	case errors.Is(err, incident.ErrConflict):
		if version < after.Decided || version > after.Version {
			p.Kind = web.Changed
		}
		p.More = map[string]any{"incident": a.View(u, after, asked...)}
	case errors.Is(err, incident.ErrForbidden):
		p.More = map[string]any{"roles": wanted(after, command.Action)}
	}
	return Incident{}, p
}

func (a *API) displayed(c *call) (reply, error) {
	var asked struct{ IDs []string }
	if err := json.Unmarshal(c.body, &asked); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	var seen []string
	for _, id := range asked.IDs {
		i, err := a.Incidents.Get(c.Context(), id)
		switch {
		case errors.Is(err, incident.ErrNotFound):
		case err != nil:
			return reply{}, err
		case access.May(c.who.User, access.SeeIncidents, object(i)):
			seen = append(seen, id)
		}
	}
	if len(seen) > 0 {
		if err := a.Incidents.Displayed(c.Context(), seen...); err != nil {
			return reply{}, err
		}
	}
	return reply{status: http.StatusNoContent}, nil
}

func (s said) time(name string) time.Time {
	t, _ := time.Parse(time.RFC3339, s.word(name)) //nolint:errcheck // checked: date-time
	return t
}

func (s said) number(name string, otherwise int) int {
	if v, ok := s[name].(int64); ok {
		return int(v)
	}
	return otherwise
}
