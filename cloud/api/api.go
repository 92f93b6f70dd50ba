// Package api is the cloud's interface for programs and for its own pages.
//
// It promises that what openapi.yaml says is what happens: routes are made from it,
// what a request brings is checked against it before anything is done, and tests
// hold every answer against it. A change needs the version it is about, and what
// creates something needs a key, so that a request that is sent twice is done once.
package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// A call is one request that fits the document.
type call struct {
	*http.Request
	op   *Operation
	who  access.Session // nobody when the operation is public
	said said
	body []byte
}

// A reply is what is answered: a value as JSON, or a stream that writes itself.
type reply struct {
	status   int
	body     any
	version  int64  // becomes the ETag
	location string // of what was created
	stream   func(w http.ResponseWriter) error
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

// A handler does one operation. An error that is no problem is a fault of ours.
type handler func(c *call) (reply, error)

// A router joins a document and handlers.
type router struct {
	doc      *Document
	door     web.Door
	keys     KeyStore
	handlers map[string]handler
	public   *web.Limiter
	problem  func(error) *web.Problem // errors of the parts → problems
}

// routes registers every operation. A document and handlers that are not the same
// set are an error.
func (t *router) routes(mux *web.Mux) error {
	missing := maps.Clone(t.handlers)
	var faults []error
	for _, op := range t.doc.Operations {
		h, ok := t.handlers[op.ID]
		if !ok {
			faults = append(faults, fmt.Errorf("operation %s has no handler", op.ID))
			continue
		}
		delete(missing, op.ID)
		at := t.serve(op, h)
		if op.Public {
			at = t.public.Limit(at)
		}
		mux.Handle(op.Route(), at)
	}
	for _, id := range slices.Sorted(maps.Keys(missing)) {
		faults = append(faults, fmt.Errorf("handler %s is not in the document", id))
	}
	return errors.Join(faults...)
}

// serve lets a request through to its handler in this order: who, from where, what.
func (t *router) serve(op *Operation, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, op: op}
		if p := t.admit(c); p != nil {
			t.refuse(w, op, p)
			return
		}
		answer, err := t.once(c, h)
		if err != nil {
			t.refuse(w, op, t.as(err))
			return
		}
		if err := answer.write(w); err != nil {
			t.door.Log.Warn("answer is cut off", "operation", op.ID, "err", err)
			panic(http.ErrAbortHandler) // half an answer must not look whole
		}
	})
}

func (t *router) admit(c *call) *web.Problem {
	if !c.op.Public {
		s, p := t.door.Admit(c.Request, c.op.Route())
		if p != nil {
			return p
		}
		c.who = s
	}
	var faults []web.Fault
	if c.said, faults = c.op.params(c.Request); len(faults) > 0 {
		p := web.Invalid.With("parameters do not fit")
		p.Faults = faults
		return p
	}
	for _, param := range c.op.Params {
		if _, there := c.said[param.Name]; !there && param.Required && param.In == "header" {
			return map[string]web.Kind{ifMatch: web.Unversioned, idempotencyKey: web.Unkeyed}[param.Name].With(param.About)
		}
	}
	var p *web.Problem
	c.body, p = c.op.read(c.Request)
	return p
}

// as makes a problem of an error.
func (t *router) as(err error) *web.Problem {
	var p *web.Problem
	if errors.As(err, &p) {
		return p
	}
	if p = t.problem(err); p != nil {
		return p
	}
	t.door.Log.Error("request failed", "err", err)
	return web.Broken.With("the cloud's database does not answer; it has been noted")
}

func (t *router) refuse(w http.ResponseWriter, op *Operation, p *web.Problem) {
	if p.Kind.Status >= http.StatusInternalServerError {
		t.door.Log.Error("request is refused", "operation", op.ID, "problem", p.Kind.Name, "detail", p.Detail)
	}
	p.Write(w)
}

func (a reply) write(w http.ResponseWriter) error {
	if a.version != 0 {
		w.Header().Set("ETag", etag(a.version))
	}
	if a.location != "" {
		w.Header().Set("Location", a.location)
	}
	if a.stream != nil {
		return a.stream(w)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return nil
	}
	data, err := json.Marshal(a.body)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, err = w.Write(data)
	return err
}
