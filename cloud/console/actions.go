package console

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/incident"
	"eastgate/cloud/web"
	"eastgate/cloud/whistle"
)

// choices are what forms let people choose from.
type choices struct {
	Units   []option
	Classes []option
}

func (c *Console) choices(r *http.Request, o office) choices {
	var out choices
	list, err := c.API.Organisations(r.Context())
	if err != nil {
		c.Log.Error("organisations cannot be listed", "err", err) // a form then takes an id
	}
	for _, u := range list {
		if u.Ended != nil {
			continue
		}
		name := u.ZH
		if o.Lang == en && u.EN != "" {
			name = u.EN
		}
		out.Units = append(out.Units, option{u.ID, name})
	}
	for _, class := range c.API.Catalogue.Classes() {
		name := class.ZH
		if o.Lang == en {
			name = class.EN
		}
		out.Classes = append(out.Classes, option{class.Key, name})
	}
	return out
}

// fields makes the fields of an action or a step.
func (ch choices) fields(o office, names []string, values url.Values) (out []field) {
	for _, name := range names {
		if name == "photos" { // a photo, or in words why there is none
			out = append(out, o.field("photos", false, ""), o.field("no_photo", false, values.Get("no_photo")))
			continue
		}
		f := o.field(name, true, values.Get(name))
		if name == "unit" || name == "handling_unit" || name == "to" {
			f.Options = ch.Units
			if len(f.Options) == 0 {
				f.Kind = "text"
			}
		}
		out = append(out, f)
	}
	return out
}

// taking are the actions in which something ends or is refused.
var taking = []incident.Action{incident.Reject, incident.Decline, incident.Merge, incident.Return, incident.ForceClose, incident.Rework, incident.Cancel, incident.AskForceClose}

// actions are the forms of what may be done with an incident now: the table's rows,
// each with what it needs.
func (ch choices) actions(o office, i api.Incident, back string) (out []form) {
	for _, a := range i.Actions {
		names := make([]string, len(a.Needs))
		for n, f := range a.Needs {
			names[n] = string(f)
		}
		known := url.Values{"class": {i.Class}, "unit": {i.Unit}, "handling_unit": {i.HandlingUnit}, "level": {toWord(i.Level)}}
		if i.Unit != "" && i.HandlingUnit == "" {
			known.Set("handling_unit", i.Unit)
		}
		f := o.form("/incidents/"+i.ID+"/do/"+string(a.Action), string(a.Action), o.Word("action", a.Action), ch.fields(o, names, known)...)
		f.Version, f.Back = toWord(i.Version), back
		f.Danger = slices.Contains(taking, a.Action)
		f.Files = slices.Contains(names, "photos")
		for n := range f.Fields { // the cause is for levels 1 and 2
			if f.Fields[n].Name == "cause" && i.Level > 2 {
				f.Fields[n].Required = false
			}
		}
		out = append(out, f)
	}
	return out
}

// commandFields are what a form may bring for an action.
var commandFields = []string{"reason", "verdict", "class", "unit", "handling_unit", "level", "until", "step", "parent", "result", "no_photo", "call_back", "cause", "rating"}

// act does one action for a form. When it is refused the incident is shown as it is
// now, with the form and what was typed.
func (c *Console) act(w http.ResponseWriter, r *http.Request, s access.Session) {
	id, action := r.PathValue("id"), r.PathValue("action")
	command := body(r, commandFields)
	photos, refused, err := c.photos(r, s)
	if err != nil {
		c.broken(w, err)
		return
	}
	if len(photos) > 0 {
		command["photos"] = photos
	}
	if refused == nil {
		refused, err = c.number(r, s, command)
	}
	if err == nil && refused == nil {
		var a said
		a, err = c.ask(r, s, wish{
			Method: http.MethodPost, Path: "/api/v1/incidents/" + url.PathEscape(id) + "/actions/" + url.PathEscape(action), Body: command,
			Key: r.PostFormValue("key"), Version: r.PostFormValue("version"),
		})
		if err == nil && a.ok() {
			done(w, r, back(r, "/incidents/"+id), "action."+action)
			return
		}
		p := a.refused()
		refused = &p
	}
	if err != nil {
		c.broken(w, err)
		return
	}
	c.incidentAgain(w, r, s, action, *refused)
}

// number takes an incident's number, which people know, for its ID.
func (c *Console) number(r *http.Request, s access.Session, command map[string]any) (*refusal, error) {
	text, _ := command["parent"].(string)
	if text == "" || len(text) == 26 {
		return nil, nil
	}
	list, _, err := c.API.List(r.Context(), s.User, incident.Filter{Text: text, Limit: 2})
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return &refusal{Type: web.Invalid.Type(), Title: web.Invalid.Title, Status: web.Invalid.Status, Faults: []web.Fault{{In: "body", Field: "/parent", Detail: text + ": want the number of one incident"}}}, nil
	}
	command["parent"] = list[0].ID
	return nil, nil
}

// maxFormPhotos is how many photos come with one form.
const maxFormPhotos = 4

