package access

import (
	"fmt"
	"slices"
	"time"
)

// SamePerson reports whether two accounts are one person's, who then cannot be the
// second of two.
func SamePerson(a, b User) bool {
	return a.Name == b.Name || (a.Person != "" && a.Person == b.Person && a.Unit == b.Unit)
}

// fits reports why somebody may not give a grant to a person, or nil.
func fits(by, to User, g Grant) error {
	if SamePerson(by, to) {
		return ErrSelf
	}
	s, ok := standings[to.Party]
	if !ok || !slices.Contains(s.Roles, g.Role) {
		return fmt.Errorf("%w: people of a %s are no %s, but %v", ErrExcluded, s.EN, g.Role, s.Roles)
	}
	if err := reaches(s, to, g); err != nil {
		return err
	}
	now := time.Now()
	for _, held := range to.Grants {
		switch {
		case !held.Holds(now):
		case held.Role == g.Role && held.Scope == g.Scope && slices.Equal(held.Classes, g.Classes):
			return fmt.Errorf("%w: grant %s; revoke it first to change how long it holds", ErrExists, held.ID)
		case held.Role != g.Role && (held.Role.Administers() || g.Role.Administers()):
			return fmt.Errorf("%w: an administrator holds nothing else, and %s is %s", ErrExcluded, to.Name, held.Role)
		}
	}
	return nil
}

// reaches reports why a grant goes farther than the person's organisation.
func reaches(s Standing, to User, g Grant) error {
	unit, isUnit := g.Unit()
	switch {
	case isUnit && unit == to.Unit:
		return nil // its own matters
	case s.Reach == Everywhere:
		return nil
	case s.Reach == OwnPlaces && !isUnit && slices.ContainsFunc(to.Places, func(p string) bool { return within(g.Scope, p) }):
		return nil
	case s.Reach == OwnPlaces:
		return fmt.Errorf("%w: people of a %s have their own places only, unit:%s or below one of %q", ErrExcluded, s.EN, to.Unit, to.Places)
	}
	return fmt.Errorf("%w: people of a %s have their own matters only, unit:%s", ErrExcluded, s.EN, to.Unit)
}
