package console

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/notify"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
)

// A form asks for one operation of the API. It works without a script, carries what
// makes the request one however often it is sent, and the version that it is about.
type form struct {
	Action  string // where it is sent
	Name    string // of the operation, for its title and its id
	Title   string // on the button
	Key     string // Idempotency-Key
	Version string
	Back    string // where to go on afterwards
	CSRF    string
	Fields  []field
	Files   bool   // it carries files
	Open    bool   // it is not folded
	Danger  bool   // it takes something away
	Fault   string // why it was refused
	T       map[string]string
}

// A field is one thing that a form asks for.
type field struct {
	Name, Label string
	Kind        string // text, area, select, list, datetime, date, month, number, password, file, check
	Required    bool
	Value       string
	Options     []option
	List        string // id of the suggestions
	Hint        string
	Fault       string
	Max         int
}

type option struct{ Value, Text string }

// ID is the field's name in the page, one of many forms.
func (f form) ID(name string) string {
	return strings.NewReplacer("/", "-", "?", "-", "=", "-").Replace(strings.Trim(f.Action, "/")) + "-" + f.Name + "-" + name
}

// Simple reports whether the form is a button alone.
func (f form) Simple() bool { return len(f.Fields) == 0 }

// form returns an empty form of the office.
func (o office) form(action, name, title string, fields ...field) form {
	return form{Action: action, Name: name, Title: title, Key: rand.Text(), CSRF: o.CSRF, Fields: fields, T: o.T}
}

// A need says how something that a form asks for is entered and what it becomes in
// the API's JSON.
type need struct {
	Kind string // as field.Kind
	As   string // number, float, time, day, bool, words; else text
	Max  int
	Of   []string // words to choose from, named by Words.word
	Text string   // prefix of their texts
}

