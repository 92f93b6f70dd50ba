package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/notify"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
)

// Notify is what writes to people's phones.
type Notify interface {
	Messages(ctx context.Context, f notify.Filter) ([]notify.Message, error)
	Health(ctx context.Context) ([]notify.Health, error)
	Roster(ctx context.Context) (notify.Roster, error)
	SaveRoster(ctx context.Context, r notify.Roster) error
	OnDuty(ctx context.Context, place string) ([]notify.Turn, error)
}

// A NotifyMessage is one, with what somebody can do in words.
type NotifyMessage struct {
	notify.Message
	DoZH string `json:"do_zh,omitempty"`
	DoEN string `json:"do_en,omitempty"`
}

// notifyMessages tells who sees an incident what became of its messages.
func (a *API) notifyMessages(c *call) (reply, error) {
	f := notify.Filter{Scope: access.ScopeFor(c.who.User, access.SeeIncidents), Incident: c.said.word("incident"), Limit: c.said.number("limit", defaultPage)}
	for _, s := range c.said.words("state") {
		f.States = append(f.States, notify.State(s))
	}
	list, err := a.Notify.Messages(c.Context(), f)
	out := []NotifyMessage{}
	for _, m := range list {
		x := NotifyMessage{Message: m}
		x.DoZH, x.DoEN = m.Do.Says()
		out = append(out, x)
	}
	return ok(out), err
}

// seesNotify lets those through who look after messages and the roster.
func (a *API) seesNotify(c *call) error {
	if access.May(c.who.User, access.SeeNotify, access.Anywhere) {
		return nil
	}
	p := web.Forbidden.With("messages and the duty roster are for the centre's officers")
	p.More = map[string]any{"roles": access.RolesWith(access.SeeNotify)}
	return p
}

func (a *API) notifyHealth(c *call) (reply, error) {
	if err := a.seesNotify(c); err != nil {
		return reply{}, err
	}
	h, err := a.Notify.Health(c.Context())
	return ok(h), err
}

// A DutyRoster says besides whose turn it is.
type DutyRoster struct {
	notify.Roster
	Now []notify.Turn `json:"now"`
}

func (a *API) dutyRoster(c *call) (reply, error) {
	if err := a.seesNotify(c); err != nil {
		return reply{}, err
	}
	return a.rosterAt(c.Context(), c.said.word("place"))
}

func (a *API) rosterAt(ctx context.Context, place string) (reply, error) {
	r, err := a.Notify.Roster(ctx)
	if err != nil {
		return reply{}, err
	}
	now, err := a.Notify.OnDuty(ctx, place)
	return reply{status: http.StatusOK, version: r.Version, body: DutyRoster{r, append([]notify.Turn{}, now...)}}, err
}

// putDutyRoster replaces the roster whose version the asker has seen; "0" before the
// first.
func (a *API) putDutyRoster(c *call) (reply, error) {
	version, err := c.version()
	if err != nil {
		return reply{}, err
	}
	var said notify.Roster
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	r := notify.Roster{Version: version + 1, Turns: said.Turns, By: c.who.User.Name, At: a.Now().UTC()}
	if err := r.Validate(); err != nil {
		return reply{}, err
	}
	if err := a.Register.Use(c.Context(), c.who.User, register.Use{
		Right: access.ManageRoster, On: access.Anywhere, Act: register.Change, Object: "duty-roster", From: web.From(c.Request),
		Detail: fmt.Sprintf("version %d, %d turns", r.Version, len(r.Turns)),
	}); err != nil {
		return reply{}, err
	}
	if err := a.Notify.SaveRoster(c.Context(), r); err != nil {
		return reply{}, err
	}
	return a.rosterAt(c.Context(), "")
}
