package store

import (
	"fmt"
	"strings"

	"eastgate/cloud/access"
)

// A clause gathers conditions and their values.
type clause struct {
	where []string
	args  []any
}

// bind returns the placeholder of a value.
func (c *clause) bind(v any) string {
	c.args = append(c.args, v)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *clause) add(format string, values ...any) {
	marks := make([]any, len(values))
	for i, v := range values {
		marks[i] = c.bind(v)
	}
	c.where = append(c.where, fmt.Sprintf(format, marks...))
}

// String is what follows WHERE.
func (c *clause) String() string {
	if len(c.where) == 0 {
		return "1 = 1"
	}
	return strings.Join(c.where, " AND ")
}

// in is column IN (…) for values, which must not be none.
func in[T ~string](c *clause, column string, values []T) string {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = c.bind(string(v))
	}
	return column + " IN (" + strings.Join(marks, ", ") + ")"
}

// scope is the condition under which rows with the columns place and class are
// within a scope; unit is the condition for its units, with one %s for their list.
func (c *clause) scope(s access.Scope, unit func(units []string) string) string {
	var any []string
	for _, part := range append([]access.Scope{s}, s.Or...) {
		if said := c.part(part, unit); said != "" {
			any = append(any, said)
		}
	}
	if len(any) == 0 {
		return "1 = 0"
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

// part is one part of a scope; empty when it shows nothing.
func (c *clause) part(s access.Scope, unit func(units []string) string) string {
	var where []string
	switch {
	case s.All:
		where = append(where, "1 = 1")
	default:
		for _, p := range s.Paths {
			where = append(where, fmt.Sprintf("place = %s OR %s", c.bind(p), c.begins("place", p+"/")))
		}
		if len(s.Units) > 0 {
			where = append(where, unit(s.Units))
		}
	}
	if len(where) == 0 {
		return ""
	}
	said := "(" + strings.Join(where, " OR ") + ")"
	if len(s.Classes) == 0 {
		return said
	}
	var classes []string
	for _, k := range s.Classes {
		if domain, ok := strings.CutSuffix(k, "*"); ok {
			classes = append(classes, c.begins("class", domain))
		} else {
			classes = append(classes, "class = "+c.bind(k))
		}
	}
	return "(" + said + " AND (" + strings.Join(classes, " OR ") + "))"
}

// begins is true for texts that begin so, whatever the database's order of letters.
func (c *clause) begins(column, with string) string {
	return fmt.Sprintf("substr(%s, 1, %d) = %s", column, len(with), c.bind(with))
}
