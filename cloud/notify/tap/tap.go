// Package tap is the page that an acknowledge link leads to, on a phone and without a
// script.
//
// It promises that opening the page changes nothing: chats and virus scanners open
// every link. Only a tap on its button does, once, as the person whom the link is
// bound to, or as who logs in with the tap.
package tap

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/web"
)

//go:embed view text static
var files embed.FS

var page = template.Must(template.ParseFS(files, "view/tap.html"))

var texts = map[string]map[string]string{"zh-CN": readTexts("zh-CN"), "en": readTexts("en")}

func readTexts(lang string) map[string]string {
	m := map[string]string{}
	data, err := files.ReadFile("text/" + lang + ".json")
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		panic(err) // it is built in
	}
	return m
}

// Pages are what answers under /a/.
type Pages struct {
	Taps      notify.Taps
	Door      web.Door
	Catalogue *governance.Catalogue
	Log       *slog.Logger
}

// How often one address may open and tap: a whole shift behind one address of the
// net still gets through.
const (
	lookEvery, lookBurst = 500 * time.Millisecond, 120
	tapEvery, tapBurst   = 2 * time.Second, 30
	maxBody              = 8 << 10
)

// Handler answers under /a/.
func (p Pages) Handler() web.Handler {
	mux := web.NewMux()
	look, tap := web.NewLimiter(lookEvery, lookBurst), web.NewLimiter(tapEvery, tapBurst)
	mux.Handle(web.Open("GET /a/tap.css"), http.HandlerFunc(p.style))
	mux.Handle(web.Open("GET /a/{token}"), look.Limit(http.HandlerFunc(p.look)))
	mux.Handle(web.Open("POST /a/{token}"), tap.Limit(http.HandlerFunc(p.tap)))
	return mux.Within(func(next http.Handler) http.Handler { return web.Bounded(hidden(next), maxBody) })
}

// hidden keeps the link, which is a secret, out of what other pages are told.
func hidden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("X-Robots-Tag", "noindex")
		next.ServeHTTP(w, r)
	})
}

// A view is what the page shows.
type view struct {
	Lang, Other, Token string
	T                  map[string]string
	Number, What       string
	Level, Place, When string
	Marks              string
	Login              bool   // the link names nobody
	Ask                bool   // there is something to tap
	Fault, Name        string // Name was typed before
	Note               string
	Incident           string
}

func (p Pages) look(w http.ResponseWriter, r *http.Request) {
	l, i, err := p.Taps.Look(r.Context(), r.PathValue("token"))
	v := p.view(r, i)
	v.Login = l.Account == ""
	v.Ask = err == nil && i.State.Open() && i.TakenBy == "" && l.UsedAt == nil || err == nil && i.State == incident.Dispatched && l.UsedAt == nil
	status := http.StatusOK
	switch {
	case err != nil:
		status, v.Fault = p.said(r, err, v.T)
	case !v.Ask && i.TakenBy != "" && l.UsedBy == i.TakenBy:
		v.Note = v.T["done"]
	case !v.Ask && i.TakenBy != "":
		v.Note = v.T["note.taken"] + " " + i.TakenBy
	case !v.Ask && !i.State.Open():
		v.Note = v.T["note.over"]
	case !v.Ask:
		v.Note = v.T["fault.used"]
	}
	p.render(w, status, v)
}

// tap is the one way by which something happens.
func (p Pages) tap(w http.ResponseWriter, r *http.Request) {
	if !web.SameOrigin(r) {
		web.Forged.With("the request comes from another page").Write(w)
		return
	}
	token := r.PathValue("token")
	in, err := p.who(w, r)
	var i incident.Incident
	if err == nil {
		i, err = p.Taps.Tap(r.Context(), token, in, web.From(r))
	} else if l, known, missing := p.Taps.Look(r.Context(), token); missing == nil && l.Incident != "" {
		i = known
	}
	v := p.view(r, i)
	if err == nil {
		v.Note = v.T["done"]
		p.render(w, http.StatusOK, v)
		return
	}
	var status int
	status, v.Fault = p.said(r, err, v.T)
	if errors.Is(err, notify.ErrHandled) && i.TakenBy != "" {
		v.Fault += " " + i.TakenBy
	}
	v.Login = errors.Is(err, notify.ErrLogin) || errors.Is(err, access.ErrCredentials) || errors.Is(err, access.ErrLocked)
	v.Ask, v.Name = v.Login, r.PostFormValue("name")
	p.render(w, status, v)
}

