package api

import (
	"context"
	"errors"
	"slices"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/cloud/whistle"
)

// What not everybody may see is written into the register before it is shown, and so
// is that somebody was refused. Who may not see a thing is told that it is not there.

// find returns an incident that somebody may see, at least its public side, and the
// units that were whistled to.
func (a *API) find(ctx context.Context, u access.User, id string) (incident.Incident, []string, error) {
	i, err := a.Incidents.Get(ctx, id)
	if err != nil {
		return i, nil, err
	}
	asked, err := a.Whistles.Asked(ctx, []string{id})
	if err != nil {
		return i, nil, err
	}
	units := asked[id].Units
	if on := object(i, units...); !access.May(u, access.SeePublic, on) {
		return incident.Incident{}, nil, a.refused(ctx, u, register.Use{Right: access.SeePublic, On: on, Act: register.View, Object: "incident/" + id, Case: i.Number})
	}
	return i, units, nil
}

// asked returns which units were whistled to, for those who see what was whistled to
// theirs; for others it makes no difference.
func (a *API) asked(ctx context.Context, sees access.Scope, incidents []string) (map[string]whistle.Asked, error) {
	for _, part := range append([]access.Scope{sees}, sees.Or...) {
		if len(part.Units) > 0 {
			return a.Whistles.Asked(ctx, incidents)
		}
	}
	return nil, nil
}

// refused has a refusal written down, and says that there is nothing.
func (a *API) refused(ctx context.Context, u access.User, use register.Use) error {
	if err := a.Register.Use(ctx, u, use); err != nil && !onlyForbidden(err) {
		return err
	}
	return incident.ErrNotFound
}

// onlyForbidden reports whether an error is a refusal whose row was written: the
// register joins to it what went wrong with the row.
func onlyForbidden(err error) bool {
	joined, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // this very error's parts
	return errors.Is(err, access.ErrForbidden) && (!ok || len(joined.Unwrap()) == 1)
}

// Find returns what somebody sees of one incident. The words of a restricted class
// are shown here and nowhere else.
func (a *API) Find(ctx context.Context, u access.User, id string) (Incident, error) {
	i, asked, err := a.find(ctx, u, id)
	if err != nil {
		return Incident{}, err
	}
	v, on := a.View(u, i, asked...), object(i, asked...)
	if !a.restricted(i) || !access.May(u, access.SeeRestricted, on) {
		return v, nil
	}
	if err := a.Register.Use(ctx, u, register.Use{
		Right: access.SeeRestricted, On: on, Act: register.View, Object: "incident/" + id, Case: i.Number, Fields: []string{"text", "note", "result", "call_back", "cause"},
	}); err != nil {
		return Incident{}, err
	}
	v.Text, v.Note, v.Result, v.CallBack, v.Cause = i.Text, i.Note, i.Result, i.CallBack, i.Cause
	return v, nil
}

// restricted reports whether the words of an incident are for few.
func (a *API) restricted(i incident.Incident) bool {
	class, _ := a.Catalogue.Class(i.Class)
	return class.Restricted
}

// Picture lets somebody see a file of an incident, by its hash; incident.ErrNotFound
// when there is none for them. Without an incident it takes the right everywhere.
// from is where they are.
func (a *API) Picture(ctx context.Context, u access.User, id, sha256, from string) error {
	if id == "" {
		use := register.Use{Right: access.SeePictures, Act: register.Snapshot, Object: "picture/" + sha256, From: from}
		if !access.May(u, use.Right, use.On) {
			return a.refused(ctx, u, use)
		}
		return a.Register.Use(ctx, u, use)
	}
	i, asked, err := a.find(ctx, u, id)
	if err != nil {
		return err
	}
	use := register.Use{Right: access.SeePictures, On: object(i, asked...), Act: register.Snapshot, Object: "picture/" + sha256, Case: i.Number, From: from}
	switch {
	case sha256 == i.Clip:
		use.Act = register.Playback
	case sha256 != i.Snapshot && !slices.Contains(i.Photos, sha256):
		return incident.ErrNotFound
	}
	if !access.May(u, use.Right, use.On) {
		return a.refused(ctx, u, use)
	}
	return a.Register.Use(ctx, u, use)
}
