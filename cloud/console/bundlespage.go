package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/deliver"
)

// bundleTabs are what the list of bundles can be narrowed to.
var bundleTabs = []string{"asked", "approved", "fetched", "expired", "refused"}

// bundleState is how far a bundle is, for people: one that was approved is fetched, or
// its time is over, or it waits for who asked.
func (o office) bundleState(b deliver.Bundle) string {
	switch {
	case b.State != deliver.Approved:
		return string(b.State)
	case b.Until != nil && o.Now.After(*b.Until):
		return "expired"
	case b.FetchedAt != nil:
		return "fetched"
	}
	return string(b.State)
}

var bundleLooks = map[string]string{"asked": "warn", "approved": "up", "fetched": "up", "refused": "late"}

// bundlesPage shows evidence that is asked for, with what may be done about it now.
func (c *Console) bundlesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if c.forbid(w, r, s, access.AskExport, access.ApproveExport) {
		return
	}
	var page struct{ Bundles []deliver.Bundle }
	if c.get(w, r, s, "/api/v1/bundles", &page) != nil {
		return
	}
	o := c.office(r, s)
	p := listPage{office: o, Title: o.T["nav.bundles"], About: o.T["about.bundles"], Table: table{
		Name: "bundles", Columns: []string{"number", "bundle_for", "state", "pieces", "purpose", "asked", "decided", "bundle_until"}, Empty: "empty.bundles", Cases: true,
	}}
	if !s.Fresh(o.Now) {
		p.Second = secondLink(r)
	}
	here, count := r.FormValue("state"), map[string]int{}
	for _, b := range page.Bundles {
		state := o.bundleState(b)
		if count[state]++; here != "" && here != state {
			continue
		}
		i, err := c.API.Find(r.Context(), s.User, b.Incident)
		if err != nil { // it is still shown: who decides must know of it
			i = api.Incident{}
			i.Number = b.Incident
		}
		p.Table.Rows = append(p.Table.Rows, o.bundleRow(s, b, i, state))
	}
	p.Tabs = []tab{{Text: o.T["filter.all"], Href: "/bundles", Here: here == ""}}
	for _, state := range bundleTabs {
		p.Tabs = append(p.Tabs, tab{Text: o.Word("bundle", state), Href: "/bundles?state=" + state, Here: here == state, Count: count[state]})
	}
	c.show(w, r, s, "list.html", p)
}

// bundleRow is one bundle, with the forms for who may decide and the file for who asked.
func (o office) bundleRow(s access.Session, b deliver.Bundle, i api.Incident, state string) row {
	on := access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}}
	pieces := o.T["bundle.whole"]
	if len(b.Files) > 0 {
		pieces = o.Say("bundle.pieces", "n", len(b.Files))
	}
	decided, until := at(b.DecidedAt), at(b.Until)
	decided.Sub = strings.Trim(b.DecidedBy+" · "+b.Words, " ·")
	one := row{ID: b.ID, Bad: state == "asked"}
	number := ref(i.Number, "/incidents/"+b.Incident, "")
	if i.ID != "" {
		number.Sub = o.Class(i) + " · " + o.Place(i)
	}
	asked := at(b.AskedAt)
	asked.Sub = b.AskedBy
	mine := b.AskedBy == s.User.Name
	look := cell{Text: o.Word("bundle", state), Badge: bundleLooks[state]}
	if b.FetchedAt != nil {
		look.Sub = o.Say("bundle.fetched.at", "at", o.Time(b.FetchedAt))
	}
	one.Cells = []cell{number, word(b.For), look, word(pieces), {Text: o.Word("purpose", b.Purpose), Sub: b.Reason}, asked, decided, until}
	if !s.Fresh(o.Now) {
		return one
	}
	switch {
	case state == "asked" && !mine && access.May(s.User, access.ApproveExport, on):
		one.Forms = []form{o.decision(b.ID, "approve"), o.decision(b.ID, "refuse")}
	case mine && (state == "approved" || state == "fetched"):
		one.Take = link{Path: "/bundles/" + b.ID + "/file", Key: "bundle.fetch"}
	}
	return one
}

// decision is the form by which a second person approves or refuses.
func (o office) decision(id, what string) form {
	f := o.form("/bundles/"+id+"/"+what, what+"_bundle", o.T["bundle."+what], o.field("words", true, ""))
	f.Back, f.Danger = "/bundles", what == "refuse"
	return f
}

// decideBundle hands a decision on to the API.
func (c *Console) decideBundle(what string) sessionHandler {
	return func(w http.ResponseWriter, r *http.Request, s access.Session) {
		id := r.PathValue("id")
		f := c.office(r, s).decision(id, what)
		c.send(w, r, s, f, wish{
			Method: http.MethodPost, Path: "/api/v1/bundles/" + url.PathEscape(id) + "/decision", Key: r.PostFormValue("key"),
			Body: map[string]any{"approve": what == "approve", "words": r.PostFormValue("words")},
		})
	}
}

