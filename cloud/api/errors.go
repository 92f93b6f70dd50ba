package api

import (
	"errors"
	"maps"
	"slices"

	"eastgate/cloud/access"
	"eastgate/cloud/camera"
	"eastgate/cloud/command"
	"eastgate/cloud/deliver"
	"eastgate/cloud/escalation"
	"eastgate/cloud/evidence"
	"eastgate/cloud/filing"
	"eastgate/cloud/handover"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify"
	"eastgate/cloud/organisation"
	"eastgate/cloud/place"
	"eastgate/cloud/plan"
	"eastgate/cloud/police"
	"eastgate/cloud/register"
	"eastgate/cloud/report"
	"eastgate/cloud/retention"
	"eastgate/cloud/sharing"
	"eastgate/cloud/web"
	"eastgate/cloud/whistle"
)

// problems say which error of a part is which kind of problem, the more special
// first.
var problems = []struct {
	err  error
	kind web.Kind
}{
	{incident.ErrNotFound, web.NotFound},
	{incident.ErrSamePerson, web.SamePerson},
	{incident.ErrForbidden, web.Forbidden},
	{incident.ErrConflict, web.Conflict},
	{whistle.ErrNotFound, web.NotFound},
	{whistle.ErrSamePerson, web.SamePerson},
	{whistle.ErrForbidden, web.Forbidden},
	{whistle.ErrConflict, web.Changed},
	{whistle.ErrState, web.Conflict},
	{whistle.ErrLead, web.Conflict},
	{whistle.ErrAsked, web.Conflict},
	{whistle.ErrInvalid, web.Invalid},
	{sharing.ErrNotFound, web.NotFound},
	{sharing.ErrConflict, web.Changed},
	{sharing.ErrState, web.Conflict},
	{sharing.ErrReason, web.Invalid},
	{sharing.ErrNotShared, web.Forbidden},
	{sharing.ErrTerms, web.Invalid},
	{notify.ErrRoster, web.Invalid},
	{notify.ErrTaken, web.Changed},
	{police.ErrReason, web.Invalid},
	{police.ErrMonth, web.Invalid},
	{police.ErrOff, web.Conflict},
	{command.ErrNotFound, web.NotFound},
	{command.ErrTooMany, web.TooMany},
	{command.ErrInvalid, web.Invalid},
	{access.ErrSelf, web.SamePerson},
	{escalation.ErrNotFound, web.NotFound},
	{escalation.ErrNote, web.Invalid},
	{register.ErrReason, web.Invalid},
	{access.ErrForbidden, web.Forbidden},
	{access.ErrInvalid, web.Invalid},
	{access.ErrShared, web.Invalid},
	{access.ErrExists, web.Conflict},
	{access.ErrExcluded, web.Conflict},
	{access.ErrNotFound, web.NotFound},
	{organisation.ErrNotFound, web.NotFound},
	{organisation.ErrParty, web.Conflict},
	{organisation.ErrInvalid, web.Invalid},
	{place.ErrConflict, web.Conflict},
	{deliver.ErrNotFound, web.NotFound},
	{filing.ErrInvalid, web.Invalid},
	{retention.ErrNotFound, web.NotFound},
	{retention.ErrReleased, web.Conflict},
	{deliver.ErrDecided, web.Conflict},
	{deliver.ErrNotYet, web.Conflict},
	{deliver.ErrOver, web.Conflict},
	{deliver.ErrEmpty, web.Conflict},
	{deliver.ErrFiles, web.Invalid},
	{deliver.ErrInvalid, web.Invalid},
	{evidence.ErrNotFound, web.NotFound},
	{handover.ErrNotFound, web.NotFound},
	{handover.ErrUnread, web.Conflict},
	{handover.ErrTaken, web.Conflict},
	{handover.ErrText, web.Invalid},
	{access.ErrLocked, web.Locked},
	{access.ErrCode, web.WrongCode},
	{access.ErrSecond, web.SecondNeeded},
	{access.ErrNoKey, web.NotAvailable},
	{access.ErrNoKeys, web.NotAvailable},
	{access.ErrCredentials, web.WrongLogin},
	{camera.ErrNotFound, web.NotFound},
	{camera.ErrConflict, web.Changed},
	{camera.ErrReason, web.Invalid},
	{camera.ErrRefused, web.Invalid},
	{camera.ErrSilent, web.NotAvailable},
	{plan.ErrConflict, web.Changed},
	{plan.ErrPicture, web.Invalid},
	{report.ErrPhoto, web.Invalid},
	{report.ErrClass, web.Invalid},
	{report.ErrPlace, web.Invalid},
}

// ProblemOf makes a problem of a part's error, for pages; nil when the fault is ours.
func ProblemOf(err error) *web.Problem {
	var p *web.Problem
	if errors.As(err, &p) {
		return p
	}
	return problemOf(err)
}

// problemOf makes a problem of a part's error; nil when the fault is ours.
func problemOf(err error) *web.Problem {
	var invalid incident.Invalid
	if errors.As(err, &invalid) {
		p := web.Invalid.With("the request is not whole")
		for _, f := range slices.Sorted(maps.Keys(invalid)) {
			p.Faults = append(p.Faults, web.Fault{In: "body", Field: "/" + string(f), Detail: invalid[f]})
		}
		return p
	}
	for _, p := range problems {
		if errors.Is(err, p.err) {
			return p.kind.With(err.Error())
		}
	}
	return nil
}
