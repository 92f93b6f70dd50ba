package secret

import (
	"reflect"
	"slices"
)

// Files are the files that a configuration names as secrets, in order and once each.
func Files(config any) []string {
	return named(config, func(r Ref) string { return r.File })
}

// Credentials are the names of those that the service manager is to give.
func Credentials(config any) []string {
	return named(config, func(r Ref) string { return r.Credential })
}

func named(config any, by func(Ref) string) []string {
	var refs []Ref
	collect(reflect.ValueOf(config), &refs)
	var out []string
	for _, r := range refs {
		if name := by(r); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func collect(v reflect.Value, out *[]Ref) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collect(v.Elem(), out)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			collect(v.Index(i), out)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(v.MapIndex(key), out)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Ref]() {
			*out = append(*out, Ref{v.Field(0).String(), v.Field(1).String(), v.Field(2).String()}) // also of fields that are not exported
			return
		}
		for i := range v.NumField() {
			collect(v.Field(i), out)
		}
	}
}
