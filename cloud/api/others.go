package api

import (
	"cmp"
	"errors"
	"strconv"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/coverage"
	"eastgate/cloud/kpi"
	"eastgate/cloud/register"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

func (a *API) figures(c *call) (reply, error) {
	if !access.May(c.who.User, access.SeeFigures, access.Anywhere) {
		return reply{}, web.Forbidden.With("the figures are not for your role")
	}
	if a.Figures == nil {
		return reply{}, web.NotAvailable.With("figures are not configured")
	}
	list, err := a.Figures(c.Context(), c.said.word("month"))
	if list == nil {
		list = []kpi.Figure{}
	}
	return ok(list), err
}

func (a *API) cameras(c *call) (reply, error) {
	names, err := a.Cameras.CameraNames(c.Context())
	return ok(names), err
}

// coverage answers for days in Shanghai; without any it is the last seven.
func (a *API) coverage(c *call) (reply, error) {
	today := a.Now().In(report.Shanghai)
	to := cmp.Or(c.said.word("to"), today.Format(time.DateOnly))
	from := cmp.Or(c.said.word("from"), today.AddDate(0, 0, -6).Format(time.DateOnly))
	out, err := a.Coverage.Report(c.Context(), from, to, c.said.word("site"))
	if errors.Is(err, coverage.ErrRange) {
		return reply{}, web.Invalid.With(err.Error())
	}
	return ok(out), err
}

type registerPage struct {
	Rows []register.Entry `json:"rows"`
	Next string           `json:"next,omitempty"`
}

func (a *API) register(c *call) (reply, error) {
	q := register.Query{
		Who: c.said.word("who"), Unit: c.said.word("unit"), Object: c.said.word("object"), Act: register.Act(c.said.word("act")),
		Result: register.Result(c.said.word("result")), From: c.said.time("from"), To: c.said.time("to"), Limit: c.said.number("limit", defaultPage),
	}
	q.Limit = min(q.Limit, register.MaxRows)
	cursor, err := unseal(c.said.word("after"))
	if err != nil {
		return reply{}, err
	}
	if cursor != "" {
		if q.Before, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return reply{}, faultOf("query", "after", "is no cursor that the API gave")
		}
	}
	rows, err := a.Register.List(c.Context(), c.who.User, q, c.said.word("purpose"), c.said.word("reason"))
	if err != nil {
		return reply{}, err
	}
	page := registerPage{Rows: rows}
	if rows == nil {
		page.Rows = []register.Entry{}
	}
	if len(rows) == q.Limit {
		page.Next = seal(strconv.FormatInt(rows[len(rows)-1].Position, 10))
	}
	return ok(page), nil
}
