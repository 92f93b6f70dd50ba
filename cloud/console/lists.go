package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// incidentColumns are those of every list of incidents.
var incidentColumns = []string{"number", "level", "class", "place", "state", "source", "seen", "due", "who"}

func (o office) incidentRow(i api.Incident) row {
	due := cell{Text: "–"}
	if i.DueAt != nil {
		due = cell{At: *i.DueAt, Sub: o.Word("step", i.DueStep)}
		if o.Late(i) {
			due.Badge, due.Sub = "late", due.Sub+" "+o.T["late"]
		}
	}
	state := cell{Text: o.Word("state", i.State), Badge: "state-" + string(i.State)}
	if i.Test {
		state.Sub = o.T["test"]
	}
	who := cell{Text: cmp.Or(i.Handler, i.TakenBy, "–"), Sub: i.HandlingUnit}
	source := "–"
	if !i.Hidden {
		source = o.Source(i.FirstSource)
	}
	return row{ID: i.ID, Bad: o.Late(i), Cells: []cell{
		ref(i.Number, "/incidents/"+i.ID, ""),
		{Text: o.Word("level", i.Level), Badge: "level" + toWord(i.Level)},
		word(o.Class(i)), word(o.Place(i)),
		state, word(source), at(i.FirstSeenAt), due, who,
	}}
}

// An incidentFilter is what the form above a list of incidents offers.
type incidentFilter struct {
	url.Values
	Domains []domainRow
	States  []incident.State
	Levels  []string
	Sorts   []string
}

func (c *Console) incidentsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(asked(r))
	c.list(w, r, s, listed{"nav.incidents", "about.incidents", "incidents", f, err})
}

// A listed is a list of incidents: its texts, and what it selects.
type listed struct {
	title, about, name string
	f                  incident.Filter
	err                error
}

// whole is the query by which all that the list selects is taken out.
func (l listed) whole(q url.Values) url.Values {
	q.Del("after")
	q.Del("limit")
	if !l.f.Overdue.IsZero() {
		q.Set("overdue", "true")
		q.Set("sort", "due")
	}
	if len(l.f.Sources) > 0 {
		q.Set("source", strings.Join(l.f.Sources, ","))
	}
	return q
}

// list shows incidents, or what is wrong with the filter.
func (c *Console) list(w http.ResponseWriter, r *http.Request, s access.Session, l listed) {
	o := c.office(r, s)
	p := listPage{
		office: o, Title: o.T[l.title], About: o.T[l.about], Filter: incidentFilter{r.URL.Query(), c.domainNames(r), incident.States, []string{"1", "2", "3", "4"}, []string{"newest", "oldest", "level", "due"}},
		Table: table{Name: l.name, Columns: incidentColumns, Empty: "empty.list", Cases: true},
	}
	var list []api.Incident
	var next string
	err := l.err
	if err == nil {
		list, next, err = c.API.List(r.Context(), s.User, l.f)
	}
	if p.Fault = filterFault(err); p.Fault == "" && err != nil {
		c.broken(w, err)
		return
	}
	for _, i := range list {
		p.Table.Rows = append(p.Table.Rows, o.incidentRow(i))
	}
	if next != "" {
		q := asked(r).URL.Query()
		q.Set("after", next)
		p.Table.Next = r.URL.Path + "?" + q.Encode()
	}
	p.Tabs, p.Table.Take = c.savedViews(o, r), "/incidents/print?"+l.whole(asked(r).URL.Query()).Encode()
	c.show(w, r, s, "incidents.html", p)
}

// filterFault is what is wrong with a filter; empty when the fault is another.
func filterFault(err error) string {
	var p *web.Problem
	switch {
	case errors.As(err, &p) && len(p.Faults) > 0:
		return p.Faults[0].Field + ": " + p.Faults[0].Detail
	case errors.As(err, &p):
		return p.Detail
	case errors.Is(err, incident.ErrInvalid):
		return err.Error()
	}
	return ""
}

// views are filters that many use. Any other is kept as the page's address.
var views = []struct{ key, query string }{
	{"view.open", "state=open"},
	{"view.urgent", "state=open&level=1,2"},
	{"view.verify", "state=signalled,reported,verifying"},
	{"view.check", "state=resolved"},
	{"view.review", "state=checked,reviewed"},
	{"view.health", "state=open&health=true"},
	{"view.all", ""},
}

func (c *Console) savedViews(o office, r *http.Request) (out []tab) {
	if r.URL.Path != "/incidents" {
		return nil
	}
	now := asked(r).URL.Query()
	for _, v := range views {
		q, _ := url.ParseQuery(v.query) //nolint:errcheck // our own
		out = append(out, tab{Text: o.T[v.key], Href: strings.TrimSuffix("/incidents?"+v.query, "?"), Here: q.Encode() == now.Encode()})
	}
	return out
}

