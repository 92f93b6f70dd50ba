package console

import (
	"net/http"

	"eastgate/cloud/access"
)

// An entries kind is one sort of what no machine counts, as its form has it.
var entriesKinds = []struct {
	name, list string // list is the API's
	fields     []string
}{
	{"effort", "efforts", []string{"day", "role", "worker", "task", "method", "hours"}},
	{"audit", "audits", []string{"at", "place", "hours", "found", "known"}},
	{"fires", "fires", []string{"month", "fires"}},
	{"baseline", "baselines", []string{"of", "from", "to_day", "how"}},
}

// entriesPage lets the supervisor enter what the figures need and no machine counts.
func (c *Console) entriesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	o := c.office(r, s)
	v := formsView{office: o}
	v.Title, v.About = o.T["figures.enter"], o.T["about.entries"]
	for n := range entriesKinds {
		v.Panels = append(v.Panels, panel{o.T["entries."+entriesKinds[n].name], o.T["about.entries."+entriesKinds[n].name], c.entryForm(o, n)})
	}
	c.render(w, http.StatusOK, "forms.page.html", v)
}

// A formsView is a page of several forms.
type formsView struct {
	office
	About  string
	Panels []panel
}

type panel struct {
	Title, About string
	Form         form
}

func (c *Console) entryForm(o office, n int) form {
	var fields []field
	for _, name := range entriesKinds[n].fields {
		fields = append(fields, o.field(name, true, ""))
	}
	f := o.form("/figures/entries/"+entriesKinds[n].name, "entered", o.T["enter"], fields...)
	f.Back, f.Open = "/figures/entries", true
	return f
}

func (c *Console) enterFigures(w http.ResponseWriter, r *http.Request, s access.Session) {
	for n, kind := range entriesKinds {
		if kind.name != r.PathValue("kind") {
			continue
		}
		one := body(r, kind.fields)
		c.send(w, r, s, c.entryForm(c.office(r, s), n), wish{
			Method: http.MethodPost, Path: "/api/v1/figures/entries", Body: map[string]any{kind.list: []any{one}}, Key: r.PostFormValue("key"),
		})
		return
	}
	c.sorry(w, r, s, refusal{Status: http.StatusNotFound, Type: "/api/docs#problem-not-found"})
}
