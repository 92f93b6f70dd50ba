package api

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// The description of the API, written once: routes, checks and the page are made
// from it.
//
//go:embed openapi.yaml
var description []byte

// A Document is an OpenAPI 3.1 description that requests are checked against.
type Document struct {
	Operations []*Operation // in the order of the file's paths, by method
	Title      string
	JSON       []byte // as it is given to programs
	root       map[string]any
}

// An Operation is one method of one path.
type Operation struct {
	ID, Method, Path string
	Tag              string
	Summary          string         // English
	Chinese          string         // x-zh
	Public           bool           // nobody needs to log in
	Half, Second     bool           // x-half, x-second; see web.Route
	Rights           []access.Right // else one of these (x-rights); without any, a session is enough
	Params           []*Param
	Body             *Body
	Responses        map[string]*Response // by status, or "default"
}

// A Param is what comes in the path, the query or a header.
type Param struct {
	Name, In, About string
	Required        bool
	Type            string // of the value, or of a list's items
	List            bool   // several, divided by commas (style form, explode false)
	schema          *jsonschema.Schema
}

// A Body is what is sent: JSON that is checked, or another form that is only bounded.
type Body struct {
	Required bool
	Media    []string
	Max      int64 // bytes (x-max-bytes)
	schema   *jsonschema.Schema
}

// A Response is what may be answered.
type Response struct {
	About string
	Media string
	// schema is nil where the answer is no JSON.
	schema *jsonschema.Schema
}

// defaultMax bounds a body that says nothing else, in bytes.
const defaultMax = 64 << 10

var methods = []string{"get", "put", "post", "patch", "delete"}

// Load reads the API's own description.
func Load() (*Document, error) { return Parse(description) }

// Parse reads a description. What it cannot use is an error: a check that is not
// made must not look as if it were.
func Parse(text []byte) (*Document, error) {
	var plain any
	if err := yaml.Unmarshal(text, &plain); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	data, err := json.Marshal(plain)
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	p := &parser{compiler: jsonschema.NewCompiler(), root: asObject(root)}
	p.compiler.DefaultDraft(jsonschema.Draft2020)
	p.compiler.AssertFormat()
	if err := p.compiler.AddResource(home, root); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	d := &Document{JSON: data, root: p.root, Title: word(asObject(p.root["info"])["title"])}
	if v := word(p.root["openapi"]); !strings.HasPrefix(v, "3.1.") {
		return nil, fmt.Errorf("openapi: version %q, want 3.1", v)
	}
	paths := asObject(p.root["paths"])
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := asObject(paths[path])
		for _, method := range methods {
			if raw, ok := item[method]; ok {
				d.Operations = append(d.Operations, p.operation(path, method, asObject(raw)))
			}
		}
	}
	return d, p.err
}

// home is where the document stands for references within it.
const home = "eastgate:openapi.json"

type parser struct {
	compiler *jsonschema.Compiler
	root     map[string]any
	err      error
}

func (p *parser) fail(format string, a ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("openapi: "+format, a...)
	}
}

