package console

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/export"
	"eastgate/cloud/web"
)

// A table is a list as every page of the office shows it: on a screen as rows, on a
// phone as cards, on paper, and as a file.
type table struct {
	Name    string   // of the file
	Columns []string // keys of texts
	Rows    []row
	Empty   string // key of what an empty list says
	Next    string // address of the next page
	Query   string // what is shown, for exports; see exports
	Path    string
	// Cases says that the list holds what people handle: to take it out needs a purpose
	// and a reason, which are registered.
	Cases bool
	Print bool
	// Take is where a list that is longer than the page is taken out whole.
	Take string
}

type row struct {
	ID    string
	Bad   bool // it needs attention
	Cells []cell
	Forms []form
	Take  link // something to fetch
}

// A cell is a text, or a time.
type cell struct {
	Text, Sub string
	Href      string
	Badge     string // its look: a word of office.css
	At        time.Time
}

// word, at and ref make the usual cells.

func word(text string) cell { return cell{Text: text} }

func at(v any) cell {
	switch t := v.(type) {
	case time.Time:
		return cell{At: t}
	case *time.Time:
		if t != nil {
			return cell{At: *t}
		}
	}
	return cell{Text: "–"}
}

func ref(text, href, sub string) cell { return cell{Text: text, Href: href, Sub: sub} }

// words of a query that are the page's own and no filter.
var pageWords = []string{"done", "as", "purpose", "reason", "lang"}

// asked is a request without what is the page's own, as the API may read it.
func asked(r *http.Request) *http.Request {
	q := r.URL.Query()
	for _, w := range pageWords {
		q.Del(w)
	}
	for name, v := range q {
		if len(v) == 1 && v[0] == "" {
			q.Del(name)
		}
	}
	out := r.Clone(r.Context())
	out.URL.RawQuery, out.Form = q.Encode(), nil
	return out
}

// A listPage is a page with one list.
type listPage struct {
	office
	Title  string
	About  string // what the list is, in a sentence
	Table  table
	Fault  string
	Forms  []form // what can be done beside the list
	Tabs   []tab
	Filter any
	Facts  []fact // of one thing, above its list
	Second string // where a second factor is shown first, to do what the list offers

	whole any // the page that this is a part of
}

type tab struct {
	Text, Href string
	Here       bool
	Count      int
}

// Get returns what the page's address said.
func (p listPage) Get(name string) string {
	v, _ := p.Filter.(url.Values)
	return v.Get(name)
}

// with has a page shown as a part of a larger one.
func (p listPage) with(whole any) listPage {
	p.whole = whole
	return p
}

// show renders a page with a list, or gives the list as a file or for paper.
func (c *Console) show(w http.ResponseWriter, r *http.Request, s access.Session, view string, p listPage) {
	p.Table.Path, p.Table.Query = r.URL.Path, asked(r).URL.RawQuery
	as := r.FormValue("as")
	switch {
	case as == "":
		status := http.StatusOK
		if p.Fault != "" {
			status = http.StatusUnprocessableEntity
		}
		if p.whole != nil {
			c.render(w, status, view, p.whole)
			return
		}
		c.render(w, status, view, p)
	case as != "print" && !slices.Contains(export.Formats, export.Format(as)):
		web.Invalid.With("as: print, csv, csv-excel or xlsx").Write(w)
	case p.Table.Cases && !c.mayTakeOut(w, r, s, p):
	case as == "print":
		p.Table.Print = true
		c.render(w, http.StatusOK, "paper.html", paperView{listPage: p, At: c.API.Now(), Purpose: r.FormValue("purpose"), Reason: r.FormValue("reason")})
	default:
		c.file(w, r, export.Format(as), p)
	}
}

type paperView struct {
	listPage
	At              time.Time
	Purpose, Reason string
	// What to take it out with, while a purpose and a reason lack.
	As       string
	Query    url.Values
	Purposes []string
}

// mayTakeOut has the taking out of a list of cases registered, or asks what for.
func (c *Console) mayTakeOut(w http.ResponseWriter, r *http.Request, s access.Session, p listPage) bool {
	err := c.API.TakeOut(r.Context(), s, api.Taking{
		Print: r.FormValue("as") == "print", Purpose: r.FormValue("purpose"), Reason: r.FormValue("reason"), Detail: r.URL.Path + "?" + r.URL.RawQuery, From: web.From(r), Fields: p.Table.Columns,
	})
	if err == nil {
		return true
	}
	problem := api.ProblemOf(err)
	if problem == nil {
		c.broken(w, err)
		return false
	}
	if problem.Kind == web.SecondNeeded {
		c.askSecond(w, r, s, web.For("GET "+r.URL.Path))
		return false
	}
	o := p.office
	v := paperView{listPage: p, At: c.API.Now(), As: r.FormValue("as"), Query: asked(r).URL.Query(), Purposes: api.Purposes, Reason: r.FormValue("reason")}
	if r.FormValue("purpose") != "" || errors.Is(err, access.ErrForbidden) {
		v.Fault = o.Refused(refusal{Type: problem.Kind.Type(), Title: problem.Kind.Title, Detail: problem.Detail})
	}
	c.render(w, problem.Kind.Status, "takeout.html", v)
	return false
}

// file gives a list as a file.
func (c *Console) file(w http.ResponseWriter, r *http.Request, f export.Format, p listPage) {
	media, ending := f.MediaType()
	w.Header().Set("Content-Type", media)
	w.Header().Set("Content-Disposition", `attachment; filename="`+p.Table.Name+"-"+c.API.Now().UTC().Format("20060102-150405")+"."+ending+`"`)
	t := export.Table{Name: p.Table.Name}
	for _, key := range p.Table.Columns {
		t.Titles = append(t.Titles, p.Word("col", key))
	}
	err := export.Write(r.Context(), w, f, t, func(yield func([]any, error) bool) {
		for _, row := range p.Table.Rows {
			var cells []any
			for _, one := range row.Cells {
				cells = append(cells, one.value())
			}
			if !yield(cells, nil) {
				return
			}
		}
	})
	if err != nil {
		c.Log.Warn("a list is cut off", "list", p.Table.Name, "err", err)
		panic(http.ErrAbortHandler) // half a file must not look whole
	}
}

// value is a cell as a file has it.
func (c cell) value() any {
	switch {
	case !c.At.IsZero():
		return c.At
	case c.Text == "–":
		return ""
	case c.Sub != "":
		return c.Text + " (" + c.Sub + ")"
	}
	return c.Text
}