func (c *Console) overduePage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(asked(r))
	f.Overdue, f.Sort = c.API.Now(), incident.Soon
	c.list(w, r, s, listed{"nav.overdue", "about.overdue", "overdue", f, err})
}

// told are the finders who are people outside.
var told = []string{string(incident.Resident), string(incident.Merchant), string(incident.Agency), string(incident.Hotline), string(incident.ByGridWorker), string(incident.ByGuard)}

func (c *Console) reportsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(asked(r))
	if len(f.Sources) == 0 {
		f.Sources = told
	}
	c.list(w, r, s, listed{"nav.reports", "about.reports", "reports", f, err})
}

// maxTasks is how many tasks a page has: nobody has more to do at once, and each
// carries its forms.
const maxTasks = 60

// tasksPage shows what waits for somebody with the roles that the asker holds, the
// nearest deadline first, each with what may be done now.
func (c *Console) tasksPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.tasks"], About: o.T["about.tasks"], Table: table{Name: "tasks", Columns: incidentColumns, Empty: "empty.tasks", Cases: true}}
	v := tasksView{listPage: p, Choices: c.choices(r, o)}
	f := incident.Filter{States: c.waiting(s.User), Limit: incident.MaxPage}
	if len(f.States) > 0 {
		list, _, err := c.API.List(r.Context(), s.User, f)
		if err != nil {
			c.broken(w, err)
			return
		}
		list = slices.DeleteFunc(list, func(i api.Incident) bool { return !mine(i, s.User) })
		slices.SortStableFunc(list, soonest)
		v.More = max(0, len(list)-maxTasks)
		for _, i := range list[:len(list)-v.More] {
			one := o.incidentRow(i)
			one.Forms = v.Choices.actions(o, i, "/tasks#i-"+i.ID)
			v.Table.Rows = append(v.Table.Rows, one)
		}
	}
	c.show(w, r, s, "tasks.html", v.with(v))
}

type tasksView struct {
	listPage
	Choices choices
	More    int // tasks that are not shown
}

// waiting are the states from which one of somebody's roles takes an incident on.
func (c *Console) waiting(u access.User) []incident.State {
	var out []incident.State
	for _, t := range incident.Table {
		held := slices.ContainsFunc(u.Grants, func(g access.Grant) bool { return slices.Contains(t.Roles, incident.Role(g.Role)) })
		if t.To == "" || !held || t.Action == incident.Reopen || t.Action == incident.ForceClose {
			continue
		}
		for _, st := range t.From {
			if !slices.Contains(out, st) {
				out = append(out, st)
			}
		}
	}
	return out
}

// mine reports whether it is for somebody to take an incident a step on.
func mine(i api.Incident, u access.User) bool {
	if i.Handler != "" && i.Handler != u.Name && i.State == incident.InProgress {
		return false
	}
	return slices.ContainsFunc(i.Actions, func(a api.Allowed) bool {
		return slices.ContainsFunc(incident.Table, func(t incident.Transition) bool {
			return t.Action == a.Action && t.To != "" && a.Action != incident.ForceClose && a.Action != incident.Reopen
		})
	})
}

// soonest puts the nearest deadline first, and what has none last.
func soonest(a, b api.Incident) int {
	switch {
	case a.DueAt != nil && b.DueAt != nil:
		return a.DueAt.Compare(*b.DueAt)
	case a.DueAt != nil:
		return -1
	case b.DueAt != nil:
		return 1
	}
	return cmp.Compare(a.Level, b.Level)
}

// A domainRow is one domain with what is open in it.
type domainRow struct {
	Key, Name     string
	Number        int
	Open, Overdue int
	Urgent        int
}

func (c *Console) domainNames(r *http.Request) []domainRow {
	var out []domainRow
	for _, d := range c.API.Catalogue.Domains() {
		name := d.ZH
		if c.texts.choose(r) == en {
			name = d.EN
		}
		out = append(out, domainRow{Key: d.Key, Name: name, Number: d.Number})
	}
	return out
}

type domainsView struct {
	office
	Rows []domainRow
	Most int // counting ends here
}

// domainsPage shows the nine domains and X: what is open, urgent and late in each.
func (c *Console) domainsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	v := domainsView{office: c.office(r, s), Rows: c.domainNames(r), Most: incident.MaxCount}
	no := false
	for n := range v.Rows {
		row := &v.Rows[n]
		f := incident.Filter{Domains: []string{row.Key}, States: incident.OpenStates(), Signals: &no, Health: &no, Test: &no}
		late, urgent := f, f
		late.Overdue = time.Now()
		urgent.Levels = []event.Level{event.Urgent, event.Serious}
		for count, filter := range map[*int]incident.Filter{&row.Open: f, &row.Overdue: late, &row.Urgent: urgent} {
			var err error
			if *count, err = c.API.Count(r.Context(), s.User, filter); err != nil {
				c.broken(w, err)
				return
			}
		}
	}
	c.render(w, http.StatusOK, "domains.html", v)
}