// who is logged in, or logs in with this tap; nil: nobody.
func (p Pages) who(w http.ResponseWriter, r *http.Request) (*access.User, error) {
	if name := strings.TrimSpace(r.PostFormValue("name")); name != "" {
		s, err := p.Door.Login(w, r, name, r.PostFormValue("password"))
		return &s.User, err
	}
	s, err := p.Door.Session(r)
	if errors.Is(err, access.ErrCredentials) {
		return nil, nil
	}
	return &s.User, err
}

// refusals are what people are told, by the first error that fits.
var refusals = []struct {
	known  error
	status int
	key    string
}{
	{notify.ErrNoLink, http.StatusNotFound, "unknown"},
	{notify.ErrUsed, http.StatusConflict, "used"},
	{notify.ErrLogin, http.StatusUnauthorized, "login"},
	{notify.ErrOther, http.StatusForbidden, "other"},
	{notify.ErrHandled, http.StatusConflict, "handled"},
	{incident.ErrConflict, http.StatusConflict, "changed"},
	{incident.ErrForbidden, http.StatusForbidden, "forbidden"},
	{access.ErrCredentials, http.StatusUnauthorized, "wrong"},
	{access.ErrLocked, http.StatusTooManyRequests, "locked"},
	{access.ErrNoConsole, http.StatusForbidden, "forbidden"},
}

// said is what an error is called, for people.
func (p Pages) said(r *http.Request, err error, t map[string]string) (int, string) {
	for _, as := range refusals {
		if errors.Is(err, as.known) {
			return as.status, t["fault."+as.key]
		}
	}
	p.Log.Error("a tap cannot be taken", "from", web.From(r), "err", err)
	return http.StatusServiceUnavailable, t["fault.broken"]
}

func (p Pages) view(r *http.Request, i incident.Incident) view {
	lang := language(r)
	v := view{Lang: lang, Other: "en", Token: r.PathValue("token"), T: texts[lang], Incident: i.ID}
	if lang == "en" {
		v.Other = "zh-CN"
	}
	if i.ID == "" {
		return v
	}
	v.Number, v.Place, v.Level = i.Number, i.Place, v.T["level."+string('0'+rune(i.Level))]
	if i.PlaceName != "" {
		v.Place = i.PlaceName
	}
	switch {
	case i.Exercise:
		v.Marks = v.T["mark.exercise"]
	case i.Test:
		v.Marks = v.T["mark.test"]
	}
	v.What = i.Class
	if c, ok := p.Catalogue.Class(i.Class); ok {
		switch v.What = c.ZH; {
		case c.Restricted:
			v.What = v.T["restricted"]
		case lang == "en":
			v.What = c.EN
		}
	}
	v.When = i.FirstAt.In(governance.Shanghai).Format("2006-01-02 15:04:05")
	return v
}

// language is asked for, or the browser's.
func language(r *http.Request) string {
	switch asked := r.URL.Query().Get("lang"); {
	case asked == "en" || asked == "zh-CN":
		return asked
	case r.Header.Get("Accept-Language") != "" && !strings.Contains(r.Header.Get("Accept-Language"), "zh"):
		return "en"
	}
	return "zh-CN"
}

func (p Pages) render(w http.ResponseWriter, status int, v view) {
	var out bytes.Buffer
	if err := page.Execute(&out, v); err != nil {
		p.Log.Error("page cannot be made", "page", "tap", "err", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(out.Bytes())
}

func (p Pages) style(w http.ResponseWriter, _ *http.Request) {
	data, err := files.ReadFile("static/tap.css")
	if err != nil {
		http.NotFound(w, nil)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "max-age=3600")
	w.Write(data)
}
