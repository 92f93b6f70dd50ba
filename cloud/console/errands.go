package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// An errand is one form by which the centre is run, and the API's operation that it
// asks for. Both paths have the same names in braces.
type errand struct {
	name   string   // of its texts: errand.NAME
	page   string   // where the form is sent
	api    string   // path of the operation; all are POST
	fields []string // with "!" at the end where one must be filled in
	back   string   // where to go on
	danger bool
	secret string // the answer's field that is shown once
}

// errands is the one table of them.
var errands = []errand{
	{name: "enrol", page: "/boxes", api: "/boxes", fields: []string{"site!", "box!"}, back: "/boxes", secret: "code"},
	{name: "revoke", page: "/boxes/{site}/{box}/revoke", api: "/boxes/{site}/{box}/revoke", fields: []string{"reason!"}, back: "/boxes", danger: true},
	{name: "open", page: "/people", api: "/people", fields: []string{"name!", "person!", "unit!"}, back: "/people", secret: "password"},
	{name: "reset", page: "/people/{name}/reset", api: "/people/{name}/actions/reset", back: "/people", danger: true, secret: "password"},
	{name: "end_sessions", page: "/people/{name}/end_sessions", api: "/people/{name}/actions/end_sessions", back: "/people"},
	{name: "close", page: "/people/{name}/close", api: "/people/{name}/actions/close", back: "/people", danger: true},
	{name: "reset_factors", page: "/people/{name}/factors", api: "/people/{name}/factors/reset", back: "/people", danger: true},
	{name: "drop_factor", page: "/account/factors/{id}/drop", api: "/me/factors/{id}/drop", back: "/account", danger: true},
	{name: "end_session", page: "/account/sessions/{session}/end", api: "/me/sessions/{session}/end", back: "/account"},
	{name: "end_others", page: "/account/sessions/end", api: "/me/sessions/end", back: "/account"},
	{name: "grant", page: "/grants", api: "/grants", fields: []string{"account!", "grant_role!", "scope", "some_classes", "valid_to"}, back: "/people"},
	{name: "revoke_grant", page: "/grants/{id}/revoke", api: "/grants/{id}/revoke", back: "/people", danger: true},
	{name: "organisation", page: "/organisations", api: "/organisations", fields: []string{"id!", "party!", "zh!", "en", "places"}, back: "/organisations"},
	{name: "review", page: "/organisations/{organisation}/review", api: "/organisations/{organisation}/actions/review", back: "/organisations"},
	{name: "end", page: "/organisations/{organisation}/end", api: "/organisations/{organisation}/actions/end", back: "/organisations", danger: true},
	{name: "agreement", page: "/agreements", api: "/agreements", fields: []string{"organisation!", "purpose!", "basis!", "some_classes!", "places", "fields!", "from!", "to_day!"}, back: "/agreements"},
	{name: "sign", page: "/agreements/{id}/sign", api: "/agreements/{id}/actions/sign", back: "/agreements"},
	{name: "suspend", page: "/agreements/{id}/suspend", api: "/agreements/{id}/actions/suspend", fields: []string{"reason!"}, back: "/agreements", danger: true},
	{name: "resume", page: "/agreements/{id}/resume", api: "/agreements/{id}/actions/resume", fields: []string{"reason!"}, back: "/agreements"},
	{name: "finish", page: "/agreements/{id}/finish", api: "/agreements/{id}/actions/finish", fields: []string{"reason!"}, back: "/agreements", danger: true},
	{name: "handover", page: "/handover", api: "/handovers", fields: []string{"text"}, back: "/handover"},
	{name: "take", page: "/handover/{id}/take", api: "/handovers/{id}/take", fields: []string{"text"}, back: "/handover"},
	{name: "drill", page: "/drill", api: "/drills", back: "/setup"},
	{name: "password", page: "/account", api: "/me/password", fields: []string{"old!", "password!"}, back: "/account"},
	{name: "police_stop", page: "/health/police/stop", api: "/police/kill", fields: []string{"reason!"}, back: "/health", danger: true},
	{name: "police_go", page: "/health/police/go", api: "/police/kill", fields: []string{"reason!"}, back: "/health"},
	{name: "police_test", page: "/health/police/test", api: "/police/test", back: "/health"},
}

