package console

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/export"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

func toWord(v any) string { return fmt.Sprint(v) }

type printView struct {
	office
	Rows     [][]string
	Titles   []string
	Purpose  string
	Reason   string
	Asked    bool // a purpose and a reason are still needed
	Query    url.Values
	Fault    string
	Purposes []string
	At       time.Time
	More     bool
}

// maxPrinted bounds a printed list; a longer one is exported as a file.
const maxPrinted = 2000

// printPage shows all that a list shows as a table for paper, once its purpose and
// reason stand in the register.
func (c *Console) printPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	v := printView{office: c.office(r, s), At: time.Now(), Purpose: r.FormValue("purpose"), Reason: r.FormValue("reason")}
	f, err := c.API.PrintFilter(r, s.User)
	var p *web.Problem
	switch {
	case errors.As(err, &p):
		v.Asked = true
		if v.Purpose != "" || p.Kind == web.Forbidden {
			v.Fault = v.Refused(refusal{Type: p.Kind.Type(), Title: p.Kind.Title, Detail: p.Detail})
		}
		q := asked(r).URL.Query()
		q.Del("format")
		v.Query, v.Purposes = q, api.Purposes
		c.render(w, p.Kind.Status, "print.html", v)
		return
	case err != nil:
		c.broken(w, err)
		return
	}
	for _, column := range export.Columns {
		if v.Lang == en {
			v.Titles = append(v.Titles, column.EN)
		} else {
			v.Titles = append(v.Titles, column.ZH)
		}
	}
	for row, err := range c.API.Rows(r.Context(), s.User, f) {
		if err != nil {
			c.broken(w, err)
			return
		}
		if len(v.Rows) == maxPrinted {
			v.More = true
			break
		}
		v.Rows = append(v.Rows, export.Words(row))
	}
	c.render(w, http.StatusOK, "print.html", v)
}

// codesPage shows the codes that people scan to report, to be printed.
func (c *Console) codesPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if !access.May(s.User, access.Report, access.Anywhere) && !access.May(s.User, access.ManagePlaces, access.Anywhere) {
		web.Forbidden.With("codes are printed by those who report or keep the places").Write(w)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := report.WriteSheet(w, c.texts.choose(r), c.API.Reports.Posters(r.FormValue("place"), c.texts.choose(r))); err != nil {
		c.Log.Error("codes cannot be shown", "err", err)
	}
}
