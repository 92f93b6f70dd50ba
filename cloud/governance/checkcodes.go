package governance

import (
	"fmt"
	"slices"
)

// overlay puts own rows before base rows, and leaves out the base rows of a list
// and class that own speaks of.
func overlay(base, own []Code) []Code {
	out := slices.Clone(own)
	for _, b := range base {
		if !slices.ContainsFunc(own, func(o Code) bool { return sameList(o, b) && o.Class == b.Class }) {
			out = append(out, b)
		}
	}
	return out
}

func sameList(a, b Code) bool {
	return a.Scheme == b.Scheme && a.Edition == b.Edition && a.Locality == b.Locality
}

// codes checks the mapping. Rows are counted as in the file that brings them: a
// second file's come first.
func (c *checker) codes(f file) {
	for i, row := range f.Codes {
		path := fmt.Sprintf("codes[%d]", i)
		c.code(path, f, row)
		for j, other := range f.Codes[:i] {
			if why := clash(row, other); why != "" {
				c.bad(path, "%s codes[%d]", why, j)
			}
		}
	}
}

func (c *checker) code(path string, f file, row Code) {
	if _, ok := f.Classes[row.Class]; !ok {
		c.bad(path+".class", "%q is no class", row.Class)
	}
	for _, need := range []struct{ name, value string }{{"scheme", row.Scheme}, {"edition", row.Edition}, {"name", row.Name}} {
		if need.value == "" {
			c.bad(path+"."+need.name, "is missing")
		}
	}
	if row.Kind != "matter" && row.Kind != "part" {
		c.bad(path+".kind", "%q is neither matter nor part", row.Kind)
	}
	if !codeText.MatchString(row.Code) {
		c.bad(path+".code", "%q is no code: 1 to 32 letters, digits, dots and dashes, kept as text", row.Code)
	}
	if !slices.Contains([]string{In, Out, Both}, row.Direction) {
		c.bad(path+".direction", "%q is none of in, out, both", row.Direction)
	}
	if row.ValidTo != "" && row.ValidTo < row.ValidFrom {
		c.bad(path+".valid_to", "%s is before valid_from", row.ValidTo)
	}
}

// clash says how two rows contradict each other, or nothing.
func clash(a, b Code) string {
	apart := a.ValidTo != "" && a.ValidTo < b.ValidFrom || b.ValidTo != "" && b.ValidTo < a.ValidFrom
	if !sameList(a, b) || apart {
		return ""
	}
	if a.Class == b.Class && a.Direction != In && b.Direction != In {
		return "sends the same class at the same time as"
	}
	if a.Kind == b.Kind && a.Code == b.Code && a.Direction != Out && b.Direction != Out {
		return "is understood at the same time as"
	}
	return ""
}
