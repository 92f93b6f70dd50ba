package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/web"
)

// A said is what the API answered to a page. Pages ask it within the process and do
// nothing that a program could not do: rights, checks, keys and the register are the
// API's.
type said struct {
	Status int
	Body   []byte
}

// A refusal is a problem as the API tells it (RFC 9457).
type refusal struct {
	Type     string        `json:"type"`
	Title    string        `json:"title"`
	Detail   string        `json:"detail"`
	Faults   []web.Fault   `json:"faults"`
	Roles    []string      `json:"roles"`
	Incident *api.Incident `json:"incident"`
	Status   int           `json:"status"`
}

// refusalOf is a problem of our own, as the API would tell it.
func refusalOf(p *web.Problem) refusal {
	out := refusal{Type: p.Kind.Type(), Title: p.Kind.Title, Detail: p.Detail, Faults: p.Faults, Status: p.Kind.Status}
	if roles, ok := p.More["roles"].([]access.Role); ok {
		out.Roles = words(roles)
	}
	return out
}

// Kind is the problem's name, the last part of its type.
func (p refusal) Kind() string {
	_, name, _ := strings.Cut(p.Type, "#problem-")
	return name
}

// ok reports whether the API did what was asked.
func (a said) ok() bool { return a.Status < http.StatusBadRequest }

// refused reads why the API did not.
func (a said) refused() refusal {
	var p refusal
	if json.Unmarshal(a.Body, &p) != nil || p.Type == "" {
		p = refusal{Type: web.Broken.Type(), Title: web.Broken.Title, Status: a.Status}
	}
	return p
}

// into reads what the API answered.
func (a said) into(v any) error {
	if !a.ok() {
		p := a.refused()
		return fmt.Errorf("the API refuses: %s: %s", p.Kind(), p.Detail)
	}
	return json.Unmarshal(a.Body, v)
}

// A wish is one request to the API. A body is JSON, or bytes of a media type.
type wish struct {
	Method, Path string
	Body         any
	Media        string
	Key          string // Idempotency-Key
	Version      string // for If-Match
}

// answered keeps an answer in memory; lists are bounded by their limits.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// ask has the API do something for who asks for a page, from where they are.
func (c *Console) ask(r *http.Request, s access.Session, w wish) (said, error) {
	var body []byte
	media := w.Media
	switch b := w.Body.(type) {
	case nil:
	case []byte:
		body = b
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			return said{}, err
		}
		media = "application/json"
	}
	req, err := http.NewRequestWithContext(r.Context(), w.Method, w.Path, bytes.NewReader(body))
	if err != nil {
		return said{}, err
	}
	req.Host, req.RemoteAddr = r.Host, r.RemoteAddr
	for _, name := range []string{"Cookie", "Authorization", "Origin"} {
		if v := r.Header.Get(name); v != "" {
			req.Header.Set(name, v)
		}
	}
	req.Header.Set("X-CSRF-Token", s.CSRF)
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	if w.Key != "" {
		req.Header.Set("Idempotency-Key", w.Key)
	}
	if w.Version != "" {
		req.Header.Set("If-Match", strconv.Quote(w.Version))
	}
	out := &answered{header: http.Header{}}
	c.API.Handler().ServeHTTP(out, req)
	if out.status == 0 {
		out.status = http.StatusOK
	}
	return said{out.status, out.body.Bytes()}, nil
}

// errRefused says that the API refused a page what it shows; see refuse.
var errRefused = errors.New("refused")

// get reads something of the API. When that refuses, the page says so and why, and
// get gives errRefused: nothing is left to do.
func (c *Console) get(w http.ResponseWriter, r *http.Request, s access.Session, path string, v any) error {
	a, err := c.ask(r, s, wish{Method: http.MethodGet, Path: path})
	if err != nil {
		c.broken(w, err)
		return errRefused
	}
	if !a.ok() {
		c.sorry(w, r, s, a.refused())
		return errRefused
	}
	if err := a.into(v); err != nil {
		c.broken(w, err)
		return errRefused
	}
	return nil
}

// A sorryView is a page that cannot be shown, with what to do.
type sorryView struct {
	office
	P refusal
}

func (c *Console) sorry(w http.ResponseWriter, r *http.Request, s access.Session, p refusal) {
	c.render(w, max(p.Status, http.StatusBadRequest), "sorry.html", sorryView{c.office(r, s), p})
}
