package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"eastgate/cloud/access"
	"eastgate/cloud/escalation"
	"eastgate/cloud/web"
)

type reminderPage struct {
	Reminders []escalation.Reminder `json:"reminders"`
	Next      string                `json:"next,omitempty"`
}

func (a *API) reminders(c *call) (reply, error) {
	cursor, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	f := escalation.Filter{Scope: access.ScopeFor(c.who.User, access.SeeIncidents), Limit: c.said.number("limit", defaultPage)}
	if cursor != "" {
		if f.After, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return reply{}, faultOf("query", "after", "is no cursor that the API gave")
		}
	}
	if only := c.said.flag("overdue"); only != nil {
		f.Overdue = *only
	}
	if only := c.said.flag("ticket"); only != nil {
		f.Tickets = *only
	}
	page := reminderPage{Reminders: []escalation.Reminder{}}
	list, err := a.Reminders.Open(c.Context(), f)
	if err != nil {
		return reply{}, err
	}
	page.Reminders = append(page.Reminders, list...)
	if len(list) == f.Limit {
		page.Next = seal(strconv.FormatInt(list[len(list)-1].Position, 10))
	}
	return ok(page), nil
}

// settle is for supervisors who see the incident.
func (a *API) settle(c *call) (reply, error) {
	var said struct{ Note string }
	if err := json.Unmarshal(c.body, &said); err != nil {
		return reply{}, web.Malformed.With(err.Error())
	}
	position := int64(c.said.number("position", 0))
	one, err := a.Reminders.Open(c.Context(), escalation.Filter{Scope: access.ScopeFor(c.who.User, access.SeeIncidents), Tickets: true, After: position - 1, Limit: 1})
	if err != nil {
		return reply{}, err
	}
	if len(one) == 0 || one[0].Position != position {
		return reply{}, web.NotFound.With(escalation.ErrNotFound.Error())
	}
	held := access.ActorFor(c.who.User, access.Object{Place: one[0].Place, Class: one[0].Class, Units: []string{one[0].Unit, one[0].HandlingUnit}})
	if !slices.Contains(held.Roles, access.Supervisor) {
		p := web.Forbidden.With("tickets are followed up by the supervisor")
		p.More = map[string]any{"roles": []access.Role{access.Supervisor}}
		return reply{}, p
	}
	return reply{status: http.StatusNoContent}, a.Reminders.Settle(c.Context(), position, c.who.User.Name, said.Note)
}
