package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// A small document, so that the machinery is tested whatever the API says.
const small = `
openapi: 3.1.0
info: {title: Small, version: "1"}
paths:
  /things:
    get:
      operationId: list
      x-rights: []
      summary: all
      x-zh: 全部
      parameters:
        - {name: level, in: query, explode: false, schema: {type: array, items: {type: integer, minimum: 1, maximum: 4}}}
        - {name: test, in: query, schema: {type: boolean}}
        - {name: from, in: query, schema: {type: string, format: date-time}}
      responses: {"200": {description: all, content: {application/json: {schema: {$ref: "#/components/schemas/Things"}}}}}
    post:
      operationId: make
      x-rights: []
      summary: one more
      x-zh: 新建
      parameters:
        - {name: Idempotency-Key, in: header, required: true, description: a key, schema: {type: string, minLength: 1, maxLength: 100}}
      requestBody: {required: true, x-max-bytes: 100, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
  /things/{id}:
    put:
      operationId: change
      x-rights: []
      summary: change it
      x-zh: 修改
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, pattern: "^[a-z]+$"}}
        - {name: If-Match, in: header, required: true, description: the version, schema: {type: string}}
      responses: {"200": {description: done}}
  /open:
    get: {operationId: open, summary: for all, x-zh: 公开, security: [], responses: {"200": {description: done}}}
components:
  schemas:
    Things: {type: array, items: {$ref: "#/components/schemas/Thing"}}
    Thing:
      type: object
      additionalProperties: false
      required: [name]
      properties: {name: {type: string, minLength: 1}, level: {type: [integer, "null"]}}
`

// oneSession knows li by the token "li-token".
type oneSession struct{ web.People }

func (oneSession) Session(_ context.Context, token string) (access.Session, error) {
	name, ok := strings.CutSuffix(token, "-token")
	if !ok {
		return access.Session{}, access.ErrCredentials
	}
	return access.Session{User: access.User{Name: name}, CSRF: "csrf"}, nil
}

// memory keeps keys for tests of the machinery; the store has its own tests.
type memory map[Key]*struct {
	print  string
	answer *Answer
}

func (m memory) ClaimKey(_ context.Context, k Key, print string, _, _ time.Time) (*Answer, error) {
	v := m[k]
	switch {
	case v == nil:
		m[k] = &struct {
			print  string
			answer *Answer
		}{print: print}
		return nil, nil
	case v.print != print:
		return nil, ErrOther
	case v.answer == nil:
		return nil, ErrUnderway
	}
	return v.answer, nil
}

func (m memory) KeepAnswer(_ context.Context, k Key, a Answer) error { m[k].answer = &a; return nil }
func (m memory) ReleaseKey(_ context.Context, k Key) error           { delete(m, k); return nil }
func (m memory) ForgetKeys(context.Context, time.Time) error         { return nil }

type bench struct {
	*testing.T
	http.Handler
	doc  *Document
	made atomic.Int64
	fail error
	seen said
}

func smallAPI(t *testing.T) *bench {
	t.Helper()
	doc, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, doc: doc}
	r := &router{
		doc: doc, door: web.Door{People: oneSession{}, Log: slog.New(slog.DiscardHandler)}, keys: memory{}, public: web.NewLimiter(time.Hour, 3),
		problem: func(error) *web.Problem { return nil },
		handlers: map[string]handler{
			"list": func(c *call) (reply, error) { b.seen = c.said; return ok([]any{}), nil },
			"make": func(c *call) (reply, error) {
				if b.fail != nil {
					return reply{}, b.fail
				}
				b.made.Add(1)
				return reply{status: 201, body: json.RawMessage(c.body), location: "/things/a", version: 1}, nil
			},
			"change": func(c *call) (reply, error) {
				v, err := c.version()
				return reply{status: 200, version: v + 1}, err
			},
			"open": func(*call) (reply, error) { return reply{status: 200}, nil },
		},
	}
	mux := web.NewMux()
	if err := r.routes(mux); err != nil {
		t.Fatal(err)
	}
	b.Handler = mux
	return b
}

func (b *bench) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	b.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer li-token")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return w
}

