package web

import (
	"context"
	"errors"
	"net/http"

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
	case !route.Allows(s.User):
		return s, d.refuse(r, s.User, route)
	}
	return s, nil
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
