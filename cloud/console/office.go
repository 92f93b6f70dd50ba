package console

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
)

// An office is what all pages of the office share.
type office struct {
	Lang, Other, Here, Query string
	T                        map[string]string
	User                     access.User
	CSRF                     string
	Nav                      []group
	Title                    string
	Done                     string // what was done a moment ago
	Now                      time.Time
}

// A group is one part of the office's pages.
type group struct {
	Key   string
	Pages []link
}

type link struct {
	Path, Key string
	Here      bool
}

// offices are the pages in the order in which they are offered, each with the rights
// of which one takes.
var offices = []struct {
	group, path, key string
	rights           []access.Right
}{
	{"desk", "/", "nav.desk", []access.Right{access.SeeIncidents}},
	{"desk", "/handover", "nav.handover", []access.Right{access.HandOver}},
	{"work", "/tasks", "nav.tasks", []access.Right{access.Handle}},
	{"work", "/domains", "nav.domains", []access.Right{access.SeePublic}},
	{"work", "/incidents", "nav.incidents", []access.Right{access.SeePublic}},
	{"work", "/overdue", "nav.overdue", []access.Right{access.SeePublic}},
	{"work", "/reminders", "nav.reminders", []access.Right{access.SeeIncidents}},
	{"work", "/whistles", "nav.whistles", []access.Right{access.SeePublic}},
	{"work", "/reports", "nav.reports", []access.Right{access.SeePublic}},
	{"work", "/report", "nav.report", []access.Right{access.Report}},
	{"work", "/bundles", "nav.bundles", []access.Right{access.AskExport, access.ApproveExport}},
	{"figures", "/figures", "nav.figures", []access.Right{access.SeeFigures}},
	{"figures", "/coverage", "nav.coverage", []access.Right{access.SeePublic, access.ManageBoxes}},
	{"admin", "/setup", "nav.setup", []access.Right{access.ManageAccounts, access.ManageBoxes, access.ManageGrants}},
	{"admin", "/boxes", "nav.boxes", []access.Right{access.ManageBoxes, access.SeeVideo}},
	{"admin", "/people", "nav.people", []access.Right{access.ManageAccounts, access.ManageGrants}},
	{"admin", "/organisations", "nav.organisations", []access.Right{access.ManageOrganisations}},
	{"admin", "/agreements", "nav.agreements", []access.Right{access.SignSharing}},
	{"admin", "/places", "nav.places", []access.Right{access.ManagePlaces}},
	{"admin", "/health", "nav.health", []access.Right{access.SeeNotify, access.SeePolice}},
	{"admin", "/register", "nav.register", []access.Right{access.ReadRegister}},
	{"admin", "/system", "nav.system", []access.Right{access.ManageBoxes}},
	{"admin", "/account", "nav.account", nil},
	{"admin", "/api/docs", "nav.api", nil},
}

func (c *Console) office(r *http.Request, s access.Session) office {
	lang := c.texts.choose(r)
	o := office{
		Lang: lang, Other: map[string]string{zh: en, en: zh}[lang], T: c.texts[lang], User: s.User, CSRF: s.CSRF, Here: r.URL.Path, Done: r.URL.Query().Get("done"), Now: c.API.Now(),
	}
	q := r.URL.Query()
	q.Del("lang")
	q.Del("done")
	if len(q) > 0 {
		o.Query = "&" + q.Encode()
	}
	for _, p := range offices {
		if !mayAny(s.User, p.rights) {
			continue
		}
		if n := len(o.Nav); n == 0 || o.Nav[n-1].Key != p.group {
			o.Nav = append(o.Nav, group{Key: p.group})
		}
		last := &o.Nav[len(o.Nav)-1]
		last.Pages = append(last.Pages, link{p.path, p.key, p.path == r.URL.Path})
		if p.path == r.URL.Path {
			o.Title = o.T[p.key]
		}
	}
	return o
}

// mayAny reports whether somebody has one of some rights, or none is needed.
func mayAny(u access.User, rights []access.Right) bool {
	for _, right := range rights {
		if access.May(u, right, access.Anywhere) {
			return true
		}
	}
	return len(rights) == 0
}

// For gives the rest of what a page shows, to a template that shows a part of it.
func (o office) For(part any) map[string]any { return map[string]any{"O": o, "Part": part} }

// Time writes a time as people of the community read it.
func (office) Time(v any) string {
	if t := timeOf(v); !t.IsZero() {
		return t.In(home).Format("2006-01-02 15:04")
	}
	return "–"
}

func timeOf(v any) (out time.Time) {
	switch t := v.(type) {
	case time.Time:
		out = t
	case *time.Time:
		if t != nil {
			out = *t
		}
	}
	return out
}

// When writes a time with its age. A page's script turns it to the reader's own zone;
// without one it is the community's.
func (o office) When(v any) template.HTML {
	t := timeOf(v)
	if t.IsZero() {
		return "–"
	}
	text := template.HTMLEscapeString(t.In(home).Format("2006-01-02 15:04"))
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s <small>%s</small></time>`, t.UTC().Format(time.RFC3339), text, template.HTMLEscapeString(o.Age(t)))) //nolint:gosec // both are escaped
}

// Age says how long ago a time is, or how far ahead.
func (o office) Age(t time.Time) string {
	d := o.Now.Sub(t)
	key := "age."
	if d < 0 {
		key, d = "in.", -d
	}
	n, unit := 0, ""
	switch {
	case d < time.Minute:
		n, unit = int(d/time.Second), "s"
	case d < time.Hour:
		n, unit = int(d/time.Minute), "m"
	case d < 48*time.Hour:
		n, unit = int(d/time.Hour), "h"
	default:
		n, unit = int(d/(24*time.Hour)), "d"
	}
	return strings.Replace(o.T[key+unit], "{n}", fmt.Sprint(n), 1)
}

// Word gives the text of a key, or else the word itself.
func (o office) Word(prefix string, word any) string {
	w := toWord(word)
	if w == "" {
		return "–"
	}
	return cmp.Or(o.T[prefix+"."+w], w)
}

// Say gives the text of a key with what stands in its braces: name, value, name, value.
func (o office) Say(key string, pairs ...any) string {
	text := cmp.Or(o.T[key], key)
	for n := 0; n+1 < len(pairs); n += 2 {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%v}", pairs[n]), toWord(pairs[n+1]))
	}
	return text
}

// Source names who found something first; two that came at once are joined.
func (o office) Source(first string) string {
	var out []string
	for _, s := range strings.Split(first, "+") {
		out = append(out, o.Word("source", s))
	}
	return strings.Join(out, " + ")
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

// Late reports whether an incident is past its deadline.
func (o office) Late(i api.Incident) bool { return i.DueAt != nil && i.DueAt.Before(o.Now) }
