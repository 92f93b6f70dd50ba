package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
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

// A coverageView is the page: one row for each device, the worst first.
type coverageView struct {
	Lang string
	T    map[string]string
	From string
	To   string
	Rows []coverageRow
}

type coverageRow struct {
	Name, Place, Share, Blind, Now string
	Bad                            bool

	share float64
}

func (c *Console) coveragePage(w http.ResponseWriter, r *http.Request, _ access.Session) {
	report, err := c.covered(r)
	if c.refused(w, err) {
		return
	}
	names, err := c.Cameras.CameraNames(r.Context())
	if c.refused(w, err) {
		return
	}
	lang := c.texts.choose(r)
	t := c.texts[lang]
	now := map[string]string{}
	for _, o := range report.Open {
		now[o.Site+"/"+o.Box+"/"+o.Device] = fmt.Sprintf("%s, %s", cmp.Or(t["cause."+o.Cause], o.Cause), o.Since.In(home).Format("01-02 15:04"))
	}
	view := coverageView{Lang: lang, T: t, From: report.From, To: report.To}
	for _, d := range report.Devices {
		place := d.Site + "/" + d.Box + "/" + d.Device
		row := coverageRow{Name: cmp.Or(names[place], d.Device), Place: place, Share: "–", Now: now[place], share: 1, Blind: c.blind(t, d.Figure)}
		if d.Share != nil {
			row.share, row.Share = *d.Share, fmt.Sprintf("%.2f %%", 100**d.Share)
		}
		row.Bad = row.Now != "" || row.share < 0.95
		view.Rows = append(view.Rows, row)
	}
	slices.SortStableFunc(view.Rows, func(a, b coverageRow) int { return cmp.Compare(a.share, b.share) })
	c.render(w, http.StatusOK, "coverage.html", view)
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
