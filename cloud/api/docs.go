package api

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net/http"
	"slices"

	"eastgate/cloud/web"
)

//go:embed view
var files embed.FS

var docsPage = template.Must(template.ParseFS(files, "view/docs.html"))

// docs serves the description, for programs and for people. Both are public: they
// hold nothing that is in the program's own repository.
func (a *API) docs(mux *web.Mux) {
	open := func(pattern string, h http.HandlerFunc) { mux.Handle(web.Open(pattern), h) }
	open("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		w.Write(a.doc.JSON)
	})
	open("GET /api/docs.css", func(w http.ResponseWriter, _ *http.Request) {
		data, err := files.ReadFile("view/docs.css")
		if err != nil {
			web.NotFound.With("no such file").Write(w)
			return
		}
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(data)
	})
	open("GET /api/docs", a.docsPage)
}

type docsView struct {
	Lang, Other, Title string
	Chinese            bool
	Tags               []docsTag
	Kinds              []web.Kind
}

type docsTag struct {
	Name, About string
	Operations  []*Operation
}

func (a *API) docsPage(w http.ResponseWriter, r *http.Request) {
	v := docsView{Lang: "zh-CN", Other: "en", Title: a.doc.Title, Chinese: true, Kinds: web.Kinds}
	if r.FormValue("lang") == "en" {
		v.Lang, v.Other, v.Chinese = "en", "zh-CN", false
	}
	for _, raw := range list(a.doc.root["tags"]) {
		tag := docsTag{Name: word(asObject(raw)["name"]), About: word(asObject(raw)["description"])}
		if v.Chinese {
			tag.About = word(asObject(raw)["x-zh"])
		}
		for _, op := range a.doc.Operations {
			if op.Tag == tag.Name {
				tag.Operations = append(tag.Operations, op)
			}
		}
		v.Tags = append(v.Tags, tag)
	}
	var page bytes.Buffer
	if err := docsPage.ExecuteTemplate(&page, "docs.html", v); err != nil {
		a.Log.Error("documentation cannot be shown", "err", err)
		web.Broken.With("the page cannot be made").Write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(page.Bytes())
}

// An Outcome is one answer of an operation, for the page.
type Outcome struct {
	Status string
	*Response
}

// Outcomes are an operation's answers in their order.
func (o *Operation) Outcomes() []Outcome {
	var out []Outcome
	for status, r := range o.Responses {
		out = append(out, Outcome{status, r})
	}
	slices.SortFunc(out, func(a, b Outcome) int { return cmp.Compare(a.Status, b.Status) })
	return out
}
