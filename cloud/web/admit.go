package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"eastgate/cloud/access"
)

// Refusals writes down whom a route was refused to.
type Refusals interface {
	// Refused is told who wanted what with a request, and which right was missing.
	Refused(ctx context.Context, who access.User, request string, missing access.Right, from string) error
}

// Admit is asked once for each request to a route for people, before its handler: who
// is it, does the request come from the session's own page, and do the rights open the
// route. It is the one place that answers this, for pages and for the API.
func (d Door) Admit(r *http.Request, route Route) (access.Session, *Problem) {
	s, err := d.Session(r)
	switch {
	case errors.Is(err, access.ErrCredentials):
		return s, LoginNeeded.With("a session's cookie, or Authorization: Bearer with its token")
	case err != nil:
		d.Log.Error("session cannot be looked up", "err", err)
		return s, Broken.With("the session cannot be looked up")
	case route.Changes() && !Own(r, s):
		return s, Forged.With("X-CSRF-Token is missing or wrong, or the request comes from another page")
	case s.Half(time.Now()) && !route.Half:
		return s, Second(s)
	case !route.Allows(s.User):
		return s, d.refuse(r, s.User, route)
	case route.Second && !s.Fresh(time.Now()):
		return s, Second(s)
	}
	return s, nil
}

// AsksSecond is a header of a page that asks for a second factor instead of what was
// asked for: it says which problem that is.
const AsksSecond = "Eastgate-Problem"

// Second asks for a second factor, and says whether the person has one.
func Second(s access.Session) *Problem {
	p := SecondNeeded.With("show a second factor: POST /api/v1/session/second")
	if s.User.Factors == 0 {
		p.Detail = "set a second factor up first: POST /api/v1/me/factors, then show its code"
	}
	p.More = map[string]any{"enrolled": s.User.Factors > 0}
	return p
}

// refuse says who has the right, once the refusal has been written down.
func (d Door) refuse(r *http.Request, u access.User, route Route) *Problem {
	missing := route.Rights[0]
	if d.Refusals != nil {
		if err := d.Refusals.Refused(r.Context(), u, r.Method+" "+r.URL.Path, missing, From(r)); err != nil {
			d.Log.Error("a refusal cannot be written down", "err", err)
			return Broken.With("the register does not answer")
		}
	}
	p := Forbidden.With("it takes the right " + string(missing))
	p.More = map[string]any{"roles": access.RolesWith(missing)}
	return p
}