// needs are those of incidents' actions and whistles' steps, by their JSON names.
var needs = map[string]need{
	"reason":        {Kind: "area", Max: 2000},
	"verdict":       {Kind: "select", Of: []string{"harmless", "false", "rule", "test", "fault"}, Text: "verdict"},
	"class":         {Kind: "list", Max: 100},
	"unit":          {Kind: "select"},
	"handling_unit": {Kind: "select"},
	"to":            {Kind: "select"},
	"level":         {Kind: "select", As: "number", Of: []string{"1", "2", "3", "4"}, Text: "level"},
	"until":         {Kind: "datetime", As: "time"},
	"deadline":      {Kind: "datetime", As: "time"},
	"step":          {Kind: "select", Of: []string{"verify", "sign_in", "arrive", "resolve", "check"}, Text: "step"},
	"parent":        {Kind: "text", Max: 40},
	"result":        {Kind: "area", Max: 2000},
	"photos":        {Kind: "file"},
	"no_photo":      {Kind: "text", Max: 2000},
	"call_back":     {Kind: "area", Max: 2000},
	"cause":         {Kind: "text", Max: 2000},
	"rating":        {Kind: "select", As: "number", Of: []string{"5", "4", "3", "2", "1"}},
	"kind":          {Kind: "select", Of: []string{"problem", "enforcement", "emergency"}, Text: "whistle.kind"},
	"purpose":       {Kind: "area", Max: 500},
	"outcome":       {Kind: "area", Max: 500},
	"upheld":        {Kind: "select", As: "bool", Of: []string{"true", "false"}, Text: "upheld"},

	// What people enter for the figures.
	"day":    {Kind: "date", As: "day"},
	"at":     {Kind: "datetime", As: "time"},
	"role":   {Kind: "select", Of: []string{"grid_worker", "guard", "duty_officer", "handler"}, Text: "role"},
	"worker": {Kind: "text", Max: 48},
	"task":   {Kind: "select", Of: []string{"patrol", "verify", "handle", "paperwork", "upkeep"}, Text: "task"},
	"method": {Kind: "select", Of: []string{"clock", "diary", "roster"}, Text: "method"},
	"how":    {Kind: "select", Of: []string{"measured", "recalled"}, Text: "part"},
	"hours":  {Kind: "number", As: "float"},
	"place":  {Kind: "text", Max: 200},
	"found":  {Kind: "number", As: "number"},
	"known":  {Kind: "number", As: "number"},
	"month":  {Kind: "month"},
	"fires":  {Kind: "number", As: "number"},
	"of":     {Kind: "select", Of: []string{"handling", "enforcement", "effort"}, Text: "baseline"},
	"from":   {Kind: "date", As: "day"},
	"to_day": {Kind: "date", As: "day"},

	// Evidence that is taken out.
	"bundle_for":     {Kind: "text", Max: 200},
	"bundle_purpose": {Kind: "select", Of: register.Purposes, Text: "purpose"},
	"bundle_reason":  {Kind: "area", Max: 1000},
	"files_of":       {Kind: "many", As: "many"},
	"words":          {Kind: "area", Max: 1000},

	// How the centre is run.
	"site":         {Kind: "text", Max: 48},
	"box":          {Kind: "text", Max: 48},
	"name":         {Kind: "text", Max: 48},
	"person":       {Kind: "text", Max: 40},
	"account":      {Kind: "text", Max: 48},
	"grant_role":   {Kind: "select", Of: words(access.Roles), Text: "role"},
	"scope":        {Kind: "text", Max: 200},
	"some_classes": {Kind: "many", As: "many"},
	"valid_to":     {Kind: "date", As: "dayend"},
	"id":           {Kind: "text", Max: 48},
	"party":        {Kind: "select", Of: words(access.Parties), Text: "party"},
	"zh":           {Kind: "text", Max: 80},
	"en":           {Kind: "text", Max: 80},
	"places":       {Kind: "area", As: "words", Max: 2000},
	"organisation": {Kind: "select"},
	"basis":        {Kind: "area", Max: 500},
	"fields":       {Kind: "many", As: "many", Of: sharing.Shareable(), Text: "share"},
	"old":          {Kind: "password"},
	"password":     {Kind: "password"},
	"text":         {Kind: "area", Max: 4000},
	"file":         {Kind: "file"},
	"dry":          {Kind: "check", As: "bool"},
	"duty":         {Kind: "select", Of: words(notify.Audiences), Text: "duty"},
	"order":        {Kind: "number", As: "number"},
	"days":         {Kind: "select", Of: []string{"every", "working", "free"}, Text: "days"},
	"from_hour":    {Kind: "time"},
	"to_hour":      {Kind: "time"},
	"first":        {Kind: "date"},
	"last":         {Kind: "date"},
}

// asAPI are the fields whose names a page has for something else too.
var asAPI = map[string]string{"to_day": "to", "how": "method", "grant_role": "role", "some_classes": "classes", "bundle_for": "for", "bundle_purpose": "purpose", "bundle_reason": "reason", "files_of": "files", "duty": "role", "from_hour": "from", "to_hour": "to"}

func words[S ~string](list []S) (out []string) {
	for _, w := range list {
		out = append(out, string(w))
	}
	return out
}

// field makes the field for a need; value is what was typed before.
func (o office) field(name string, required bool, value string) field {
	n := needs[name]
	f := field{Name: name, Label: o.Word("field", name), Kind: n.Kind, Required: required, Value: value, Max: n.Max}
	for _, w := range n.Of {
		text := w
		if n.Text != "" {
			text = o.Word(n.Text, w)
		}
		f.Options = append(f.Options, option{w, text})
	}
	if n.Kind == "list" {
		f.List = "classes"
	}
	return f
}

