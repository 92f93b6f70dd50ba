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
	"time"

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
	Second    Verdict = "second"    // show a second factor first
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
// alone, nil when the role cannot log in; shown says that it showed a second factor a
// moment ago.
func Want(r web.Route, held *access.User, shown bool) Verdict {
	switch {
	case r.Class == web.Public:
		return In
	case r.Class == web.Machine, r.Class == web.Local, held == nil:
		return Login
	case !shown && held.Administers(time.Now()) && !r.Half:
		if r.Socket {
			return Login // its notices know no more
		}
		return Second
	case !r.Allows(*held):
		return Forbidden
	case !shown && r.Second:
		return Second
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
		for _, shown := range []bool{false, true} { // without a second factor, and with
			who, err := s.visitor(ctx, role, shown)
			if err != nil {
				return out, fmt.Errorf("%s: %w", role, err)
			}
			for _, route := range routes {
				if err := who.check(ctx, route, &out); err != nil {
					return out, fmt.Errorf("%s as %s: %w", route.Pattern, who, err)
				}
			}
			who.client.CloseIdleConnections()
			if who.user == nil {
				break // there is nothing to show
			}
		}
	}
	return out, nil
}

// check asks for one route, and when it changes something also as a forger would.
func (v *visitor) check(ctx context.Context, route web.Route, out *Result) error {
	want := Want(route, v.user, v.shown)
	got, err := v.ask(ctx, route, genuine)
	if err != nil {
		return err
	}
	out.Checked++
	if got != want {
		out.Wrong = append(out.Wrong, fmt.Sprintf("%s as %s: %s, want %s", route.Pattern, v, got, want))
	}
	if !route.Changes() || route.Class == web.Machine {
		return nil
	}
	n, wrong, err := v.forge(ctx, route, want)
	out.Checked += n
	out.Wrong = append(out.Wrong, wrong...)
	return err
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
			wrong = append(wrong, fmt.Sprintf("%s as %s, %s: %s, want %s", route.Pattern, v, how, got, want))
		}
	}
	return n, wrong, nil
}
