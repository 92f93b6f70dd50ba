package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
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

func (s said) registerQuery() register.Query {
	return register.Query{
		Who: s.word("who"), Unit: s.word("unit"), Object: s.word("object"), Act: register.Act(s.word("act")),
		Result: register.Result(s.word("result")), From: s.time("from"), To: s.time("to"), Limit: min(s.number("limit", defaultPage), register.MaxRows),
	}
}

// mostExported bounds one signed export: it is signed as a whole.
const mostExported = 100_000

// exportRegister sends what a query selects, signed. The sending is a row of the
// register before it begins.
func (a *API) exportRegister(c *call) (reply, error) {
	q := c.said.registerQuery()
	q.Limit = register.MaxRows
	use := register.Use{Right: access.ReadRegister, On: access.Anywhere, Act: register.Export, Object: "register", Purpose: c.said.word("purpose"), Reason: c.said.word("reason"), Detail: q.String(), From: web.From(c.Request), Fields: register.Columns}
	if err := a.Register.Use(c.Context(), c.who.User, use); err != nil {
		return reply{}, err
	}
	var rows []register.Entry
	for {
		page, err := a.RegisterRows(c.Context(), q)
		if err != nil {
			return reply{}, err
		}
		if rows = append(rows, page...); len(rows) > mostExported {
			return reply{}, web.TooLarge.With(fmt.Sprintf("more than %d rows: choose a shorter time", mostExported))
		}
		if len(page) < q.Limit {
			break
		}
		q.Before = page[len(page)-1].Position
	}
	slices.Reverse(rows)
	return reply{stream: func(w http.ResponseWriter) error {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8; header=present")
		w.Header().Set("Content-Disposition", `attachment; filename="register-`+a.Now().UTC().Format("20060102-150405")+`.csv"`)
		return register.WriteSigned(w, rows, a.Seal)
	}}, nil
}

func (a *API) register(c *call) (reply, error) {
	q := c.said.registerQuery()
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
