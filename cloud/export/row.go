package export

import (
	"eastgate/cloud/incident"
	"eastgate/cloud/whistle"
)

// RowOf is an incident, and what its whistles came to, as it is exported.
func RowOf(i incident.Incident, asked whistle.Asked) Row {
	reports := 0
	for _, d := range i.Discoveries {
		if d.Source != incident.CameraAuto && d.Source != incident.Sensor && d.Source != incident.Edge {
			reports++
		}
	}
	seen := i.FirstSeenAt
	return Row{
		ID: i.ID, Class: i.Class, Domain: i.Domain, Level: int(i.Level), Place: i.Place, Status: string(i.State), Verdict: string(i.Verdict),
		FirstSource: i.FirstSource, FirstSeenAt: &seen, ConfirmedAt: i.ConfirmedAt, DispatchedAt: i.DispatchedAt, AcceptedAt: i.AcceptedAt,
		ArrivedAt: i.ArrivedAt, ResolvedAt: i.ResolvedAt, CheckedAt: i.CheckedAt, ClosedAt: i.ClosedAt, Handler: i.Handler, Checker: i.Checker,
		ReopenCount: i.ReopenCount, Forced: i.Forced, Test: i.Test, Number: i.Number, ReturnCount: i.ReturnCount, ReworkCount: i.ReworkCount,
		SuspendCount: i.SuspendCount, Reports: reports, ReviewedAt: i.ReviewedAt, Retrospective: i.Retrospective,
		WhistledAt: asked.WhistledAt, EnforcementOutcomeAt: asked.OutcomeAt,
	}
}
