// Package console is what people see: the desk, which lives as long as a shift, and
// the office's pages, which need no script.
//
// It promises that nothing but the login is shown to who has not logged in, and that
// pages decide nothing: what is shown and what can be done comes from package api,
// by the rights of who asks.
package console

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/oidc"
	"eastgate/cloud/web"
)

// pictures are the files that show what happened.
type pictures interface {
	Get(sha256 string) (*os.File, error)
}

// cameras knows what people call the cameras.
type cameras interface {
	CameraNames(ctx context.Context) (map[string]string, error)
}

// Deps is what the console needs.
type Deps struct {
	API      *api.API
	Door     web.Door
	Pictures pictures
	Cameras  cameras
	Coverage coverer
	House    House // nil: people log in with passwords only
	Founder  Founder
	Metrics  *Metrics
	Log      *slog.Logger
}

//go:embed view static text
var files embed.FS

// A Console serves pages.
type Console struct {
	Deps
	views  *template.Template
	texts  catalogue
	words  map[string]asset // the texts, as the desk reads them
	assets assets
}

// New reads the pages that are built in.
func New(d Deps) (*Console, error) {
	texts, err := loadTexts("text")
	if err != nil {
		return nil, err
	}
	office, err := loadTexts("text/office")
	if err != nil {
		return nil, err
	}
	views, err := template.New("").ParseFS(files, "view/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c := &Console{Deps: d, views: views, texts: texts.with(office), words: map[string]asset{}}
	for lang, words := range texts {
		data, err := json.Marshal(words)
		if err != nil {
			return nil, fmt.Errorf("console texts: %w", err)
		}
		if c.words[lang], err = newAsset("application/json", data); err != nil {
			return nil, fmt.Errorf("console texts: %w", err)
		}
	}
	if c.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	return c, nil
}

// Handler is the one table of routes.
func (c *Console) Handler() web.Handler {
	mux := web.NewMux()
	open := func(pattern string, h http.HandlerFunc) { mux.Handle(web.Open(pattern), h) }
	seen := func(pattern string, h sessionHandler, rights ...access.Right) {
		route := web.For(pattern, rights...)
		mux.Handle(route, c.admit(route, h))
	}
	half := func(pattern string, h sessionHandler) {
		route := web.Route{Pattern: pattern, Class: web.Person, Half: true}
		mux.Handle(route, c.admit(route, h))
	}
	as := func(page, method, path string, h sessionHandler) {
		route := c.API.RouteOf(page, method, path)
		mux.Handle(route, c.admit(route, h))
	}

	open("GET /login", c.loginPage)
	open("POST /login", c.login)
	open("GET "+oidc.Path, c.beginOIDC)
	open("GET "+oidc.Path+"/callback", c.finishOIDC)
	steps := c.API.RouteOf("GET /setup", "GET", "/api/v1/setup")
	mux.Handle(steps, c.setupPage(c.admit(steps, c.stepsPage)))
	open("POST /setup", c.found)
	open("GET /static/{file...}", c.static)
	open("GET /text/{lang}", c.text)

	for _, view := range deskPaths {
		seen("GET "+view, c.desk)
	}
	seen("GET /evidence/{sha256}", c.picture)
	seen("GET /incidents", c.incidentsPage)
	as("GET /incidents/print", "GET", "/api/v1/export/incidents", c.printPage)
	seen("GET /incidents/{id}", c.incidentPage, access.SeePublic)
	seen("GET /tasks", c.tasksPage)
	seen("GET /overdue", c.overduePage)
	seen("GET /reports", c.reportsPage)
	seen("GET /whistles", c.whistlesPage, access.SeePublic)
	seen("GET /reminders", c.remindersPage)
	seen("GET /domains", c.domainsPage)
	seen("GET /figures", c.figuresPage, access.SeeFigures)
	seen("GET /figures/entries", c.entriesPage, access.EnterFigures)
	seen("GET /coverage", c.coveragePage)
	seen("GET /report", c.entryPage, access.Report)
	seen("GET /codes", c.codesPage, access.Report, access.ManagePlaces)

	seen("POST /incidents/{id}/do/{action}", c.act, access.SeePublic)
	seen("POST /incidents/{id}/whistle/{action}", c.beginWhistle, access.DraftWhistle, access.ApproveWhistle)
	seen("POST /whistles/{id}/do/{action}", c.actWhistle, access.DraftWhistle, access.ApproveWhistle, access.AnswerWhistle)
	seen("POST /reminders/{position}/settle", c.settle, access.SeeIncidents)
	seen("POST /figures/entries/{kind}", c.enterFigures, access.EnterFigures)
	c.centre(seen, as)
	c.bundles(as)
	seen("POST /report", c.enter, access.Report)
	half("POST /logout", c.logout)
	half("GET /login/second", c.secondPage)
	half("POST /login/second", c.second)
	half("POST /login/second/offer", c.offer)
	return mux.Within(c.bounded)
}

// bounded counts requests, and bounds what they may bring.
func (c *Console) bounded(next http.Handler) http.Handler {
	small, large := web.Bounded(next, maxBody), web.Bounded(next, maxFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Metrics.requests.Inc()
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			large.ServeHTTP(w, r)
			return
		}
		small.ServeHTTP(w, r)
	})
}

// deskPaths lead to the one document of the desk, whose script opens the view: they
// are those of desk/views.ts.
var deskPaths = []string{"/{$}", "/incident/{id}", "/wall", "/plan", "/cameras", "/camera/{site}/{box}/{camera}"}

// maxBody bounds what a form may send here, and maxFiles one with photos or a list.
const (
	maxBody  = 64 << 10
	maxFiles = 32 << 20
)
