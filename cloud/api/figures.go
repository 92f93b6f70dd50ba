package api

import (
	"context"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/kpi"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

type definitions struct {
	Version string                 `json:"version"`
	Settled string                 `json:"settled_after"`
	Figures []kpi.FigureDefinition `json:"figures"`
}

// definitions says what the figures mean, in words too.
func (a *API) definitions(*call) (reply, error) {
	if a.Definition == nil {
		return reply{}, web.NotAvailable.With("figures are not configured")
	}
	return ok(definitions{a.Definition.Version, a.Definition.Settled.String(), a.Definition.Figures}), nil
}

func (a *API) deskLoad(c *call) (reply, error) {
	l, err := a.Load(c.Context(), c.who.User, c.said.word("month"))
	return ok(l), err
}

// Load returns what the desk had to bear in a month such as 2025-06, up to now. Which
// cameras were wrong is told to those who see incidents.
func (a *API) Load(ctx context.Context, u access.User, month string) (kpi.Load, error) {
	if !access.May(u, access.SeeFigures, access.Anywhere) {
		return kpi.Load{}, web.Forbidden.With("the figures are not for your role")
	}
	from, err := time.ParseInLocation("2006-01", month, report.Shanghai)
	if err != nil {
		return kpi.Load{}, faultOf("query", "month", "want YYYY-MM")
	}
	to := from.AddDate(0, 1, 0)
	if now := a.Now(); now.Before(to) {
		to = now
	}
	if !to.After(from) {
		return kpi.LoadOf(nil, from, from), nil
	}
	alerts, err := a.alerts(ctx, from, to)
	if err != nil {
		return kpi.Load{}, err
	}
	l := kpi.LoadOf(alerts, from, to)
	if !access.May(u, access.SeeIncidents, access.Anywhere) {
		l.Worst = []kpi.Precision{}
	}
	return l, nil
}

// alerts are what machines brought before people in a time.
func (a *API) alerts(ctx context.Context, from, to time.Time) (out []kpi.Alert, err error) {
	no := false
	f := incident.Filter{Scope: incident.Everything, From: from, To: to, Test: &no, Health: &no, Sort: incident.Oldest, Limit: incident.MaxPage}
	for {
		list, err := a.Incidents.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			if i.Site == "" || i.Signal { // told by people, or never brought before any
				continue
			}
			out = append(out, kpi.Alert{At: i.FirstSeenAt, Camera: i.Site + "/" + i.Box + "/" + i.Device, Level: int(i.Level), Verdict: string(i.Verdict)})
		}
		if len(list) < f.Limit {
			return out, nil
		}
		f.After = f.Cursor(list[len(list)-1])
	}
}
