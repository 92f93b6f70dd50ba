package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"eastgate/cloud/access"
	"eastgate/cloud/escalation"
	"eastgate/cloud/whistle"
)

// whistleTabs are what a list of whistles can be narrowed to.
var whistleTabs = []struct {
	key    string
	states []whistle.State
}{
	{"open", []whistle.State{whistle.Drafted, whistle.Approved, whistle.Sent, whistle.Acknowledged, whistle.Attending, whistle.Delivered, whistle.Declined, whistle.Escalated}},
	{"unanswered", []whistle.State{whistle.Sent, whistle.Escalated}},
	{"ended", []whistle.State{whistle.Accepted, whistle.Withdrawn}},
}

// whistlesPage shows whistles with what may be done with each now.
func (c *Console) whistlesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.whistles"], About: o.T["about.whistles"], Table: table{
		Name: "whistles", Columns: []string{"number", "kind", "unit", "state", "purpose", "sent", "due"}, Empty: "empty.whistles", Cases: true,
	}}
	f := whistle.Filter{Limit: 200}
	here := r.FormValue("state")
	for _, t := range whistleTabs {
		if p.Tabs = append(p.Tabs, tab{Text: o.T["whistle.tab."+t.key], Href: "/whistles?state=" + t.key, Here: here == t.key}); here == t.key {
			f.States = t.states
		}
	}
	p.Tabs = slices.Insert(p.Tabs, 0, tab{Text: o.T["filter.all"], Href: "/whistles", Here: here == ""})
	list, _, err := c.API.ListWhistles(r.Context(), s.User, f)
	if err != nil {
		c.broken(w, err)
		return
	}
	v := tasksView{listPage: p, Choices: c.choices(r, o)}
	for _, one := range list {
		due := at(one.RespondBy)
		if one.Overdue {
			due.Badge, due.Sub = "late", o.T["late"]
		}
		v.Table.Rows = append(v.Table.Rows, row{ID: one.ID, Bad: one.Overdue && !one.State.Ended(), Cells: []cell{
			ref(one.Number, "/incidents/"+one.Incident+"#whistles", ""), word(o.Word("whistle.kind", one.Kind)),
			{Text: v.Choices.Name(one.Unit), Sub: o.Word("whistle.part", one.Part)},
			{Text: o.Word("whistle", one.State), Badge: "whistle-" + string(one.State), Sub: one.Declination},
			word(one.Purpose), at(one.SentAt), due,
		}, Forms: v.Choices.whistleForms(o, one, "/whistles#i-"+one.ID)})
	}
	c.show(w, r, s, "tasks.html", v.with(v))
}

// Name names a unit as people do.
func (ch choices) Name(id string) string {
	for _, u := range ch.Units {
		if u.Value == id {
			return u.Text
		}
	}
	return id
}

// remindersPage shows reminders that still stand, and lets the supervisor follow
// tickets up.
func (c *Console) remindersPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.reminders"], About: o.T["about.reminders"], Table: table{
		Name: "reminders", Columns: []string{"number", "level", "place", "step", "threshold", "to", "due", "told"}, Empty: "empty.reminders", Cases: true,
	}}
	query := "?limit=200"
	for _, t := range []struct{ key, query string }{{"all", ""}, {"overdue", "&overdue=true"}, {"ticket", "&ticket=true"}} {
		here := r.FormValue("show") == t.key || r.FormValue("show") == "" && t.key == "all"
		if here {
			query += t.query
		}
		p.Tabs = append(p.Tabs, tab{Text: o.T["reminder.tab."+t.key], Href: "/reminders?show=" + t.key, Here: here})
	}
	var page struct {
		Reminders []escalation.Reminder
		Next      string
	}
	if c.get(w, r, s, "/api/v1/reminders"+query, &page) != nil {
		return
	}
	v := tasksView{listPage: p}
	supervises := slices.ContainsFunc(s.User.Grants, func(g access.Grant) bool { return g.Role == access.Supervisor })
	for _, m := range page.Reminders {
		id := strconv.FormatInt(m.Position, 10)
		one := row{ID: id, Bad: m.Overdue, Cells: []cell{
			ref(m.Number, "/incidents/"+m.Incident, ""),
			{Text: o.Word("level", m.Level), Badge: "level" + toWord(m.Level)},
			{Text: cmp.Or(m.PlaceName, m.Place)},
			word(o.Word("step", m.Step)),
			{Text: o.Word("threshold", m.Threshold), Badge: map[bool]string{true: "late"}[m.Overdue]},
			word(o.Word("audience", m.To)), at(m.DueAt), at(m.At),
		}}
		if m.Ticket && supervises {
			f := o.form("/reminders/"+id+"/settle", "settle", o.T["reminder.settle"], field{Name: "note", Label: o.T["reminder.note"], Kind: "area", Required: true, Max: 500})
			f.Back = "/reminders?show=ticket"
			one.Forms = []form{f}
		}
		v.Table.Rows = append(v.Table.Rows, one)
	}
	c.show(w, r, s, "tasks.html", v.with(v))
}

func (c *Console) settle(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	f := o.form(r.URL.Path, "settle", o.T["reminder.settle"], field{Name: "note", Label: o.T["reminder.note"], Kind: "area", Required: true, Max: 500})
	f.Back = "/reminders?show=ticket"
	c.send(w, r, s, f, wish{Method: http.MethodPost, Path: "/api/v1" + r.URL.Path, Body: map[string]any{"note": r.PostFormValue("note")}})
}

// send asks the API for what a form says, and goes back; a refusal shows the form
// again with what was typed.
func (c *Console) send(w http.ResponseWriter, r *http.Request, s access.Session, f form, x wish) {
	a, err := c.ask(r, s, x)
	switch {
	case err != nil:
		c.broken(w, err)
	case a.ok():
		done(w, r, back(r, f.Back), f.Name)
	default:
		c.again(w, r, s, f, a.refused())
	}
}
