package console

import (
	"crypto/rand"
	"errors"
	"net/http"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

// An entryView is the quick entry of who is out on foot: what, where, send. It works
// without a script, and each step is one tap.
type entryView struct {
	office
	Class, ClassName string
	Place            place.Place
	Chosen           bool // of a place
	Groups           []entryGroup
	Places           []place.Place
	Key              string
	Fault            string
	Done             *api.Incident
}

type entryGroup struct {
	Name    string
	Classes []entryClass
}

type entryClass struct{ Key, Name string }

// PlaceName names a place in the page's language.
func (v entryView) PlaceName(p place.Place) string {
	if v.Lang == en {
		return p.EN
	}
	return p.ZH
}

func (c *Console) entryPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	v := entryView{office: c.office(r, s), Class: r.FormValue("class"), Key: rand.Text()}
	if !access.May(s.User, access.Report, access.Anywhere) {
		web.Forbidden.With("your role reports nothing").Write(w)
		return
	}
	if id := r.FormValue("done"); id != "" {
		if i, err := c.API.Find(r.Context(), s.User, id); err == nil {
			v.Done = &i
		}
	}
	c.fill(&v, r, s)
	c.render(w, http.StatusOK, "entry.html", v)
}

// fill gives a page what its step offers.
func (c *Console) fill(v *entryView, r *http.Request, s access.Session) {
	for _, d := range c.domainNames(r) {
		g := entryGroup{Name: d.Name}
		for _, class := range c.API.Reports.Classes() {
			name := class.ZH
			if v.Lang == en {
				name = class.EN
			}
			if class.Domain == d.Key {
				g.Classes = append(g.Classes, entryClass{class.Key, name})
			}
			if class.Key == v.Class {
				v.ClassName = name
			}
		}
		if len(g.Classes) > 0 {
			v.Groups = append(v.Groups, g)
		}
	}
	if p, ok := c.API.Reports.Find(r.FormValue("place")); ok && !p.Kind.IsDevice() {
		v.Place, v.Chosen = p, true
	}
	if v.ClassName == "" || v.Chosen {
		return
	}
	for _, p := range c.API.Places.Under(r.FormValue("under")) {
		on := access.Object{Place: p.Path, Class: v.Class, Units: []string{p.Org}}
		if !p.Kind.IsDevice() && access.May(s.User, access.Report, on) {
			v.Places = append(v.Places, p)
		}
	}
}

func (c *Console) enter(w http.ResponseWriter, r *http.Request, s access.Session) {
	p, ok := c.API.Reports.Find(r.PostFormValue("place"))
	key := r.PostFormValue("key")
	if !ok || len(key) < 16 || len(key) > 64 {
		web.Invalid.With("the form is not whole").Write(w)
		return
	}
	on := access.Object{Place: p.Path, Class: r.PostFormValue("class"), Units: []string{p.Org}}
	if !access.May(s.User, access.Report, on) {
		web.Forbidden.With("you cannot report for this place").Write(w)
		return
	}
	who := api.Actor(s.User, on)
	i, err := c.API.Reports.Enter(r.Context(), who, report.Told{
		Key: "entry/" + s.User.Name + "/" + key, Source: api.SourceOf(who), Class: on.Class, Place: p, Text: r.PostFormValue("text"),
	})
	v := entryView{office: c.office(r, s), Class: on.Class, Key: key}
	switch {
	case errors.Is(err, incident.ErrInvalid), errors.Is(err, report.ErrClass):
		v.Fault = err.Error()
		c.fill(&v, r, s)
		c.render(w, http.StatusUnprocessableEntity, "entry.html", v)
	case err != nil:
		c.broken(w, err)
	default:
		http.Redirect(w, r, "/report?done="+i.ID, http.StatusSeeOther)
	}
}
