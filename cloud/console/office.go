package console

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
)

// An office is what all pages of the office share.
type office struct {
	Lang, Other, Here string
	T                 map[string]string
	User              access.User
	CSRF              string
	Nav               []link
}

type link struct {
	Path, Key string
	Here      bool
}

// offices are the pages in the order in which they are offered, each with the right
// that it takes.
var offices = []struct {
	path, key string
	right     access.Right
}{
	{"/", "nav.desk", access.SeeIncidents},
	{"/tasks", "nav.tasks", access.Handle},
	{"/incidents", "nav.incidents", access.SeePublic},
	{"/overdue", "nav.overdue", access.SeePublic},
	{"/domains", "nav.domains", access.SeePublic},
	{"/reports", "nav.reports", access.SeePublic},
	{"/report", "nav.report", access.Report},
	{"/whistles", "nav.whistles", access.SeePublic},
	{"/figures", "nav.figures", access.SeeFigures},
	{"/coverage", "nav.coverage", access.SeePublic},
	{"/api/docs", "nav.api", access.SeePublic},
}

func (c *Console) office(r *http.Request, s access.Session) office {
	lang := c.texts.choose(r)
	o := office{Lang: lang, Other: map[string]string{zh: en, en: zh}[lang], T: c.texts[lang], User: s.User, CSRF: s.CSRF, Here: r.URL.Path}
	for _, p := range offices {
		if access.May(s.User, p.right, access.Anywhere) {
			o.Nav = append(o.Nav, link{p.path, p.key, p.path == r.URL.Path})
		}
	}
	return o
}

// Time writes a time as people of the community read it.
func (office) Time(v any) string {
	switch t := v.(type) {
	case time.Time:
		return t.In(home).Format("2006-01-02 15:04")
	case *time.Time:
		if t != nil {
			return t.In(home).Format("2006-01-02 15:04")
		}
	}
	return "–"
}

// Word gives the text of a key, or else the word itself.
func (o office) Word(prefix string, word any) string {
	w := toWord(word)
	if w == "" {
		return "–"
	}
	return cmp.Or(o.T[prefix+"."+w], w)
}

// Class names a class in the page's language.
func (o office) Class(i api.Incident) string {
	if o.Lang == en {
		return i.ClassEN
	}
	return i.ClassZH
}

// Place names where an incident is.
func (office) Place(i api.Incident) string { return cmp.Or(i.PlaceName, i.Place) }

// A listView is a list of incidents.
type listView struct {
	office
	Title     string
	Incidents []api.Incident
	Next      string // address of the next page
	Query     url.Values
	Filtered  bool // the page has the form of filters
	Domains   []domainRow
	States    []incident.State
	Fault     string
	Now       time.Time
	Export    string // the query of an export of what is shown
}

// Get returns what the page's address said.
func (v listView) Get(name string) string { return v.Query.Get(name) }

// Late reports whether an incident is past its deadline.
func (v listView) Late(i api.Incident) bool { return i.DueAt != nil && i.DueAt.Before(v.Now) }

func (c *Console) incidentsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(r)
	c.list(w, r, s, "nav.incidents", f, err)
}

// list shows incidents, or what is wrong with the filter.
func (c *Console) list(w http.ResponseWriter, r *http.Request, s access.Session, title string, f incident.Filter, err error) {
	v := listView{office: c.office(r, s), Query: r.URL.Query(), Filtered: title == "nav.incidents", Domains: c.domainNames(r), States: incident.States, Now: time.Now()}
	v.Title = v.T[title]
	var next string
	if err == nil {
		v.Incidents, next, err = c.API.List(r.Context(), s.User, f)
	}
	var p *web.Problem
	status := http.StatusOK
	switch {
	case errors.As(err, &p), errors.Is(err, incident.ErrInvalid):
		v.Fault, status = err.Error(), http.StatusUnprocessableEntity
		if p != nil && len(p.Faults) > 0 {
			v.Fault = p.Faults[0].Field + ": " + p.Faults[0].Detail
		}
	case err != nil:
		c.broken(w, err)
		return
	}
	q := r.URL.Query()
	q.Del("after")
	v.Export = q.Encode()
	if next != "" {
		q.Set("after", next)
		v.Next = r.URL.Path + "?" + q.Encode()
	}
	c.render(w, status, "list.html", v)
}

// tasksPage shows what waits for somebody with the roles that the asker holds, the
// nearest deadline first.
func (c *Console) tasksPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f := incident.Filter{States: c.waiting(s.User), Limit: incident.MaxPage}
	v := listView{office: c.office(r, s), Now: time.Now()}
	v.Title = v.T["nav.tasks"]
	if len(f.States) > 0 {
		list, _, err := c.API.List(r.Context(), s.User, f)
		if err != nil {
			c.broken(w, err)
			return
		}
		v.Incidents = slices.DeleteFunc(list, func(i api.Incident) bool { return !mine(i, s.User) })
		slices.SortStableFunc(v.Incidents, soonest)
	}
	c.render(w, http.StatusOK, "list.html", v)
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

func (c *Console) overduePage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(r)
	f.Overdue, f.Sort = time.Now(), incident.Soon
	c.list(w, r, s, "nav.overdue", f, err)
}

// told are the finders who are people outside.
var told = []string{string(incident.Resident), string(incident.Merchant), string(incident.Agency), string(incident.Hotline), string(incident.ByGridWorker), string(incident.ByGuard)}

func (c *Console) reportsPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	f, err := c.API.Filter(r)
	if len(f.Sources) == 0 {
		f.Sources = told
	}
	c.list(w, r, s, "nav.reports", f, err)
}
