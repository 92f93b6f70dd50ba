package access

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/shared/event"
)

// A Grant gives an account a role, somewhere, for a while.
type Grant struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Role    Role   `json:"role"`
	// Scope is where it holds: a path and all below it (dongguan/c3), a unit's own
	// matters (unit:garden-property), or everywhere when empty.
	Scope string `json:"scope"`
	// Classes are the classes it holds for: keys, or all of a domain as fire.*; none
	// means all.
	Classes   []string   `json:"classes,omitempty"`
	ValidTo   *time.Time `json:"valid_to,omitempty"` // it ends by itself
	GrantedBy string     `json:"granted_by"`
	GrantedAt time.Time  `json:"granted_at"`
	RevokedBy string     `json:"revoked_by,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
}

// unitScope begins the scope of a unit's own matters.
const unitScope = "unit:"

// Unit returns the unit whose matters the grant is for, if it is for one.
func (g Grant) Unit() (id string, ok bool) { return strings.CutPrefix(g.Scope, unitScope) }

// Holds reports whether the grant is in force at a time.
func (g Grant) Holds(now time.Time) bool {
	return g.RevokedAt == nil && (g.ValidTo == nil || now.Before(*g.ValidTo))
}

// Covers reports whether an object is within the grant's scope and classes.
func (g Grant) Covers(o Object) bool {
	if o.any {
		return true
	}
	if len(g.Classes) > 0 && !slices.ContainsFunc(g.Classes, func(c string) bool { return coversClass(c, o.Class) }) {
		return false
	}
	if unit, ok := g.Unit(); ok {
		return slices.Contains(o.Units, unit)
	}
	return within(o.Place, g.Scope)
}

// within reports whether path is dir or below it; all is below nothing.
func within(path, dir string) bool {
	return dir == "" || path == dir || strings.HasPrefix(path, dir+"/")
}

func coversClass(granted, class string) bool {
	if domain, ok := strings.CutSuffix(granted, "*"); ok {
		return strings.HasPrefix(class, domain)
	}
	return granted == class
}

// Validate reports every fault of what a grant says, as it is asked for.
func (g Grant) Validate(now time.Time) error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if !event.ValidName(g.Account) {
		bad("account %q: a name has %s", g.Account, event.NameRule)
	}
	if !g.Role.Known() {
		bad("role %q: one of %v", g.Role, Roles)
	}
	path := g.Scope
	if unit, ok := g.Unit(); ok {
		path = unit
		if strings.Contains(unit, "/") {
			bad("scope %q: a unit has no path", g.Scope)
		}
	}
	if g.Scope != "" && slices.ContainsFunc(strings.Split(path, "/"), func(s string) bool { return !event.ValidName(s) }) {
		bad("scope %q: want a path as dongguan/c3, or unit:ID; names have %s", g.Scope, event.NameRule)
	}
	if g.Role.Administers() && (g.Scope != "" || len(g.Classes) > 0) {
		bad("role %s: an administrator's grant has neither scope nor classes", g.Role)
	}
	for _, c := range g.Classes {
		domain, rest, ok := strings.Cut(c, ".")
		if !ok || !event.ValidName(domain) || (rest != "*" && !event.ValidName(rest)) {
			bad("class %q: want a key as fire.smoke, or fire.*", c)
		}
	}
	if g.ValidTo != nil && !g.ValidTo.After(now) {
		bad("valid_to %s: is over", g.ValidTo.Format(time.RFC3339))
	}
	return errors.Join(faults...)
}
