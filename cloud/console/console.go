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

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
)

// incidents is what the pages ask of the engine.
type incidents interface {
	incident.Reader
	Acknowledge(ctx context.Context, id string, version int64, by string) (incident.Incident, error)
	Close(ctx context.Context, id string, version int64, by, verdict, why string) (incident.Incident, error)
	Subscribe() (wake <-chan struct{}, done func())
}

// people lets people in.
type people interface {
	Login(ctx context.Context, name, password, from string) (access.Session, error)
	Session(ctx context.Context, token string) (access.Session, error)
	Logout(ctx context.Context, token string) error
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
	People    people
	Pictures  pictures
	Cameras   cameras
	Metrics   *Metrics
	Log       *slog.Logger
	// TLS says that browsers reach it over https, so that cookies stay there.
	TLS bool
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
	seen("GET /evidence/{sha256}", c.picture)

	does("POST /api/v1/incidents/{id}/acknowledge", c.acknowledge)
	does("POST /api/v1/incidents/{id}/close", c.close)
	does("POST /logout", c.logout)
	return c.secured(mux)
}

// maxBody bounds what a browser may send.
const maxBody = 64 << 10

// secured sets the headers that every answer has.
func (c *Console) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if c.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		c.Metrics.requests.Inc()
		next.ServeHTTP(w, r)
	})
}
