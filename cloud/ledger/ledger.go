// Package ledger reads incidents as rows: what exports and figures are made of.
//
// It promises that a figure and an export of the same incidents are made from the
// same rows, so that whoever has the export can compute the figures again; and that
// reading takes the same memory however many there are.
package ledger

import (
	"context"
	"iter"
	"time"

	"eastgate/cloud/export"
	"eastgate/cloud/incident"
	"eastgate/cloud/kpi"
	"eastgate/cloud/whistle"
)

// incidents are read page by page.
type incidents interface {
	List(ctx context.Context, f incident.Filter) ([]incident.Incident, error)
}

// whistles tell what units were asked to come to.
type whistles interface {
	Asked(ctx context.Context, incidents []string) (map[string]whistle.Asked, error)
}

// A Ledger reads rows.
type Ledger struct {
	Incidents incidents
	Whistles  whistles
}

// Rows gives every incident that a filter selects, in its order.
func (l Ledger) Rows(ctx context.Context, f incident.Filter) iter.Seq2[export.Row, error] {
	f.Limit = incident.MaxPage
	return func(yield func(export.Row, error) bool) {
		for {
			page, asked, err := l.page(ctx, f)
			if err != nil {
				yield(export.Row{}, err)
				return
			}
			for _, i := range page {
				if !yield(row(i, asked[i.ID]), nil) {
					return
				}
			}
			if len(page) < f.Limit {
				return
			}
			f.After = f.Cursor(page[len(page)-1])
		}
	}
}

func (l Ledger) page(ctx context.Context, f incident.Filter) ([]incident.Incident, map[string]whistle.Asked, error) {
	page, err := l.Incidents.List(ctx, f)
	if err != nil || len(page) == 0 {
		return nil, nil, err
	}
	ids := make([]string, len(page))
	for n, i := range page {
		ids[n] = i.ID
	}
	asked, err := l.Whistles.Asked(ctx, ids)
	return page, asked, err
}

// Cases implements kpi.Cases.
func (l Ledger) Cases(ctx context.Context, from, to time.Time) ([]kpi.Case, error) {
	var out []kpi.Case
	for r, err := range l.Rows(ctx, incident.Filter{From: from, To: to, Scope: incident.Everything, Sort: incident.Oldest}) {
		if err != nil {
			return nil, err
		}
		out = append(out, Case(r))
	}
	return out, nil
}

// people are the finders that looked for themselves; a guard at a screen looked
// through a camera.
var people = map[incident.Source]bool{
	incident.ByGridWorker: true, incident.ByGuard: true, incident.Resident: true, incident.Merchant: true,
	incident.Agency: true, incident.Police: true, incident.Hotline: true,
}

// row is an incident as it is exported.
func row(i incident.Incident, asked whistle.Asked) export.Row {
	reports := 0
	for _, d := range i.Discoveries {
		if people[d.Source] {
			reports++
		}
	}
	seen := i.FirstSeenAt
	return export.Row{
		ID: i.ID, Class: i.Class, Domain: i.Domain, Level: int(i.Level), Place: i.Place, Status: string(i.State), Verdict: string(i.Verdict),
		FirstSource: i.FirstSource, FirstSeenAt: &seen, ConfirmedAt: i.ConfirmedAt, DispatchedAt: i.DispatchedAt, AcceptedAt: i.AcceptedAt,
		ArrivedAt: i.ArrivedAt, ResolvedAt: i.ResolvedAt, CheckedAt: i.CheckedAt, ClosedAt: i.ClosedAt, Handler: i.Handler, Checker: i.Checker,
		ReopenCount: i.ReopenCount, Forced: i.Forced, Test: i.Test, Number: i.Number, ReturnCount: i.ReturnCount, ReworkCount: i.ReworkCount,
		SuspendCount: i.SuspendCount, Reports: reports, ReviewedAt: i.ReviewedAt, Retrospective: i.Retrospective,
		WhistledAt: asked.WhistledAt, EnforcementOutcomeAt: asked.OutcomeAt,
	}
}

// Case is a row as the figures take it.
func Case(r export.Row) kpi.Case {
	c := kpi.Case{
		ID: r.ID, Class: r.Class, Domain: r.Domain, Level: r.Level, Place: r.Place, Status: r.Status, Verdict: r.Verdict, FirstSource: r.FirstSource,
		ConfirmedAt: r.ConfirmedAt, DispatchedAt: r.DispatchedAt, AcceptedAt: r.AcceptedAt, ArrivedAt: r.ArrivedAt,
		ResolvedAt: r.ResolvedAt, CheckedAt: r.CheckedAt, ClosedAt: r.ClosedAt, WhistledAt: r.WhistledAt, EnforcedAt: r.EnforcementOutcomeAt,
		ReopenCount: r.ReopenCount, ReworkCount: r.ReworkCount, Forced: r.Forced, Test: r.Test, Retrospective: r.Retrospective, HumanReports: r.Reports,
	}
	if r.FirstSeenAt != nil {
		c.FirstSeenAt = *r.FirstSeenAt
	}
	return c
}