func asObject(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func word(v any) string {
	s, _ := v.(string)
	return s
}

// pointer makes a JSON pointer (RFC 6901), written as a fragment of a URI.
func pointer(parts ...string) string {
	var b strings.Builder
	for _, s := range parts {
		s = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(s)
		b.WriteString("/" + s)
	}
	return b.String()
}

// follow goes from a reference to what it names; at changes with it.
func (p *parser) follow(v map[string]any, at []string) (map[string]any, []string) {
	ref := word(v["$ref"])
	if ref == "" {
		return v, at
	}
	at = strings.Split(strings.TrimPrefix(ref, "#/"), "/")
	v = p.root
	for _, step := range at {
		v = asObject(v[step])
	}
	if v == nil {
		p.fail("nothing is at %s", ref)
	}
	return v, at
}

func (p *parser) schema(at ...string) *jsonschema.Schema {
	s, err := p.compiler.Compile(home + "#" + pointer(at...))
	if err != nil {
		p.fail("%s: %w", strings.Join(at, " "), err)
	}
	return s
}

// rights reads whom an operation is for. One that does not say is an error.
func (p *parser) rights(o *Operation, raw map[string]any) {
	declared, ok := raw["x-rights"].([]any)
	if ok == o.Public {
		p.fail("%s %s: wants x-rights, or security: [] when it is for everybody", o.Method, o.Path)
	}
	o.Half, o.Second = raw["x-half"] == true, raw["x-second"] == true
	known := access.Rights()
	for _, v := range declared {
		right := access.Right(word(v))
		if !slices.Contains(known, right) {
			p.fail("%s %s: x-rights: nobody has %q", o.Method, o.Path, right)
		}
		o.Rights = append(o.Rights, right)
	}
}

// Route is the way to the operation.
func (o *Operation) Route() web.Route {
	pattern := o.Method + " " + o.Path
	if o.Public {
		return web.Open(pattern)
	}
	return web.Route{Pattern: pattern, Class: web.Person, Rights: o.Rights, Half: o.Half, Second: o.Second}
}

func (p *parser) operation(path, method string, raw map[string]any) *Operation {
	at := []string{"paths", path, method}
	o := &Operation{
		ID: word(raw["operationId"]), Method: strings.ToUpper(method), Path: path, Summary: word(raw["summary"]), Chinese: word(raw["x-zh"]),
		Responses: map[string]*Response{},
	}
	if tags := list(raw["tags"]); len(tags) > 0 {
		o.Tag = word(tags[0])
	}
	if security, ok := raw["security"]; ok && len(list(security)) == 0 {
		o.Public = true
	}
	for i, v := range list(raw["parameters"]) {
		o.Params = append(o.Params, p.param(asObject(v), append(at, "parameters", fmt.Sprint(i))))
	}
	if body, ok := raw["requestBody"]; ok {
		o.Body = p.body(asObject(body), append(at, "requestBody"))
	}
	for status, v := range asObject(raw["responses"]) {
		o.Responses[status] = p.response(asObject(v), append(at, "responses", status))
	}
	p.rights(o, raw)
	if o.ID == "" || o.Summary == "" || o.Chinese == "" || len(o.Responses) == 0 {
		p.fail("%s %s: wants operationId, summary, x-zh and responses", o.Method, path)
	}
	return o
}

func (p *parser) param(v map[string]any, at []string) *Param {
	v, at = p.follow(v, at)
	required, _ := v["required"].(bool)
	s, _ := p.follow(asObject(v["schema"]), nil)
	out := &Param{
		Name: word(v["name"]), In: word(v["in"]), About: word(v["description"]), Required: required, Type: word(s["type"]),
		schema: p.schema(slices.Concat(at, []string{"schema"})...),
	}
	if out.Type == "array" {
		items, _ := p.follow(asObject(s["items"]), nil)
		out.List, out.Type = true, word(items["type"])
		if explode, ok := v["explode"].(bool); !ok || explode {
			p.fail("parameter %s: lists are divided by commas: explode: false", out.Name)
		}
	}
	if !slices.Contains([]string{"string", "integer", "boolean"}, out.Type) || !slices.Contains([]string{"path", "query", "header"}, out.In) {
		p.fail("parameter %s: a %q in %q cannot be checked", out.Name, out.Type, out.In)
	}
	return out
}

func (p *parser) body(v map[string]any, at []string) *Body {
	v, at = p.follow(v, at)
	required, _ := v["required"].(bool)
	b := &Body{Required: required, Max: defaultMax}
	if n, ok := v["x-max-bytes"].(json.Number); ok {
		b.Max, _ = n.Int64() //nolint:errcheck // a test reads the document
	}
	content := asObject(v["content"])
	for _, media := range slices.Sorted(maps.Keys(content)) {
		b.Media = append(b.Media, media)
		if media == "application/json" {
			b.schema = p.schema(slices.Concat(at, []string{"content", media, "schema"})...)
		}
	}
	return b
}

func (p *parser) response(v map[string]any, at []string) *Response {
	v, at = p.follow(v, at)
	r := &Response{About: word(v["description"])}
	for media, m := range asObject(v["content"]) {
		r.Media = media
		if _, ok := asObject(m)["schema"]; ok && strings.HasSuffix(media, "json") {
			r.schema = p.schema(slices.Concat(at, []string{"content", media, "schema"})...)
		}
	}
	return r
}
