package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/coverage"
	"eastgate/cloud/web"
)

// coverer says how much of the time devices were watched.
type coverer interface {
	Report(ctx context.Context, from, to, site string) (coverage.Report, error)
}

// home is where a day is meant when nobody says which.
var home = time.FixedZone("Asia/Shanghai", 8*60*60)

// covered reads from, to and site; without them it is the last seven days of all.
func (c *Console) covered(r *http.Request) (coverage.Report, error) {
	today := time.Now().In(home)
	to := cmp.Or(r.FormValue("to"), today.Format(time.DateOnly))
	from := cmp.Or(r.FormValue("from"), today.AddDate(0, 0, -6).Format(time.DateOnly))
	return c.Coverage.Report(r.Context(), from, to, r.FormValue("site"))
}

func (c *Console) refused(w http.ResponseWriter, err error) bool {
	switch {
	case errors.Is(err, coverage.ErrRange):
		web.Invalid.With(err.Error()).Write(w)
	case err != nil:
		c.broken(w, err)
	}
	return err != nil
}

// coveragePage is one row for each device, the worst first.
func (c *Console) coveragePage(w http.ResponseWriter, r *http.Request, s access.Session) {
	report, err := c.covered(r)
	if c.refused(w, err) {
		return
	}
	names, err := c.Cameras.CameraNames(r.Context())
	if c.refused(w, err) {
		return
	}
	o := c.office(r, s)
	now := map[string]coverage.Open{}
	for _, open := range report.Open {
		now[open.Site+"/"+open.Box+"/"+open.Device] = open
	}
	p := listPage{office: o, Title: o.T["coverage.title"], About: o.T["about.coverage"], Filter: url.Values{"from": {report.From}, "to": {report.To}, "site": {r.FormValue("site")}}, Table: table{
		Name: "coverage", Columns: []string{"device", "watched", "blind", "now"}, Empty: "coverage.none",
	}}
	slices.SortStableFunc(report.Devices, func(a, b coverage.Device) int { return cmp.Compare(share(a), share(b)) })
	for _, d := range report.Devices {
		place := d.Site + "/" + d.Box + "/" + d.Device
		one := row{Cells: []cell{ref(cmp.Or(names[place], d.Device), "/camera/"+place, place), word("–"), word(cmp.Or(c.blind(o.T, d.Figure), "–")), word("–")}}
		if d.Share != nil {
			one.Cells[1].Text = fmt.Sprintf("%.2f %%", 100**d.Share)
		}
		if gap, open := now[place]; open {
			one.Bad, one.Cells[3] = true, cell{At: gap.Since, Sub: o.Word("cause", gap.Cause), Badge: "late"}
		}
		one.Bad = one.Bad || share(d) < leastShare
		p.Table.Rows = append(p.Table.Rows, one)
	}
	c.show(w, r, s, "coverage.html", p)
}

// leastShare is what a device should be watched of its time.
const leastShare = 0.95

// share is 1 where nothing was due.
func share(d coverage.Device) float64 {
	if d.Share == nil {
		return 1
	}
	return *d.Share
}

// blind tells the causes, the longest first.
func (c *Console) blind(t map[string]string, f coverage.Figure) string {
	causes := slices.SortedFunc(maps.Keys(f.Blind), func(a, b string) int { return cmp.Compare(f.Blind[b], f.Blind[a]) })
	out := ""
	for _, cause := range causes {
		length := time.Duration(f.Blind[cause] * float64(time.Second)).Round(time.Second)
		if length == 0 {
			continue
		}
		if out != "" {
			out += " · "
		}
		out += cmp.Or(t["cause."+cause], cause) + " " + length.String()
	}
	return out
}
