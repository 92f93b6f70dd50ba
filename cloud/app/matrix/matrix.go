// Package matrix asks a whole cloud for every route as every role, and holds what it
// answers against what the route declares and the table of rights says.
//
// It promises that nothing is left out: routes come from the cloud's own handler, which
// reaches nothing undeclared, and roles from package access. What is expected is
// computed from the two tables; what is got are answers over HTTP.
package matrix

import (
	"context"
	"fmt"

	"eastgate/cloud/access"
	"eastgate/cloud/web"
)

// A Verdict is what became of a request.
type Verdict string

// The verdicts. In is any answer of the route's own, be it that there is no such thing.
const (
	In        Verdict = "in"
	Login     Verdict = "login"     // log in first
	Forbidden Verdict = "forbidden" // the role does not open it
	Forged    Verdict = "forged"    // not from the session's own page
)

// A Result is what a run found.
type Result struct {
	Routes, Roles, Checked int
	Wrong                  []string // one line for each answer that is not the one expected
}

// Nobody is who has not logged in, beside the roles.
const Nobody access.Role = "nobody"

// Want computes what a route owes to a role. held is the account that holds the role
// alone; nil when the role cannot log in.
func Want(r web.Route, held *access.User) Verdict {
	switch {
	case r.Class == web.Public:
		return In
	case r.Class == web.Machine, r.Class == web.Local, held == nil:
		return Login
	case !r.Allows(*held):
		return Forbidden
	}
	return In
}

// Run builds a cloud with an account for each role in an empty folder and asks it for
// everything.
func Run(ctx context.Context, dir string) (Result, error) {
	s, err := open(ctx, dir)
	if err != nil {
		return Result{}, err
	}
	out, err := s.walk(ctx)
	if closed := s.close(); err == nil {
		err = closed
	}
	return out, err
}

func (s *site) walk(ctx context.Context) (Result, error) {
	routes := s.cloud.Handler().Routes()
	subjects := append([]access.Role{Nobody}, access.Roles...)
	out := Result{Routes: len(routes), Roles: len(subjects)}
	for _, role := range subjects {
		who, err := s.visitor(ctx, role)
		if err != nil {
			return out, fmt.Errorf("%s: %w", role, err)
		}
		for _, route := range routes {
			want := Want(route, who.user)
			got, err := who.ask(ctx, route, genuine)
			if err != nil {
				return out, fmt.Errorf("%s as %s: %w", route.Pattern, role, err)
			}
			out.Checked++
			if got != want {
				out.Wrong = append(out.Wrong, fmt.Sprintf("%s as %s: %s, want %s", route.Pattern, role, got, want))
			}
			if !route.Changes() || route.Class == web.Machine {
				continue
			}
			n, wrong, err := who.forge(ctx, route, want)
			if err != nil {
				return out, fmt.Errorf("forged %s as %s: %w", route.Pattern, role, err)
			}
			out.Checked += n
			out.Wrong = append(out.Wrong, wrong...)
		}
	}
	return out, nil
}

// forge sends a change as a page of somebody else's has a browser send it.
func (v *visitor) forge(ctx context.Context, route web.Route, genuineGets Verdict) (n int, wrong []string, err error) {
	for _, how := range []manner{crossSite, otherOrigin, noToken} {
		want := Forged
		if how == noToken {
			switch { // where nobody has logged in, there is nothing to forge
			case route.Class == web.Public:
				continue
			case v.user == nil:
				want = genuineGets
			}
		}
		got, err := v.ask(ctx, route, how)
		if err != nil {
			return n, wrong, err
		}
		n++
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s as %s, %s: %s, want %s", route.Pattern, v.role, how, got, want))
		}
	}
	return n, wrong, nil
}