// body makes the API's JSON of what a form brought: what is empty is left out.
func body(r *http.Request, names []string) map[string]any {
	out := map[string]any{}
	for _, typed := range names {
		v := strings.TrimSpace(r.PostFormValue(typed))
		if v == "" || needs[typed].Kind == "file" {
			continue
		}
		name, as := cmp.Or(asAPI[typed], typed), needs[typed].As
		if as == "many" {
			out[name] = r.PostForm[typed]
			continue
		}
		switch as {
		case "number":
			if n, err := strconv.Atoi(v); err == nil {
				out[name] = n
			}
		case "float":
			if x, err := strconv.ParseFloat(v, 64); err == nil {
				out[name] = x
			}
		case "day":
			if t, err := time.ParseInLocation(time.DateOnly, v, home); err == nil {
				out[name] = t.UTC().Format(time.RFC3339)
			} else {
				out[name] = v
			}
		case "dayend":
			if t, err := time.ParseInLocation(time.DateOnly, v, home); err == nil {
				out[name] = t.AddDate(0, 0, 1).UTC().Format(time.RFC3339) // that day is still in it
			} else {
				out[name] = v
			}
		case "words":
			out[name] = strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '，' || r == ' ' || r == '\n' || r == '\r' })
		case "time":
			if t, err := moment(v); err == nil {
				out[name] = t.UTC().Format(time.RFC3339)
			} else {
				out[name] = v // the API says what is wrong with it
			}
		case "bool":
			out[name] = v == "true"
		default:
			out[name] = v
		}
	}
	return out
}

// moment reads a time as a browser's field gives it, by the community's clock.
func moment(v string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, v, home); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%.30q is no time", v)
}

// blame writes what was refused beside the fields that it is about, and above the
// form in the reader's words.
func (f *form) blame(o office, p refusal) {
	f.Open, f.Fault = true, o.Refused(p)
	for _, fault := range p.Faults {
		name := strings.TrimPrefix(fault.Field, "/")
		for page, api := range asAPI {
			if api == name && slices.ContainsFunc(f.Fields, func(x field) bool { return x.Name == page }) {
				name = page
			}
		}
		if n := slices.IndexFunc(f.Fields, func(x field) bool { return x.Name == name }); n >= 0 {
			f.Fields[n].Fault = fault.Detail
		}
	}
}

// keep puts what was typed back into a form.
func (f *form) keep(r *http.Request) {
	for n := range f.Fields {
		if f.Fields[n].Kind != "file" && f.Fields[n].Kind != "password" {
			f.Fields[n].Value = r.PostFormValue(f.Fields[n].Name)
		}
	}
}

// Refused says in the reader's language why something was refused, and what to do.
func (o office) Refused(p refusal) string {
	says := o.T["problem."+p.Kind()]
	if says == "" {
		says = p.Title
	}
	if p.Detail != "" {
		says += " – " + p.Detail
	}
	for _, f := range p.Faults {
		says += "; " + o.Word("field", strings.TrimPrefix(f.Field, "/")) + ": " + f.Detail
	}
	if len(p.Roles) > 0 {
		var roles []string
		for _, r := range p.Roles {
			roles = append(roles, o.Word("role", r))
		}
		says += " (" + strings.Join(roles, ", ") + ")"
	}
	return says
}

// A formView is a page that is one form: what was refused can be mended there.
type formView struct {
	office
	Title string
	Form  form
}

// again shows a form that was refused, with what was typed.
func (c *Console) again(w http.ResponseWriter, r *http.Request, s access.Session, f form, p refusal) {
	o := c.office(r, s)
	f.keep(r)
	f.blame(o, p)
	c.render(w, max(p.Status, http.StatusBadRequest), "form.html", formView{o, f.Title, f})
}

// back is where a form goes on when it is done: a path of ours, and nowhere else.
func back(r *http.Request, otherwise string) string {
	return local(r.PostFormValue("back"), otherwise)
}

// local is a path of ours, and nothing that leads elsewhere.
func local(to, otherwise string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") {
		to = otherwise
	}
	return to
}

// done leads back to a page, which then says what was done.
func done(w http.ResponseWriter, r *http.Request, to, what string) {
	path, anchor, _ := strings.Cut(to, "#")
	mark := "?"
	if strings.Contains(path, "?") {
		mark = "&"
	}
	path += mark + "done=" + what
	if anchor != "" {
		path += "#" + anchor
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
}
