package kpi

import (
	"slices"
	"strings"
	"time"
)

// A Case is one incident as the figures see it: a row of the export.
type Case struct {
	ID, Class, Domain string
	Level             int
	Place             string
	Status, Verdict   string
	// FirstSource is one of the source words, or two joined by "+" when they came
	// within a minute of each other.
	FirstSource string

	FirstSeenAt  time.Time
	ConfirmedAt  *time.Time
	DispatchedAt *time.Time
	AcceptedAt   *time.Time
	ArrivedAt    *time.Time
	ResolvedAt   *time.Time
	CheckedAt    *time.Time
	ClosedAt     *time.Time
	WhistledAt   *time.Time // the first whistle was sent
	EnforcedAt   *time.Time // an authority's outcome was recorded

	ReopenCount, ReworkCount int
	Forced, Test             bool
	Retrospective            bool // a camera's record was found only afterwards
	HumanReports             int  // people's own discoveries of it, first or not
}

// A Period is a cohort: cases first seen from From to before To, as they were
// known at AsOf.
type Period struct{ From, To, AsOf time.Time }

func (p Period) weeks() float64 { return p.To.Sub(p.From).Hours() / 24 / 7 }

func (p Period) days() float64 { return p.To.Sub(p.From).Hours() / 24 }

func (p Period) holds(t time.Time) bool { return !t.Before(p.From) && t.Before(p.To) }

// known gives a stamp as it was known at a time: what came later had not happened.
func known(t *time.Time, asOf time.Time) *time.Time {
	if t == nil || t.After(asOf) {
		return nil
	}
	return t
}

// asOf returns c without what happened after t.
func (c Case) asOf(t time.Time) Case {
	for _, stamp := range []**time.Time{
		&c.ConfirmedAt, &c.DispatchedAt, &c.AcceptedAt, &c.ArrivedAt, &c.ResolvedAt, &c.CheckedAt, &c.ClosedAt, &c.WhistledAt, &c.EnforcedAt,
	} {
		*stamp = known(*stamp, t)
	}
	return c
}

// cohort is a period's cases as they were known, drills left out.
func cohort(cases []Case, p Period) []Case {
	var out []Case
	for _, c := range cases {
		if !c.Test && p.holds(c.FirstSeenAt) {
			out = append(out, c.asOf(p.AsOf))
		}
	}
	return out
}

// counts reports whether a case is a confirmed matter of the given classes.
func (d *Definition) counts(c Case, classes []string) bool {
	return c.ConfirmedAt != nil && !slices.Contains(d.ExcludedVerdicts, c.Verdict) && !slices.Contains(d.ExcludedVerdicts, c.Status) &&
		!slices.Contains(d.ExcludedClasses, c.Class) &&
		(classes == nil || slices.Contains(classes, c.Class))
}

func (d *Definition) confirmed(cases []Case, classes []string) []Case {
	var out []Case
	for _, c := range cases {
		if d.counts(c, classes) {
			out = append(out, c)
		}
	}
	return out
}

// share is how much of a case's first discovery is by one of the sources: 1, ½ of
// a tie, or 0.
func (c Case) share(sources []string) float64 {
	first := strings.Split(c.FirstSource, "+")
	n := 0
	for _, s := range first {
		if slices.Contains(sources, s) {
			n++
		}
	}
	return float64(n) / float64(len(first))
}

// forced ends count as this long: closing by order must never look fast.
const forcedTime = 30 * 24 * time.Hour

// A span is how long something took, or how long it has taken so far.
type span struct {
	hours float64
	ended bool // else it still goes on: censored
	at    time.Time
	class string
}

// handling is from confirmation to the resolution that passed its check.
func (c Case) handling(asOf time.Time) (span, bool) {
	if c.ConfirmedAt == nil {
		return span{}, false
	}
	s := span{at: c.FirstSeenAt, class: c.Class}
	switch {
	case c.Forced && c.ClosedAt != nil:
		s.hours, s.ended = forcedTime.Hours(), true
	case c.ResolvedAt != nil && c.CheckedAt != nil:
		s.hours, s.ended = c.ResolvedAt.Sub(*c.ConfirmedAt).Hours(), true
	default:
		s.hours = asOf.Sub(*c.ConfirmedAt).Hours()
	}
	return s, s.hours >= 0
}

// enforcement is from the first whistle to the authority's outcome.
func (c Case) enforcement(asOf time.Time) (span, bool) {
	if c.WhistledAt == nil {
		return span{}, false
	}
	s := span{at: c.FirstSeenAt, class: c.Class, hours: asOf.Sub(*c.WhistledAt).Hours()}
	if c.EnforcedAt != nil {
		s.hours, s.ended = c.EnforcedAt.Sub(*c.WhistledAt).Hours(), true
	}
	return s, s.hours >= 0
}
