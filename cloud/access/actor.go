package access

import (
	"slices"
	"time"
)

// An Actor is somebody with the roles that hold for one incident.
type Actor struct {
	Name, Unit string
	Roles      []Role
}

// A Scope is what somebody may see of a list: everything, or what is at or below a
// path, or what a unit looks after, each of the classes named (none means all); and
// besides what each of Or shows. The zero Scope shows nothing.
type Scope struct {
	All                   bool
	Paths, Units, Classes []string
	Or                    []Scope
}

// ActorFor returns somebody with the roles that hold for an object: an incident's
// place, class and units.
func ActorFor(u User, o Object) Actor {
	a, now := Actor{Name: u.Name, Unit: u.Unit}, time.Now()
	for _, g := range u.Grants {
		if g.Holds(now) && g.Covers(o) && !slices.Contains(a.Roles, g.Role) {
			a.Roles = append(a.Roles, g.Role)
		}
	}
	return a
}

// ScopeOf returns what of a list somebody may see, be it in full or its public side.
func ScopeOf(u User) Scope { return ScopeFor(u, SeePublic) }

// ScopeFor returns where somebody has a right. Grants for different classes stay
// apart: fire at one place and parking at another is neither at both.
func ScopeFor(u User, right Right) Scope {
	var parts []Scope
	for _, g := range holding(u, right, Anywhere, time.Now()) {
		at := slices.IndexFunc(parts, func(s Scope) bool { return slices.Equal(s.Classes, g.Classes) })
		if at < 0 {
			at, parts = len(parts), append(parts, Scope{Classes: g.Classes})
		}
		if unit, ok := g.Unit(); ok {
			parts[at].Units = append(parts[at].Units, unit)
		} else if g.Scope == "" {
			parts[at].All = true
		} else {
			parts[at].Paths = append(parts[at].Paths, g.Scope)
		}
	}
	if len(parts) == 0 {
		return Scope{}
	}
	parts[0].Or = parts[1:]
	return parts[0]
}

// Empty reports whether a scope shows nothing.
func (s Scope) Empty() bool {
	return !s.All && len(s.Paths) == 0 && len(s.Units) == 0 && !slices.ContainsFunc(s.Or, func(or Scope) bool { return !or.Empty() })
}

// Shows reports whether an object is within a scope.
func (s Scope) Shows(o Object) bool {
	class := len(s.Classes) == 0 || slices.ContainsFunc(s.Classes, func(c string) bool { return coversClass(c, o.Class) })
	place := s.All || slices.ContainsFunc(s.Paths, func(p string) bool { return within(o.Place, p) }) ||
		slices.ContainsFunc(s.Units, func(id string) bool { return slices.Contains(o.Units, id) })
	return class && place || slices.ContainsFunc(s.Or, func(or Scope) bool { return or.Shows(o) })
}