// bundleForms are how an incident's evidence is asked for: a form, or first the way to
// a second factor. Where there is nothing to take out there is neither.
func (o office) bundleForms(s access.Session, i api.Incident) (forms []form, second string) {
	on := access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}}
	files := o.pieces(i)
	switch {
	case len(files) == 0 || !access.May(s.User, access.AskExport, on):
		return nil, ""
	case !s.Fresh(o.Now):
		return nil, "/login/second?back=" + url.QueryEscape("/incidents/"+i.ID+"#bundle")
	}
	which := o.field("files_of", false, "")
	which.Options, which.Hint = files, o.T["hint.files_of"]
	f := o.form("/incidents/"+i.ID+"/bundle", "bundle", o.T["bundle.ask"], o.field("bundle_for", true, ""), o.field("bundle_purpose", true, ""), o.field("bundle_reason", true, ""), which)
	f.Fields[0].Hint, f.Back = o.T["hint.bundle_for"], "/bundles?state=asked"
	return []form{f}, ""
}

// pieces are an incident's files, as people call them.
func (o office) pieces(i api.Incident) (out []option) {
	add := func(sum, text string) {
		if sum != "" && !slices.ContainsFunc(out, func(x option) bool { return x.Value == sum }) {
			out = append(out, option{sum, text + " · " + sum[:min(8, len(sum))]})
		}
	}
	add(i.Snapshot, o.T["piece.snapshot"])
	add(i.Clip, o.T["piece.clip"])
	for n, sum := range i.Photos {
		add(sum, fmt.Sprintf("%s %d", o.T["piece.photo"], n+1))
	}
	return out
}

// askBundle asks for the evidence of an incident.
func (c *Console) askBundle(w http.ResponseWriter, r *http.Request, s access.Session) {
	ask := body(r, []string{"bundle_for", "bundle_purpose", "bundle_reason", "files_of"})
	ask["incident"] = r.PathValue("id")
	a, err := c.ask(r, s, wish{Method: http.MethodPost, Path: "/api/v1/bundles", Body: ask, Key: r.PostFormValue("key")})
	switch {
	case err != nil:
		c.broken(w, err)
	case a.ok():
		done(w, r, "/bundles?state=asked", "bundle")
	default:
		c.incidentAgain(w, r, s, "bundle", a.refused())
	}
}

// fetchBundle gives a bundle as the API packs it: straight through, since clips are
// large. A refusal is shown as a page.
func (c *Console) fetchBundle(w http.ResponseWriter, r *http.Request, s access.Session) {
	req := r.Clone(r.Context())
	req.URL = &url.URL{Path: "/api/v1/bundles/" + r.PathValue("id") + "/file"}
	req.RequestURI, req.Pattern = req.URL.Path, ""
	out := &passing{ResponseWriter: w}
	c.API.Handler().ServeHTTP(out, req)
	if out.refused != nil {
		c.sorry(w, r, s, said{out.refused.status, out.refused.body.Bytes()}.refused())
	}
}

// A passing answer goes on as it is; a refusal is kept.
type passing struct {
	http.ResponseWriter
	begun   bool
	refused *answered
}

func (p *passing) WriteHeader(status int) {
	if p.begun || p.refused != nil {
		return
	}
	if status < http.StatusBadRequest {
		p.begun = true
		p.ResponseWriter.WriteHeader(status)
		return
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Disposition"} {
		p.Header().Del(name)
	}
	p.refused = &answered{status: status}
}

func (p *passing) Write(b []byte) (int, error) {
	if p.refused != nil {
		return p.refused.Write(b)
	}
	p.begun = true
	return p.ResponseWriter.Write(b)
}

// Unwrap lets the API set deadlines on the connection.
func (p *passing) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// secondLink leads to the second factor and back to the page.
func secondLink(r *http.Request) string {
	return "/login/second?back=" + url.QueryEscape(local(r.URL.RequestURI(), "/"))
}

// bundles are the routes of evidence that is taken out; each wants what the operation
// of the API wants.
func (c *Console) bundles(as func(page, method, path string, h sessionHandler)) {
	as("GET /bundles", "GET", "/api/v1/bundles", c.bundlesPage)
	as("GET /bundles/{id}/file", "GET", "/api/v1/bundles/{id}/file", c.fetchBundle)
	as("POST /incidents/{id}/bundle", "POST", "/api/v1/bundles", c.askBundle)
	for _, what := range []string{"approve", "refuse"} {
		as("POST /bundles/{id}/"+what, "POST", "/api/v1/bundles/{id}/decision", c.decideBundle(what))
	}
}
