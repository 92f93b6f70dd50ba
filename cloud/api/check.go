package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"eastgate/cloud/web"
)

// said is what a request gave, checked and in its types: string, int64, bool, or a
// []string.
type said map[string]any

func (s said) word(name string) string    { v, _ := s[name].(string); return v }
func (s said) words(name string) []string { v, _ := s[name].([]string); return v }

func (s said) flag(name string) *bool {
	if v, ok := s[name].(bool); ok {
		return &v
	}
	return nil
}

// params checks what stands in path, query and headers against the operation. All
// faults come at once.
func (o *Operation) params(r *http.Request) (said, []web.Fault) {
	var faults []web.Fault
	out := said{}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, []web.Fault{{In: "query", Field: "", Detail: "cannot be read: " + err.Error()}}
	}
	known := map[string]bool{"lang": true} // of the language that people read
	for _, p := range o.Params {
		var raw string
		var there bool
		switch p.In {
		case "path":
			raw, there = r.PathValue(p.Name), true
		case "query":
			known[p.Name] = true
			raw, there = query.Get(p.Name), query.Get(p.Name) != ""
			if len(query[p.Name]) > 1 {
				faults = append(faults, web.Fault{In: p.In, Field: p.Name, Detail: "is there twice; several values are divided by commas"})
				continue
			}
		case "header":
			raw = r.Header.Get(p.Name)
			there = raw != ""
		}
		if !there {
			if p.Required && p.In != "header" { // a missing header is a problem of its own
				faults = append(faults, web.Fault{In: p.In, Field: p.Name, Detail: "is needed"})
			}
			continue
		}
		v, err := p.value(raw)
		if err != nil {
			faults = append(faults, web.Fault{In: p.In, Field: p.Name, Detail: err.Error()})
			continue
		}
		out[p.Name] = v
	}
	for name := range query {
		if !known[name] {
			faults = append(faults, web.Fault{In: "query", Field: name, Detail: "is not known here"})
		}
	}
	slices.SortFunc(faults, func(a, b web.Fault) int { return strings.Compare(a.Field, b.Field) })
	return out, faults
}

// value reads one value and checks it against its schema.
func (p *Param) value(raw string) (any, error) {
	var v, checked any
	if p.List {
		words, items := strings.Split(raw, ","), []any{}
		for _, w := range words {
			one, err := p.scalar(w)
			if err != nil {
				return nil, err
			}
			items = append(items, one)
		}
		v, checked = words, items
	} else {
		one, err := p.scalar(raw)
		if err != nil {
			return nil, err
		}
		v, checked = one, one
	}
	if err := p.schema.Validate(checked); err != nil {
		return nil, errors.New(strings.Join(reasons(err), "; "))
	}
	return v, nil
}

func (p *Param) scalar(raw string) (any, error) {
	switch p.Type {
	case "integer":
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%.40q is no whole number", raw)
		}
		return n, nil
	case "boolean":
		if raw != "true" && raw != "false" {
			return nil, fmt.Errorf("%.40q is neither true nor false", raw)
		}
		return raw == "true", nil
	}
	return raw, nil
}

// read takes the body in, whole and bounded, and checks it.
func (o *Operation) read(r *http.Request) ([]byte, *web.Problem) {
	if o.Body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, o.Body.Max))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return nil, web.TooLarge.With(fmt.Sprintf("at most %d bytes are taken", o.Body.Max))
	case err != nil:
		return nil, web.Malformed.With("the body ended too early")
	case len(data) == 0 && !o.Body.Required:
		return nil, nil
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || !slices.Contains(o.Body.Media, media) {
		return nil, web.WrongMedia.With(fmt.Sprintf("Content-Type %.60q, want %s", r.Header.Get("Content-Type"), strings.Join(o.Body.Media, " or ")))
	}
	if media != "application/json" {
		return data, nil
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, web.Malformed.With("the body is no JSON: " + err.Error())
	}
	if err := o.Body.schema.Validate(v); err != nil {
		p := web.Invalid.With("the body does not fit")
		p.Faults = bodyFaults(err)
		return nil, p
	}
	return data, nil
}

// english is how the schema library speaks; people read our own pages.
var english = message.NewPrinter(language.English)

// bodyFaults are the innermost reasons, each with the place it is about.
func bodyFaults(err error) []web.Fault {
	var out []web.Fault
	for _, leaf := range leaves(err) {
		out = append(out, web.Fault{In: "body", Field: pointer(leaf.InstanceLocation...), Detail: leaf.ErrorKind.LocalizedString(english)})
	}
	return out
}

func reasons(err error) []string {
	var out []string
	for _, leaf := range leaves(err) {
		out = append(out, leaf.ErrorKind.LocalizedString(english))
	}
	return out
}

func leaves(err error) []*jsonschema.ValidationError {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return nil
	}
	if len(v.Causes) == 0 {
		return []*jsonschema.ValidationError{v}
	}
	var out []*jsonschema.ValidationError
	for _, c := range v.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// Conforms reports whether an answer is one that the document allows.
func (o *Operation) Conforms(status int, media string, body []byte) error {
	want, ok := o.Responses[strconv.Itoa(status)]
	if !ok {
		if want, ok = o.Responses["default"]; !ok || status < 400 {
			return fmt.Errorf("%s: the document has no answer %d", o.ID, status)
		}
	}
	media, _, _ = mime.ParseMediaType(media) //nolint:errcheck // an unreadable one differs
	switch {
	case want.Media == "" && len(body) > 0:
		return fmt.Errorf("%s: answer %d has a body, the document none", o.ID, status)
	case want.Media != "" && media != want.Media && !strings.Contains(want.Media, "*"):
		return fmt.Errorf("%s: answer %d is %q, the document says %q", o.ID, status, media, want.Media)
	case want.schema == nil:
		return nil
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: answer %d: %w", o.ID, status, err)
	}
	if err := want.schema.Validate(v); err != nil {
		return fmt.Errorf("%s: answer %d: %w\n%.400s", o.ID, status, err, body)
	}
	return nil
}
