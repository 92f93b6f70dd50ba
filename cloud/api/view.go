package api

import (
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/report"
)

// An Incident is what one person sees of an incident, and may do with it.
type Incident struct {
	incident.Incident
	ClassZH     string     `json:"class_zh"`
	ClassEN     string     `json:"class_en"`
	DueStep     string     `json:"due_step,omitempty"`
	DueAt       *time.Time `json:"due_at,omitempty"`
	AboutPerson bool       `json:"about_person,omitempty"`
	Hidden      bool       `json:"hidden,omitempty"`
	Actions     []Allowed  `json:"actions"`
}

// An Allowed action, with what it needs.
type Allowed struct {
	Action incident.Action  `json:"action"`
	Needs  []incident.Field `json:"needs"`
}

// object is what rights on an incident are asked for. A unit that has returned it
// has nothing to do with it any more, as in the lists.
func object(i incident.Incident, asked ...string) access.Object {
	var units []string
	for _, u := range append([]string{i.Unit, i.HandlingUnit}, asked...) {
		if u != "" && !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	return access.Object{Place: i.Place, Class: i.Class, Units: units}
}

// Actor is somebody with the roles held for an object, in the engine's words.
func Actor(u access.User, on access.Object) incident.Actor {
	held := access.ActorFor(u, on)
	out := incident.Actor{Name: held.Name, Unit: held.Unit}
	for _, r := range held.Roles {
		out.Roles = append(out.Roles, incident.Role(r))
	}
	return out
}

// scope is what somebody may see, in the words of a list.
func scope(s access.Scope) incident.Scope {
	out := incident.Scope{All: s.All, Paths: s.Paths, Units: s.Units, Classes: s.Classes}
	for _, or := range s.Or {
		out.Or = append(out.Or, scope(or))
	}
	return out
}

// View returns what somebody sees of an incident in passing, in a list or the feed;
// asked are units that were whistled to.
func (a *API) View(u access.User, i incident.Incident, asked ...string) Incident {
	on := object(i, asked...)
	c, _ := a.Catalogue.Class(i.Class)
	v := Incident{Incident: i, ClassZH: c.ZH, ClassEN: c.EN, Actions: []Allowed{}, AboutPerson: report.AboutAPerson(i.Text) && i.ConfirmedAt == nil}
	if c.Key == "" {
		v.ClassZH, v.ClassEN = i.Class, i.Class
	}
	if step, at, due := i.Due(); due {
		v.DueStep, v.DueAt = string(step), &at
	}
	who := Actor(u, on)
	for _, action := range a.Incidents.Allowed(i, who) {
		v.Actions = append(v.Actions, Allowed{action, needs(i, action)})
	}
	if !access.May(u, access.SeePictures, on) {
		v.Snapshot, v.Clip, v.Photos = "", "", nil
	}
	if c.Restricted { // see Find
		v.Text, v.Note, v.Result, v.CallBack, v.Cause = "", "", "", "", ""
	}
	if !access.May(u, access.SeeIncidents, on) {
		v.publish()
	}
	return v
}

// publish leaves what happened where and how far it is.
func (v *Incident) publish() {
	i := v.Incident
	v.Incident = incident.Incident{
		ID: i.ID, Number: i.Number, Version: i.Version, Decided: i.Decided, Class: i.Class, Domain: i.Domain, Profile: i.Profile, Level: i.Level, State: i.State,
		Active: i.Active, Test: i.Test, Place: i.Place, PlaceName: i.PlaceName, Since: i.Since, FirstAt: i.FirstAt, LastAt: i.LastAt, HeardAt: i.HeardAt,
		FirstSeenAt: i.FirstSeenAt, ConfirmedAt: i.ConfirmedAt, DispatchedAt: i.DispatchedAt, ResolvedAt: i.ResolvedAt, ClosedAt: i.ClosedAt,
	}
	v.AboutPerson, v.Hidden = false, true
}

// needs are the fields that an action must come with.
func needs(i incident.Incident, action incident.Action) []incident.Field {
	for _, w := range incident.Ways {
		if w.Action == action && slices.Contains(w.From, i.State) {
			return []incident.Field{}
		}
	}
	for _, t := range rows(i, action) {
		if len(t.Needs) > 0 {
			return t.Needs
		}
	}
	return []incident.Field{}
}

// rows are those of the table for an action from an incident's state.
func rows(i incident.Incident, action incident.Action) []incident.Transition {
	return slices.DeleteFunc(slices.Clone(incident.Table), func(t incident.Transition) bool {
		order := t.Profile == governance.Orders
		return t.Action != action || !slices.Contains(t.From, i.State) || t.To != "" && order != (i.Profile == governance.Orders)
	})
}

// wanted are the roles that may do an action with an incident.
func wanted(i incident.Incident, action incident.Action) []incident.Role {
	out := []incident.Role{}
	for _, w := range incident.Ways {
		if w.Action == action && slices.Contains(w.From, i.State) {
			out = append(out, w.Roles...)
		}
	}
	for _, t := range rows(i, action) {
		out = append(out, t.Roles...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
