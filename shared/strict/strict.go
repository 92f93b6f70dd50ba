// Package strict reads YAML configuration and reports every fault at once, each
// with its path: unknown keys, wrong types, values given twice. What a value
// means is for its owner to check afterwards.
//
// Anchors and merge keys (<<) work as templates; top-level keys that begin with
// "x-" are places to keep them and are otherwise ignored.
package strict

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// maxNodes bounds the work that a file can cause, aliases followed.
const maxNodes = 200_000

// maxDepth bounds nesting, so that an alias inside itself ends.
const maxDepth = 64

// ErrSyntax says that a document is no YAML at all: nothing of it was read, so what
// it lacks is not worth saying.
var ErrSyntax = errors.New("not YAML")

// Unreadable reports whether faults are of a document that is no YAML.
func Unreadable(faults []error) bool { return errors.Is(errors.Join(faults...), ErrSyntax) }

// Decode reads one YAML document into the struct that into points at. Fields
// that the document leaves out keep their value, so defaults go in first. The
// names of keys are those of the yaml tags; time.Duration is read as "10s".
func Decode(data []byte, into any) []error {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return []error{fmt.Errorf("%w: %w", ErrSyntax, err)}
	}
	if doc.Kind == 0 { // an empty file
		return nil
	}
	d := decoder{}
	d.value(doc.Content[0], reflect.ValueOf(into).Elem(), "", 0)
	return d.faults
}

// At puts a path before each fault, as in "cameras.yard.zones".
func At(path string, faults ...error) []error {
	out := make([]error, 0, len(faults))
	for _, f := range faults {
		if f != nil {
			out = append(out, fmt.Errorf("%s: %w", path, f))
		}
	}
	return out
}

// Within is At for faults that begin with a field name of their own.
func Within(path string, faults []error) []error {
	out := make([]error, 0, len(faults))
	for _, f := range faults {
		out = append(out, fmt.Errorf("%s.%w", path, f))
	}
	return out
}

type decoder struct {
	faults []error
	nodes  int
}

func (d *decoder) fault(n *yaml.Node, path, format string, a ...any) {
	if path == "" {
		path = "file"
	}
	d.faults = append(d.faults, fmt.Errorf("%s: line %d: %s", path, n.Line, fmt.Sprintf(format, a...)))
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (d *decoder) value(n *yaml.Node, v reflect.Value, path string, depth int) {
	if d.nodes++; d.nodes > maxNodes || depth > maxDepth {
		if d.nodes <= maxNodes+1 || depth == maxDepth+1 {
			d.fault(n, path, "nested too deep or too large")
		}
		return
	}
	if n.Kind == yaml.AliasNode {
		d.value(n.Alias, v, path, depth+1)
		return
	}
	if n.Tag == "!!null" {
		return // a key without a value keeps the default
	}
	switch {
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		d.value(n, v.Elem(), path, depth+1)
	case v.CanAddr() && v.Addr().Type().Implements(textType):
		d.text(n, v, path)
	case v.Kind() == reflect.Struct:
		d.mapping(n, path, depth, d.fields(v), v)
	case v.Kind() == reflect.Map:
		d.table(n, v, path, depth)
	case v.Kind() == reflect.Slice:
		d.list(n, v, path, depth)
	case v.Kind() == reflect.Array:
		d.array(n, v, path, depth)
	default:
		d.scalar(n, v, path)
	}
}

// fields maps the keys of a struct to its fields; inlined structs count as one.
func (d *decoder) fields(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		key, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case opts == "inline":
			for k, fv := range d.fields(v.Field(i)) {
				out[k] = fv
			}
		case key == "-" || !f.IsExported():
		case key == "":
			out[strings.ToLower(f.Name)] = v.Field(i)
		default:
			out[key] = v.Field(i)
		}
	}
	return out
}

func (d *decoder) mapping(n *yaml.Node, path string, depth int, fields map[string]reflect.Value, whole reflect.Value) {
	d.pairs(n, path, depth, whole, func(key string, kn, vn *yaml.Node) {
		f, ok := fields[key]
		if !ok {
			if depth == 0 && strings.HasPrefix(key, "x-") {
				return
			}
			d.fault(kn, join(path, key), "unknown key; known are %s", known(fields))
			return
		}
		d.value(vn, f, join(path, key), depth+1)
	})
}

func (d *decoder) table(n *yaml.Node, v reflect.Value, path string, depth int) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	d.pairs(n, path, depth, v, func(key string, _, vn *yaml.Node) {
		e := reflect.New(v.Type().Elem()).Elem()
		k := reflect.ValueOf(key).Convert(v.Type().Key())
		if old := v.MapIndex(k); old.IsValid() {
			e.Set(old)
		}
		d.value(vn, e, join(path, key), depth+1)
		v.SetMapIndex(k, e)
	})
}

// pairs calls each for every key of a mapping. What a merge key brings is read
// into whole first, so that the mapping's own keys win.
func (d *decoder) pairs(n *yaml.Node, path string, depth int, whole reflect.Value, each func(key string, kn, vn *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.fault(n, path, "want keys and values, not %s", describe(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			d.value(n.Content[i+1], whole, path, depth)
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		kn, vn := n.Content[i], n.Content[i+1]
		if kn.Tag == "!!merge" {
			continue
		}
		if kn.Kind != yaml.ScalarNode {
			d.fault(kn, path, "a key must be a word")
			continue
		}
		if seen[kn.Value] {
			d.fault(kn, join(path, kn.Value), "given twice")
			continue
		}
		seen[kn.Value] = true
		each(kn.Value, kn, vn)
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, path string, depth int) {
	if n.Kind != yaml.SequenceNode {
		d.fault(n, path, "want a list, not %s", describe(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(n.Content)))
	for i, en := range n.Content {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(en, e, fmt.Sprintf("%s[%d]", path, i), depth+1)
		v.Set(reflect.Append(v, e))
	}
}

func (d *decoder) array(n *yaml.Node, v reflect.Value, path string, depth int) {
	if n.Kind != yaml.SequenceNode || len(n.Content) != v.Len() {
		d.fault(n, path, "want a list of %d", v.Len())
		return
	}
	for i, en := range n.Content {
		d.value(en, v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fault(n, path, "want a word, not %s", describe(n))
		return
	}
	if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
		d.fault(n, path, "%v", err)
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		d.fault(n, path, "want %s, not %s", wanted(v), describe(n))
		return
	}
	if err := set(n, v); err != nil {
		d.fault(n, path, "want %s, not %.40q", wanted(v), n.Value)
	}
}

var errType = errors.New("wrong type")

func set(n *yaml.Node, v reflect.Value) error {
	if v.Type() == durationType {
		dur, err := time.ParseDuration(n.Value)
		if err != nil {
			return err
		}
		v.SetInt(int64(dur))
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
	case reflect.Bool:
		b, err := strconv.ParseBool(n.Value)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64, reflect.Int32:
		i, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil || v.OverflowInt(i) {
			return errType
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if err != nil {
			return err
		}
		v.SetFloat(f)
	default:
		return errType
	}
	return nil
}

func wanted(v reflect.Value) string {
	switch {
	case v.Type() == durationType:
		return "a duration such as 10s or 5m"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.Kind() == reflect.String:
		return "a word"
	case v.Kind() == reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	}
	return fmt.Sprintf("%.40q", n.Value)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func known(fields map[string]reflect.Value) string {
	keys := make([]string, 0, len(fields))
	for k := range fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}
