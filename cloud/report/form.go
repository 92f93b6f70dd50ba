package report

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/web"
)

//go:embed view text static
var files embed.FS

var views = template.Must(template.ParseFS(files, "view/*.html"))

var texts = map[string]map[string]string{"zh-CN": readTexts("zh-CN"), "en": readTexts("en")}

func readTexts(lang string) map[string]string {
	data, err := files.ReadFile("text/" + lang + ".json")
	if err != nil {
		panic(err) // it is built in
	}
	m := map[string]string{}
	if err := json.Unmarshal(data, &m); err != nil {
		panic(err)
	}
	return m
}

func words(lang string) map[string]string { return texts[lang] }

// A group is a domain with the classes that can be chosen.
type group struct {
	Name    string
	Classes []option
}

type option struct {
	Key, Name string
	Chosen    bool
}

func (d Deps) groups(lang, chosen string) []group {
	var out []group
	for _, domain := range d.Catalogue.Domains() {
		g := group{Name: domain.ZH}
		if lang == "en" {
			g.Name = domain.EN
		}
		for _, c := range d.Classes() {
			if c.Domain == domain.Key {
				g.Classes = append(g.Classes, option{c.Key, called(c, lang), c.Key == chosen})
			}
		}
		if len(g.Classes) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// formView is what the form shows. Nothing of it needs a script.
type formView struct {
	Lang, Other   string
	T             map[string]string
	Place, Token  string
	Form          string
	Groups        []group
	Class, Text   string
	Contact       string
	Fault         string
	Person        bool // the words ask after a person
	General       string
	MaxPhotoBytes int
}

func otherLang(lang string) string {
	if lang == "en" {
		return "zh-CN"
	}
	return "en"
}

// here returns the place that a printed word stands for.
func (d Deps) here(r *http.Request) (place.Place, bool) {
	code, ok := d.Signer.PlaceOf(r.PathValue("token"))
	if !ok {
		return place.Place{}, false
	}
	return d.Places.Coded(code)
}

func (d Deps) showForm(w http.ResponseWriter, r *http.Request) {
	p, ok := d.here(r)
	if !ok {
		d.note(w, r, http.StatusNotFound, "fault.code")
		return
	}
	d.form(w, r, http.StatusOK, p, formView{Class: general})
}

func (d Deps) form(w http.ResponseWriter, r *http.Request, status int, p place.Place, v formView) {
	l := lang(r)
	v.Lang, v.Other, v.T, v.Place, v.Token, v.General, v.MaxPhotoBytes = l, otherLang(l), words(l), placeName(p, l), r.PathValue("token"), general, MaxPhoto
	v.Groups = d.groups(l, v.Class)
	if v.Form == "" {
		v.Form = d.Signer.Form(rand.Text(), d.Now())
	}
	d.render(w, status, "form.html", v)
}

func (d Deps) render(w http.ResponseWriter, status int, name string, v any) {
	var page bytes.Buffer
	if err := views.ExecuteTemplate(&page, name, v); err != nil {
		d.Log.Error("page cannot be made", "page", name, "err", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(page.Bytes())
}

// note answers with one sentence.
func (d Deps) note(w http.ResponseWriter, r *http.Request, status int, key string) {
	l := lang(r)
	d.render(w, status, "note.html", formView{Lang: l, Other: otherLang(l), T: words(l), Fault: words(l)[key]})
}

// sent is what came with a form.
type sent struct {
	nonce, class, text, contact string
	photo                       []byte
	robot                       bool
}

// maxFields bounds the fields of a form beside the photo, in bytes.
const maxFields = 64 << 10

// readForm reads a form part by part; only the photo is large.
func (d Deps) readForm(r *http.Request) (sent, string) {
	var s sent
	parts, err := r.MultipartReader()
	if err != nil {
		return s, "fault.form"
	}
	form := ""
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, "fault.form"
		}
		most := int64(maxFields)
		if part.FormName() == "photo" {
			most = MaxPhoto
		}
		data, err := io.ReadAll(io.LimitReader(part, most+1))
		switch {
		case err != nil:
			return s, "fault.form"
		case int64(len(data)) > most:
			return s, "fault.large"
		}
		switch part.FormName() {
		case "photo":
			s.photo = data
		case "form":
			form = string(data)
		case "class":
			s.class = string(data)
		case "text":
			s.text = strings.TrimSpace(string(data))
		case "contact":
			s.contact = strings.TrimSpace(string(data))
		case "website": // nobody sees it; robots fill it in
			s.robot = len(data) > 0
		}
	}
	nonce, ok := d.Signer.FormOf(form, d.Now())
	if !ok {
		return s, "fault.old"
	}
	s.nonce = nonce
	switch {
	case utf8.RuneCountInString(s.text) > maxText || utf8.RuneCountInString(s.contact) > 2*maxName:
		return s, "fault.long"
	case s.class == general && s.text == "" && len(s.photo) == 0:
		return s, "fault.empty"
	}
	return s, ""
}

func (d Deps) takeForm(w http.ResponseWriter, r *http.Request) {
	p, ok := d.here(r)
	if !ok {
		d.note(w, r, http.StatusNotFound, "fault.code")
		return
	}
	s, fault := d.readForm(r)
	again := formView{Class: s.class, Text: s.text, Contact: s.contact}
	if fault != "" {
		again.Fault = words(lang(r))[fault]
		d.form(w, r, http.StatusUnprocessableEntity, p, again)
		return
	}
	if s.robot { // it is thanked and forgotten
		d.note(w, r, http.StatusOK, "thanks")
		return
	}
	i, fault, err := d.keepForm(r, p, s)
	switch {
	case fault != "":
		again.Fault = words(lang(r))[fault]
		d.form(w, r, http.StatusUnprocessableEntity, p, again)
	case err != nil:
		d.Log.Error("report cannot be taken", "place", p.Code, "err", err)
		again.Fault, again.Form = words(lang(r))["fault.busy"], d.Signer.Form(s.nonce, d.Now()) // sent again, it is the same
		d.form(w, r, http.StatusServiceUnavailable, p, again)
	default:
		http.Redirect(w, r, "/r/status/"+i.ID+"?lang="+lang(r), http.StatusSeeOther)
	}
}

// source says whom a form at a place is from, as far as is known.
func source(p place.Place) incident.Source {
	if p.Kind == place.Shop || p.Kind == place.Business {
		return incident.Merchant
	}
	return incident.Resident
}

func (d Deps) keepForm(r *http.Request, p place.Place, s sent) (i incident.Incident, fault string, err error) {
	c, err := d.class(s.class)
	if err != nil {
		return i, "fault.class", nil
	}
	t := Told{Key: "form/" + s.nonce, Source: source(p), Class: c.Key, Place: p, Text: s.text, Phone: s.contact}
	if len(s.photo) > 0 {
		t.Photo, err = d.Darkroom.Keep(r.Context(), s.photo)
		switch {
		case errors.Is(err, ErrPhoto):
			return i, "fault.photo", nil
		case errors.Is(err, evidence.ErrFull): // the words matter more
			d.Log.Error("a report's photo is left out", "err", err)
		case err != nil:
			return i, "", err
		}
	}
	if t.Text == "" && c.Key == general {
		t.Text = words("zh-CN")["photo.only"]
	}
	i, err = d.take(r.Context(), reporter, t)
	var invalid incident.Invalid
	if errors.As(err, &invalid) {
		return i, "fault.form", nil
	}
	return i, "", err
}

func (d Deps) static(w http.ResponseWriter, _ *http.Request) {
	data, err := files.ReadFile("static/report.css")
	if err != nil {
		http.NotFound(w, nil)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Write(data)
}

// How often strangers may send and ask, from one address: a compound behind one
// address of the net still gets through.
const (
	sendEvery, sendBurst = 20 * time.Second, 20
	askEvery, askBurst   = time.Second, 120
	maxBody              = MaxPhoto + maxFields*8
)

// Handler answers under /r/ and /open311/.
func (d Deps) Handler() web.Handler {
	mux := web.NewMux()
	send, ask := web.NewLimiter(sendEvery, sendBurst), web.NewLimiter(askEvery, askBurst)
	mux.Handle(web.Open("GET /r/report.css"), http.HandlerFunc(d.static))
	mux.Handle(web.Open("GET /r/{token}"), ask.Limit(http.HandlerFunc(d.showForm)))
	mux.Handle(web.Open("POST /r/{token}"), send.Limit(http.HandlerFunc(d.takeForm)))
	mux.Handle(web.Open("GET /r/status/{id}"), ask.Limit(http.HandlerFunc(d.status)))
	d.open311(mux, ask)
	return mux.Within(func(next http.Handler) http.Handler { return web.Bounded(next, maxBody) })
}