// photos keeps the photos that came with a form, by the API, which removes where they
// were taken.
func (c *Console) photos(r *http.Request, s access.Session) (sums []string, refused *refusal, err error) {
	if r.MultipartForm == nil {
		return nil, nil, nil
	}
	files := r.MultipartForm.File["photos"]
	for _, f := range files[:min(len(files), maxFormPhotos)] {
		if f.Size == 0 {
			continue
		}
		data, err := readAll(f)
		if err != nil {
			return nil, nil, err
		}
		a, err := c.ask(r, s, wish{Method: http.MethodPost, Path: "/api/v1/photos", Body: data, Media: http.DetectContentType(data)})
		if err != nil {
			return nil, nil, err
		}
		if !a.ok() {
			p := a.refused()
			p.Faults = append(p.Faults, web.Fault{In: "body", Field: "/photos", Detail: f.Filename})
			return nil, &p, nil
		}
		var kept struct{ SHA256 string }
		if err := a.into(&kept); err != nil {
			return nil, nil, err
		}
		sums = append(sums, kept.SHA256)
	}
	return sums, nil, nil
}

func readAll(f *multipart.FileHeader) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(in) // bounded by what a browser may send
	return data, errors.Join(err, in.Close())
}

// whistleForms are the steps that somebody may take with a whistle as it is.
func (ch choices) whistleForms(o office, v api.Whistle, back string) (out []form) {
	for _, a := range v.Actions {
		var names []string
		for _, f := range whistle.Needs(a, v.State) {
			names = append(names, string(f))
		}
		f := o.form("/whistles/"+v.ID+"/do/"+string(a), string(a), o.Word("whistle.action", a), ch.fields(o, names, nil)...)
		f.Version, f.Back = toWord(v.Version), back
		f.Danger = slices.Contains([]whistle.Action{whistle.Decline, whistle.Withdraw, whistle.Release, whistle.Escalate, whistle.SendBack}, a)
		out = append(out, f)
	}
	return out
}

// whistleFields are what a form may bring for a whistle.
var whistleFields = []string{"kind", "unit", "purpose", "deadline", "reason", "result", "outcome", "to", "rating", "upheld"}

func (c *Console) actWhistle(w http.ResponseWriter, r *http.Request, s access.Session) {
	id, action := r.PathValue("id"), r.PathValue("action")
	a, err := c.ask(r, s, wish{
		Method: http.MethodPost, Path: "/api/v1/whistles/" + url.PathEscape(id) + "/actions/" + url.PathEscape(action), Body: body(r, whistleFields),
		Key: r.PostFormValue("key"), Version: r.PostFormValue("version"),
	})
	switch {
	case err != nil:
		c.broken(w, err)
	case a.ok():
		done(w, r, back(r, "/whistles#i-"+id), "whistle.action."+action)
	default:
		c.whistleAgain(w, r, s, a.refused())
	}
}

// whistleAgain shows a step that was refused: the whistle as it is now, and what was
// typed.
func (c *Console) whistleAgain(w http.ResponseWriter, r *http.Request, s access.Session, p refusal) {
	var v api.Whistle
	if c.get(w, r, s, "/api/v1/whistles/"+url.PathEscape(r.PathValue("id")), &v) != nil {
		return
	}
	o := c.office(r, s)
	forms := c.choices(r, o).whistleForms(o, v, back(r, "/whistles"))
	n := slices.IndexFunc(forms, func(f form) bool { return f.Name == r.PathValue("action") })
	if n < 0 { // it cannot be done any more
		p.Detail = strings.TrimSpace(o.Word("whistle", v.State) + " " + p.Detail)
		c.sorry(w, r, s, p)
		return
	}
	c.again(w, r, s, forms[n], p)
}

// whistleDraft is the form that asks another unit to come.
func (ch choices) whistleDraft(o office, i api.Incident) []form {
	var out []form
	for _, one := range []struct {
		right  access.Right
		action whistle.Action
		names  []string
	}{{access.DraftWhistle, whistle.DraftIt, []string{"unit", "kind", "purpose"}}, {access.ApproveWhistle, whistle.SoundIt, []string{"unit", "purpose"}}} {
		if i.ConfirmedAt == nil || !i.State.Open() || !access.May(o.User, one.right, access.Object{Place: i.Place, Class: i.Class, Units: []string{i.Unit, i.HandlingUnit}}) {
			continue
		}
		f := o.form("/incidents/"+i.ID+"/whistle/"+string(one.action), string(one.action), o.Word("whistle.action", one.action), ch.fields(o, one.names, nil)...)
		f.Back = "/incidents/" + i.ID + "#whistles"
		out = append(out, f)
	}
	return out
}

func (c *Console) beginWhistle(w http.ResponseWriter, r *http.Request, s access.Session) {
	id, action := r.PathValue("id"), r.PathValue("action")
	ask := body(r, whistleFields)
	ask["action"] = action
	a, err := c.ask(r, s, wish{Method: http.MethodPost, Path: "/api/v1/incidents/" + url.PathEscape(id) + "/whistles", Body: ask, Key: r.PostFormValue("key")})
	switch {
	case err != nil:
		c.broken(w, err)
	case a.ok():
		done(w, r, "/incidents/"+id+"#whistles", "whistle.action."+action)
	default:
		c.incidentAgain(w, r, s, action, a.refused())
	}
}
