package secret

import (
	"reflect"
	"slices"
)

// Files are the files that a configuration names as secrets, in order and once each.
func Files(config any) []string {
	var out []string
	collect(reflect.ValueOf(config), &out)
	slices.Sort(out)
	return slices.Compact(out)
}

func collect(v reflect.Value, out *[]string) {
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
			if file := v.FieldByName("File").String(); file != "" {
				*out = append(*out, file)
			}
			return
		}
		for i := range v.NumField() {
			collect(v.Field(i), out)
		}
	}
}
