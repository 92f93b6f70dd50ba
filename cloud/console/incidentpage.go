package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
)

// An incidentView is one incident with what may be done, its whistles and its
// history.
type incidentView struct {
	office
	I        api.Incident
	Facts    []fact
	Steps    []phase
	History  api.History
	Seen     bool // the history is for this viewer
	Forms    []form
	Drafts   []form
	Bundle   []form // asks for the evidence to be taken out
	Second   string // where a second factor is shown, which that wants first
	Whistles []whistleCard
	Choices  choices
	Fault    string
	Pictures bool
	Why      []reason
}

// A fact is one line of what is known.
type fact struct {
	Key, Text string
	At        any
}

// A phase is one of the six steps, and how far it is.
type phase struct {
	Key        string
	Done, Here bool
	At         any
}

// A whistleCard is one whistle with what may be done.
type whistleCard struct {
	api.Whistle
	Forms []form
}

// phases are the six steps, each with the states in which it is under way.
var phases = []struct {
	key    string
	states []incident.State
}{
	{"step.collect", []incident.State{incident.Signalled, incident.Reported, incident.Verifying}},
	{"step.classify", []incident.State{incident.Confirmed, incident.Returned}},
	{"step.assess", []incident.State{incident.Classified}},
	{"step.handle", []incident.State{incident.Assessed, incident.Dispatched, incident.Accepted, incident.InProgress, incident.Suspended}},
	{"step.review", []incident.State{incident.Resolved, incident.Checked}},
	{"step.supervise", []incident.State{incident.Reviewed}},
}

// sixSteps says how far an incident is.
func sixSteps(i api.Incident) (out []phase) {
	if i.Profile == governance.Orders {
		return nil
	}
	times := []any{i.ConfirmedAt, i.ClassifiedAt, i.AssessedAt, i.ResolvedAt, i.ReviewedAt, i.ClosedAt}
	here := slices.IndexFunc(phases, func(p struct {
		key    string
		states []incident.State
	},
	) bool {
		return slices.Contains(p.states, i.State)
	})
	for n, p := range phases {
		out = append(out, phase{Key: p.key, Here: n == here, Done: here > n || here < 0 && !timeOf(times[n]).IsZero(), At: times[n]})
	}
	return out
}

func (c *Console) incidentPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	v, ok := c.incidentView(w, r, s)
	if !ok {
		return
	}
	if r.FormValue("as") != "" {
		c.show(w, r, s, "", v.paper())
		return
	}
	c.render(w, http.StatusOK, "incident.html", v)
}

// incidentAgain shows an incident with the form that was refused, and what was typed.
func (c *Console) incidentAgain(w http.ResponseWriter, r *http.Request, s access.Session, action string, p refusal) {
	v, ok := c.incidentView(w, r, s)
	if !ok {
		return
	}
	v.Fault = v.Refused(p)
	for _, forms := range [][]form{v.Forms, v.Drafts, v.Bundle} {
		if n := slices.IndexFunc(forms, func(f form) bool { return f.Name == action }); n >= 0 {
			forms[n].keep(r)
			forms[n].blame(v.office, p)
		}
	}
	c.render(w, max(p.Status, http.StatusBadRequest), "incident.html", v)
}

func (c *Console) incidentView(w http.ResponseWriter, r *http.Request, s access.Session) (v incidentView, ok bool) {
	o := c.office(r, s)
	i, err := c.API.Find(r.Context(), s.User, r.PathValue("id"))
	if errors.Is(err, incident.ErrNotFound) {
		c.sorry(w, r, s, refusal{Type: web.NotFound.Type(), Status: http.StatusNotFound})
		return v, false
	}
	v = incidentView{office: o, I: i, Seen: true, Steps: sixSteps(i), Facts: o.facts(i), Choices: c.choices(r, o)}
	v.Pictures = access.May(s.User, access.SeePictures, access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}})
	v.Forms, v.Drafts = v.Choices.actions(o, i, "/incidents/"+i.ID), v.Choices.whistleDraft(o, i)
	v.Why = o.reasons(i)
	v.Bundle, v.Second = o.bundleForms(s, i)
	if err == nil {
		v.History, err = c.API.History(r.Context(), s.User, i.ID)
	}
	var p *web.Problem
	if errors.As(err, &p) && p.Kind == web.Forbidden {
		v.Seen, err = false, nil
	}
	if err != nil {
		c.broken(w, err)
		return v, false
	}
	a, err := c.ask(r, s, wish{Method: http.MethodGet, Path: "/api/v1/incidents/" + url.PathEscape(i.ID) + "/whistles"})
	var list []api.Whistle
	if err == nil && a.ok() {
		err = a.into(&list)
	}
	if err != nil {
		c.broken(w, err)
		return v, false
	}
	for _, one := range list {
		v.Whistles = append(v.Whistles, whistleCard{one, v.Choices.whistleForms(o, one, "/incidents/"+i.ID+"#whistles")})
	}
	return v, true
}

// facts are what is known of an incident, in the order in which it came about.
func (o office) facts(i api.Incident) []fact {
	out := []fact{{Key: "col.seen", At: i.FirstSeenAt}}
	if !i.Hidden {
		out = append(out, fact{Key: "col.source", Text: o.Source(i.FirstSource)})
	}
	for _, f := range []fact{
		{"state.confirmed", i.ConfirmedBy, i.ConfirmedAt},
		{"state.dispatched", i.HandlingUnit, i.DispatchedAt},
		{"state.accepted", i.Handler, i.AcceptedAt},
		{"state.in_progress", "", i.ArrivedAt},
		{"state.resolved", "", i.ResolvedAt},
		{"state.checked", i.Checker, i.CheckedAt},
		{"state.closed", i.ClosedBy, i.ClosedAt},
	} {
		if !timeOf(f.At).IsZero() {
			out = append(out, f)
		}
	}
	for _, f := range []fact{
		{Key: "field.unit", Text: i.Unit},
		{Key: "zone", Text: i.Zone},
		{Key: "field.result", Text: i.Result},
		{Key: "field.call_back", Text: i.CallBack},
		{Key: "field.cause", Text: i.Cause},
		{Key: "camera", Text: strings.Trim(i.Site+"/"+i.Box+"/"+i.Device, "/")},
	} {
		if f.Text != "" {
			out = append(out, f)
		}
	}
	if n := i.ReturnCount + i.ReworkCount + i.ReopenCount; n > 0 {
		out = append(out, fact{Key: "fact.back", Text: o.Say("fact.back.n", "return", i.ReturnCount, "rework", i.ReworkCount, "reopen", i.ReopenCount)})
	}
	return out
}

// paper is an incident and its history for paper or a file.
func (v incidentView) paper() listPage {
	p := listPage{office: v.office, Title: v.I.Number + " · " + v.Class(v.I) + " · " + v.Place(v.I), About: v.Word("level", v.I.Level) + " · " + v.Word("state", v.I.State)}
	p.Facts = v.Facts
	p.Table = table{Name: "incident-" + v.I.Number, Columns: []string{"seq", "at", "action", "state", "who", "reason", "hash"}, Empty: "history.hidden", Cases: true}
	for _, st := range v.History.Steps {
		p.Table.Rows = append(p.Table.Rows, row{Cells: []cell{
			word(toWord(st.Seq)), at(st.At), word(v.Word("action", st.Action)), word(v.Word("state", st.To)),
			{Text: cmp.Or(st.Actor, "–"), Sub: v.Word("role", st.Role)},
			word(st.Reason), word(st.Hash[:min(12, len(st.Hash))]),
		}})
	}
	return p
}