// problem asks for something that must be refused with one kind of problem.
func (b *bench) problem(want web.Kind, w *httptest.ResponseRecorder) (faults []web.Fault) {
	b.Helper()
	var p struct {
		Type   string
		Status int
		Faults []web.Fault
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Type != want.Type() || w.Code != want.Status || p.Status != w.Code {
		b.Errorf("want %s, got %d %s", want.Name, w.Code, w.Body)
	}
	return p.Faults
}

func TestParametersAreChecked(t *testing.T) {
	b := smallAPI(t)
	if w := b.ask("GET", "/things?level=1,2&test=true&from=2026-01-01T00:00:00Z", ""); w.Code != 200 || len(b.seen.words("level")) != 2 || !*b.seen.flag("test") {
		t.Errorf("%d %s %v", w.Code, w.Body, b.seen)
	}
	faults := b.problem(web.Invalid, b.ask("GET", "/things?level=1,9&test=maybe&from=today&colour=red", ""))
	if len(faults) != 4 || faults[0].Field != "colour" || faults[1].Field != "from" || faults[2].Field != "level" || faults[3].Field != "test" {
		t.Errorf("%+v", faults)
	}
	b.problem(web.Invalid, b.ask("GET", "/things?test=true&test=false", ""))
	b.problem(web.Invalid, b.ask("PUT", "/things/A1", "", "If-Match", `"1"`))
}

func TestBodiesAreChecked(t *testing.T) {
	b := smallAPI(t)
	key := []string{"Idempotency-Key", "k"}
	faults := b.problem(web.Invalid, b.ask("POST", "/things", `{"level":"x","colour":1}`, key...))
	if len(faults) != 3 {
		t.Errorf("%+v", faults)
	}
	b.problem(web.Malformed, b.ask("POST", "/things", `{`, key...))
	b.problem(web.TooLarge, b.ask("POST", "/things", `{"name":"`+strings.Repeat("x", 200)+`"}`, key...))
	b.problem(web.WrongMedia, b.ask("POST", "/things", `name=x`, append(key, "Content-Type", "text/plain")...))
	if b.made.Load() != 0 {
		t.Error("something was made")
	}
}

func TestWhoAsks(t *testing.T) {
	b := smallAPI(t)
	b.problem(web.LoginNeeded, b.ask("GET", "/things", "", "Authorization", "Bearer stolen"))
	cookie := []string{"Authorization", "", "Cookie", "eastgate=li-token", "Idempotency-Key", "k"}
	b.problem(web.Forged, b.ask("POST", "/things", `{"name":"x"}`, cookie...))
	if w := b.ask("POST", "/things", `{"name":"x"}`, append(cookie, "X-CSRF-Token", "csrf")...); w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for range 3 {
		if w := b.ask("GET", "/open", "", "Authorization", ""); w.Code != 200 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	b.problem(web.TooMany, b.ask("GET", "/open", "", "Authorization", ""))
}

func TestARequestIsDoneOnce(t *testing.T) {
	b := smallAPI(t)
	b.problem(web.Unkeyed, b.ask("POST", "/things", `{"name":"x"}`))
	b.fail = errors.New("disk full")
	b.problem(web.Broken, b.ask("POST", "/things", `{"name":"x"}`, "Idempotency-Key", "k"))
	b.fail = nil
	for range 3 {
		w := b.ask("POST", "/things", `{"name":"x"}`, "Idempotency-Key", "k")
		if w.Code != 201 || w.Body.String() != `{"name":"x"}` || w.Header().Get("Location") != "/things/a" || w.Header().Get("ETag") != `"1"` {
			t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
		}
	}
	if n := b.made.Load(); n != 1 {
		t.Errorf("made %d times", n)
	}
	b.problem(web.KeyReused, b.ask("POST", "/things", `{"name":"y"}`, "Idempotency-Key", "k"))
	if w := b.ask("POST", "/things", `{"name":"y"}`, "Idempotency-Key", "k", "Authorization", "Bearer wang-token"); w.Code != 201 || b.made.Load() != 2 {
		t.Errorf("somebody else's key is in the way: %d %s", w.Code, w.Body)
	}
}

func TestAChangeNamesItsVersion(t *testing.T) {
	b := smallAPI(t)
	b.problem(web.Unversioned, b.ask("PUT", "/things/a", ""))
	b.problem(web.Malformed, b.ask("PUT", "/things/a", "", "If-Match", "7"))
	if w := b.ask("PUT", "/things/a", "", "If-Match", `"7"`); w.Code != 200 || w.Header().Get("ETag") != `"8"` {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestADocumentThatCannotBeKeptIsRefused(t *testing.T) {
	for name, change := range map[string][2]string{
		"an older version":         {"openapi: 3.1.0", "openapi: 3.0.3"},
		"a reference to nothing":   {`{$ref: "#/components/schemas/Things"}`, `{$ref: "#/components/schemas/Nothing"}`},
		"a list that repeats":      {"explode: false", "explode: true"},
		"a parameter of objects":   {"{type: boolean}", "{type: object}"},
		"an operation for nobody":  {"operationId: make\n      x-rights: []", "operationId: make"},
		"a right of nobody":        {"operationId: make\n      x-rights: []", "operationId: make\n      x-rights: [moon.see]"},
		"a wrong schema":           {"minimum: 1", "minimum: low"},
		"an operation without zh":  {"x-zh: 全部", "x-note: x"},
		"an operation without one": {"operationId: list", "x-note: list"},
	} {
		if _, err := Parse([]byte(strings.Replace(small, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestHandlersAndDocumentAreOneSet(t *testing.T) {
	doc, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	r := &router{doc: doc, handlers: map[string]handler{"list": nil, "extra": nil}, public: web.NewLimiter(time.Hour, 1)}
	err = r.routes(web.NewMux())
	for _, want := range []string{"make", "change", "open", "extra"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