func errandOf(name string) errand {
	return errands[slices.IndexFunc(errands, func(e errand) bool { return e.name == name })]
}

// fillIn writes names into a path's braces, in order: name, value, name, value.
func fillIn(path string, pairs ...string) string {
	for n := 0; n+1 < len(pairs); n += 2 {
		path = strings.ReplaceAll(path, "{"+pairs[n]+"}", url.PathEscape(pairs[n+1]))
	}
	return path
}

// errand makes the form of an errand; pairs fill its path in, and values its fields.
func (o office) errand(ch choices, name string, values url.Values, pairs ...string) form {
	e := errandOf(name)
	var fields []field
	for _, typed := range e.fields {
		name, must := strings.CutSuffix(typed, "!")
		f := o.field(name, must, values.Get(name))
		switch name {
		case "unit", "organisation":
			f.Options = ch.Units
		case "some_classes":
			f.Options = ch.Classes
		}
		f.Hint = o.T["hint."+name]
		fields = append(fields, f)
	}
	f := o.form(fillIn(e.page, pairs...), e.name, o.T["errand."+e.name], fields...)
	f.Back, f.Danger = e.back, e.danger
	return f
}

// A secretView shows what is told only now.
type secretView struct {
	office
	Name, Secret, Kind, Back string
	Command                  string
}

// run asks the API for what an errand's form says.
func (c *Console) run(e errand) sessionHandler {
	return func(w http.ResponseWriter, r *http.Request, s access.Session) {
		var pairs []string
		for _, name := range []string{"site", "box", "name", "id", "organisation", "session"} {
			if v := r.PathValue(name); v != "" {
				pairs = append(pairs, name, v)
			}
		}
		var names []string
		for _, f := range e.fields {
			names = append(names, strings.TrimSuffix(f, "!"))
		}
		x := wish{Method: http.MethodPost, Path: "/api/v1" + fillIn(e.api, pairs...), Key: r.PostFormValue("key"), Version: r.PostFormValue("version")}
		if len(names) > 0 {
			said := body(r, names)
			if e.name == "handover" && said["text"] == nil {
				said["text"] = ""
			}
			x.Body = said
		}
		if strings.HasSuffix(e.api, "/kill") {
			x.Body = map[string]any{"on": e.name == "police_stop", "reason": r.PostFormValue("reason")}
		}
		o := c.office(r, s)
		f := o.errand(c.choices(r, o), e.name, nil, pairs...)
		f.Version = x.Version
		if e.secret == "" {
			c.send(w, r, s, f, x)
			return
		}
		a, err := c.ask(r, s, x)
		switch {
		case err != nil:
			c.broken(w, err)
		case !a.ok():
			c.again(w, r, s, f, a.refused())
		default:
			c.told(w, o, e, a)
		}
	}
}

// told shows an answer's secret, once: it is in no address and kept nowhere.
func (c *Console) told(w http.ResponseWriter, o office, e errand, a said) {
	var body map[string]string
	if err := a.into(&body); err != nil {
		c.broken(w, err)
		return
	}
	v := secretView{office: o, Kind: e.name, Secret: body[e.secret], Name: body["name"], Back: e.back}
	if e.name == "enrol" {
		v.Name = body["site"] + "/" + body["box"]
		v.Command = "eastgate-edge enrol -cloud " + body["address"] + " " + v.Secret
	}
	v.Title = o.T["errand."+e.name]
	c.render(w, http.StatusOK, "secret.html", v)
}

// forbid shows that a page is for others, unless somebody has one of some rights.
func (c *Console) forbid(w http.ResponseWriter, r *http.Request, s access.Session, rights ...access.Right) bool {
	if mayAny(s.User, rights) {
		return false
	}
	p := refusal{Type: web.Forbidden.Type(), Title: web.Forbidden.Title, Status: http.StatusForbidden, Detail: string(rights[0])}
	p.Roles = words(access.RolesWith(rights[0]))
	c.sorry(w, r, s, p)
	return true
}
