package console

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/export"
	"eastgate/cloud/kpi"
	"eastgate/cloud/report"
	"eastgate/cloud/web"
)

func toWord(v any) string { return fmt.Sprint(v) }

type figuresView struct {
	office
	Month   string
	Figures []kpi.Figure
	Missing bool
}

// Number writes a figure's number; what cannot be said is a dash.
func (figuresView) Number(v *float64) string {
	if v == nil {
		return "–"
	}
	return short(*v)
}

// short writes a number with four digits, and large ones whole.
func short(x float64) string {
	if math.Abs(x) >= 1000 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return fmt.Sprintf("%.4g", x)
}

// Interval writes both ends.
func (v figuresView) Interval(b *[2]float64) string {
	if b == nil {
		return "–"
	}
	return short(b[0]) + " – " + short(b[1])
}

// A companion is what stands beside a figure, so that it is never shown alone.
type companion struct{ Key, Text string }

// Beside lists a figure's companions by their keys.
func (v figuresView) Beside(f kpi.Figure) []companion {
	var out []companion
	for _, key := range slices.Sorted(maps.Keys(f.Companions)) {
		out = append(out, companion{key, plain(f.Companions[key])})
	}
	return out
}

// plain writes a companion's numbers in words; what cannot be known is a dash.
func plain(v any) string {
	text, err := json.Marshal(v)
	if err != nil || string(text) == "null" {
		return "–"
	}
	var x any
	if json.Unmarshal(text, &x) != nil {
		return "–"
	}
	switch x := x.(type) {
	case float64:
		return short(x)
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(x)) {
			parts = append(parts, k+" "+plain(x[k]))
		}
		return strings.Join(parts, " · ")
	case []any:
		var parts []string
		for _, one := range x {
			parts = append(parts, plain(one))
		}
		return strings.Join(parts, " … ")
	}
	return fmt.Sprint(x)
}

func (c *Console) figuresPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if !access.May(s.User, access.SeeFigures, access.Anywhere) {
		web.Forbidden.With("the figures are not for your role").Write(w)
		return
	}
	month := cmp.Or(r.FormValue("month"), time.Now().In(home).Format("2006-01"))
	v := figuresView{office: c.office(r, s), Month: month, Missing: c.API.Figures == nil}
	if _, err := time.Parse("2006-01", month); err != nil {
		web.Invalid.With("month: want 2025-06").Write(w)
		return
	}
	if !v.Missing {
		var err error
		if v.Figures, err = c.API.Figures(r.Context(), month); err != nil {
			c.broken(w, err)
			return
		}
	}
	c.render(w, http.StatusOK, "figures.html", v)
}

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
