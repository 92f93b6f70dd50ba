package place

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"eastgate/shared/event"
)

// A Plan is what a list would change.
type Plan struct {
	Added   []Place // by path
	Changed []Place // as they will be, by path; what moves with its parent too
	Same    int     // lines that change nothing
}

// Empty reports whether nothing would change.
func (p Plan) Empty() bool { return len(p.Added)+len(p.Changed) == 0 }

// MakePlan says what a list changes on places that are there. Places that the list
// leaves out stay. The error joins every fault, each with its line.
func MakePlan(there []Place, rows []Row) (Plan, error) {
	t := tree{was: map[string]Place{}, rows: map[string]Row{}, parent: map[string]string{}, paths: map[string]string{}}
	for _, p := range there {
		t.was[p.Code] = p
		if up := Parent(p.Path); up != "" {
			t.parent[p.Code] = codeOf(up)
		}
	}
	t.take(rows)
	t.fit(rows)
	t.devices(rows)
	if len(t.faults) > 0 {
		return Plan{}, errors.Join(t.faults...)
	}
	return t.plan(), nil
}

func codeOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// A tree is the places that are there with a list over them.
type tree struct {
	was    map[string]Place // by code
	rows   map[string]Row   // by code
	parent map[string]string
	paths  map[string]string
	faults []error
}

func (t *tree) bad(line int, format string, a ...any) {
	t.faults = append(t.faults, fmt.Errorf("line %d: %w", line, fmt.Errorf(format, a...)))
}

func (t *tree) take(rows []Row) {
	for _, r := range rows {
		if other, twice := t.rows[r.Code]; twice {
			t.bad(r.Line, "code: %q is there already, on line %d", r.Code, other.Line)
			continue
		}
		t.rows[r.Code] = r
		t.parent[r.Code] = r.Parent
	}
}

func (t *tree) kind(code string) (Kind, bool) {
	if r, ok := t.rows[code]; ok {
		return r.Kind, true
	}
	p, ok := t.was[code]
	return p.Kind, ok
}

// fit checks that each line's place may stand where it stands.
func (t *tree) fit(rows []Row) {
	for _, r := range rows {
		allowed := inside[r.Kind]
		outer, known := t.kind(r.Parent)
		switch {
		case r.Kind == Community && r.Parent == "":
		case r.Kind == Community:
			t.bad(r.Line, "parent: a community stands in nothing")
		case r.Parent == "":
			t.bad(r.Line, "parent: a %s stands in one of %v", r.Kind, allowed)
		case !known:
			t.bad(r.Line, "parent: no place has the code %.60q", r.Parent)
		case !slices.Contains(allowed, outer):
			t.bad(r.Line, "parent: a %s cannot stand in a %s; it may in one of %v", r.Kind, outer, allowed)
		}
	}
	// A place that stays as it is must still fit what its parent becomes.
	for code, p := range t.was {
		if _, listed := t.rows[code]; listed || p.Kind == Community {
			continue
		}
		if outer, _ := t.kind(t.parent[code]); !slices.Contains(inside[p.Kind], outer) {
			t.bad(t.rows[t.parent[code]].Line, "kind: %s, a %s, stands in %s and cannot in a %s", code, p.Kind, t.parent[code], outer)
		}
	}
}

// path returns a place's path in a new tree without faults. It ends, for each kind
// stands in larger ones only.
func (t *tree) path(code string) string {
	if p, ok := t.paths[code]; ok {
		return p
	}
	p := code
	if up := t.parent[code]; up != "" {
		p = t.path(up) + "/" + code
	}
	t.paths[code] = p
	return p
}

// devices checks that each device hangs once.
func (t *tree) devices(rows []Row) {
	at := map[event.Source]string{}
	for code, p := range t.was {
		if _, listed := t.rows[code]; !listed && p.Device != "" {
			at[p.Device] = code
		}
	}
	for _, r := range rows {
		if r.Device == "" || t.rows[r.Code].Line != r.Line {
			continue
		}
		if other, taken := at[r.Device]; taken {
			t.bad(r.Line, "device: %s is that of %s", r.Device, other)
		}
		at[r.Device] = r.Code
	}
}

func (t *tree) plan() Plan {
	var plan Plan
	for code, r := range t.rows {
		p := r.Place
		p.Path = t.path(code)
		was, known := t.was[code]
		switch {
		case !known:
			plan.Added = append(plan.Added, p)
		case reflect.DeepEqual(was, p):
			plan.Same++
		default:
			plan.Changed = append(plan.Changed, p)
		}
	}
	for code, p := range t.was { // what moves with its parent
		if _, listed := t.rows[code]; !listed && t.path(code) != p.Path {
			p.Path = t.path(code)
			plan.Changed = append(plan.Changed, p)
		}
	}
	Sort(plan.Added)
	Sort(plan.Changed)
	return plan
}
