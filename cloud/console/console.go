// Package console is what people see: the pages, the API behind them and the live
// feed.
//
// It promises that nothing but the login is shown to who has not logged in, that a
// change needs the session's own token, and that a viewer of the feed misses no
// change: it is replayed, or told to start anew. Pages decide nothing; every
// change goes through package incident.
package console

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"os"

	"eastgate/cloud/incident"
	"eastgate/cloud/web"
)

// incidents is what the pages ask of the engine.
type incidents interface {
	incident.Reader
	Do(ctx context.Context, who incident.Actor, id string, version int64, c incident.Command) (incident.Incident, error)
	Subscribe() (wake <-chan struct{}, done func())
}

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
	Incidents incidents
	Door      web.Door
	Pictures  pictures
	Cameras   cameras
	Coverage  coverer
	Metrics   *Metrics
	Log       *slog.Logger
}

//go:embed view static text
var files embed.FS

// A Console serves pages.
type Console struct {
	Deps
	views *template.Template
	texts catalogue
}

// New reads the pages that are built in.
func New(d Deps) (*Console, error) {
	texts, err := loadTexts()
	if err != nil {
		return nil, err
	}
	views, err := template.New("").ParseFS(files, "view/*.html")
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return &Console{Deps: d, views: views, texts: texts}, nil
}

// Handler is the one table of routes.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h http.HandlerFunc) { mux.Handle(pattern, h) }
	seen := func(pattern string, h sessionHandler) { mux.Handle(pattern, c.withSession(h)) }
	does := func(pattern string, h sessionHandler) { mux.Handle(pattern, c.withSession(c.checked(h))) }

	open("GET /login", c.loginPage)
	open("POST /login", c.login)
	open("GET /static/{file}", c.static)
	open("GET /text/{lang}", c.text)

	seen("GET /{$}", c.desk)
	seen("GET /api/v1/me", c.me)
	seen("GET /api/v1/incidents", c.list)
	seen("GET /api/v1/incidents/{id}", c.incident)
	seen("GET /api/v1/stream", c.stream)
	seen("GET /api/v1/coverage", c.coverageAPI)
	seen("GET /coverage", c.coveragePage)
	seen("GET /evidence/{sha256}", c.picture)

	does("POST /api/v1/incidents/{id}/acknowledge", c.acknowledge)
	does("POST /api/v1/incidents/{id}/close", c.close)
	does("POST /logout", c.logout)
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Metrics.requests.Inc()
		mux.ServeHTTP(w, r)
	})
	return web.Secured(counted, c.Door.TLS, maxBody)
}

// maxBody bounds what a browser may send.
const maxBody = 64 << 10
