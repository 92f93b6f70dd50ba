package console

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/console/plot"
	"eastgate/cloud/kpi"
	"eastgate/cloud/web"
)

// A figuresView is the figures of a month, each with its trend.
type figuresView struct {
	listPage
	Month, Before, After string
	Missing              bool
	Settles              time.Time
	Settled              bool
	Version              string
	Figures              []figureCard
	Load                 loadCard
	Enters               bool // the viewer enters what no machine counts
}

// A figureCard is one figure as the page shows it.
type figureCard struct {
	ID, Name, Says string
	Value, Counts  string
	Interval, Goal string
	Verdict        string
	Flags          []string
	Beside         []companion
	Plot           plot.Trend
	Rows           []figureRow
}

// A figureRow is one month of a trend in numbers.
type figureRow struct{ Month, Value, Interval, Counts, Verdict string }

// trendMonths is how many months a trend has.
const trendMonths = 12

func (c *Console) figuresPage(w http.ResponseWriter, r *http.Request, s access.Session) {
	if !access.May(s.User, access.SeeFigures, access.Anywhere) {
		c.sorry(w, r, s, refusal{Type: web.Forbidden.Type(), Status: http.StatusForbidden, Detail: "figures.see"})
		return
	}
	month := cmp.Or(r.FormValue("month"), c.API.Now().In(home).Format("2006-01"))
	at, err := time.ParseInLocation("2006-01", month, home)
	if err != nil {
		web.Invalid.With("month: want 2025-06").Write(w)
		return
	}
	o := c.office(r, s)
	v := figuresView{listPage: listPage{office: o, Title: o.T["nav.figures"], About: o.T["about.figures"]}, Month: month, Missing: c.API.Figures == nil || c.API.Definition == nil}
	v.Before, v.After = at.AddDate(0, -1, 0).Format("2006-01"), at.AddDate(0, 1, 0).Format("2006-01")
	v.Enters = access.May(s.User, access.EnterFigures, access.Anywhere)
	if !v.Missing {
		if err := c.fillFigures(&v, r, at); err != nil {
			c.broken(w, err)
			return
		}
	}
	c.show(w, r, s, "figures.html", v.with(&v))
}

// fillFigures reads a month, and the year before it for the trends.
func (c *Console) fillFigures(v *figuresView, r *http.Request, at time.Time) error {
	months := map[string]map[string]kpi.Figure{}
	var order []string
	for n := trendMonths - 1; n >= 0; n-- {
		month := at.AddDate(0, -n, 0).Format("2006-01")
		list, err := c.API.Figures(r.Context(), month)
		if err != nil {
			return err
		}
		order, months[month] = append(order, month), map[string]kpi.Figure{}
		for _, f := range list {
			months[month][f.ID] = f
		}
	}
	d := c.API.Definition
	v.Version, v.Settles = d.Version, at.AddDate(0, 1, 0).Add(d.Settled)
	v.Settled = !c.API.Now().Before(v.Settles)
	for _, def := range d.Figures {
		v.Figures = append(v.Figures, v.card(def, order, months))
	}
	load, err := c.API.Load(r.Context(), v.User, v.Month)
	if err != nil {
		return err
	}
	names, err := c.Cameras.CameraNames(r.Context())
	if err != nil {
		return err
	}
	v.Load = v.loadCard(load, names)
	v.Table = v.table()
	return nil
}

// card makes one figure's card from its months, of which the last is shown.
func (v *figuresView) card(def kpi.FigureDefinition, order []string, months map[string]map[string]kpi.Figure) figureCard {
	f := months[v.Month][def.ID]
	out := figureCard{ID: def.ID, Name: def.ZH, Says: def.Says.ZH, Verdict: cmp.Or(f.Verdict, kpi.Undecided)}
	if v.Lang == en {
		out.Name, out.Says = def.EN, def.Says.EN
	}
	share := def.Unit == "share"
	out.Value, out.Interval = v.amount(f.Value, def.Unit), interval(f.Interval, share)
	out.Counts = v.Say("figures.counts", "k", number(f.Numerator), "n", number(f.Denominator))
	for _, flag := range f.Flags {
		out.Flags = append(out.Flags, v.Word("flag", flag))
	}
	out.Beside = v.beside(f)
	out.Plot = plot.Trend{Title: out.Name, Share: share}
	switch {
	case def.Target.AtLeast > 0:
		out.Goal = v.Say("figures.goal.least", "n", fmt.Sprintf("%g %%", 100*def.Target.AtLeast))
		out.Plot.Goal, out.Plot.GoalText = &def.Target.AtLeast, "≥ "+fmt.Sprintf("%g %%", 100*def.Target.AtLeast)
	case def.Target.Reduction > 0:
		out.Goal = v.Say("figures.goal.less", "n", fmt.Sprintf("%g %%", 100*def.Target.Reduction))
		if before := baseline(f); before != nil {
			goal := *before * (1 - def.Target.Reduction)
			out.Plot.Goal, out.Plot.GoalText = &goal, "≤ "+short(goal)
		}
	case def.Target.None:
		out.Goal = v.T["figures.goal.none"]
	}
	for _, month := range order {
		m := months[month][def.ID]
		p := plot.Point{Label: month[2:], Value: m.Value, Open: month == v.Month && !v.Settled, Title: month + ": " + v.amount(m.Value, def.Unit)}
		if m.Interval != nil {
			p.Low, p.High = &m.Interval[0], &m.Interval[1]
			p.Title += " [" + interval(m.Interval, share) + "]"
		}
		out.Plot.Points = append(out.Plot.Points, p)
		out.Rows = append(out.Rows, figureRow{month, v.amount(m.Value, def.Unit), interval(m.Interval, share), number(m.Numerator) + " / " + number(m.Denominator), cmp.Or(m.Verdict, "–")})
	}
	return out
}

// amount writes a figure's number with its unit, as people say it.
func (o office) amount(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	if unit == "share" {
		return fmt.Sprintf("%.1f %%", 100**v)
	}
	return short(*v) + " " + o.Word("unit", unit)
}

// interval writes both ends; what cannot be said is a dash.
func interval(b *[2]float64, share bool) string {
	switch {
	case b == nil:
		return "–"
	case share:
		return fmt.Sprintf("%.1f–%.1f %%", 100*b[0], 100*b[1])
	}
	return short(b[0]) + "–" + short(b[1])
}

func number(v *float64) string {
	if v == nil {
		return "–"
	}
	return short(*v)
}

// table is the month's figures as a list, for files and paper.
func (v *figuresView) table() table {
	t := table{Name: "figures-" + v.Month, Columns: []string{"figure", "value", "interval", "counts", "verdict"}, Empty: "empty.list"}
	for _, f := range v.Figures {
		t.Rows = append(t.Rows, row{Cells: []cell{word(f.Name), word(f.Value), word(f.Interval), word(f.Counts), {Text: v.Word("figure.verdict", f.Verdict), Sub: strings.Join(f.Flags, ", ")}}})
	}
	return t
}

// A loadCard is the desk's load as the page shows it.
type loadCard struct {
	Alerts     int
	P95, Flood string
	Busy       bool // more than people can bear
	Verdicts   []bar
	Levels     []bar
	Worst      table
}

// A bar is one part of a whole.
type bar struct {
	Text, Share string
	N, Of       int
}

// What a desk can bear (EEMUA 191): two in ten minutes, and a flood in 1 % of the time.
const (
	mostAlerts = 2.0
	mostFlood  = 0.01
)

func (v *figuresView) loadCard(l kpi.Load, names map[string]string) loadCard {
	out := loadCard{Alerts: l.Alerts, P95: number(l.P95), Flood: v.amount(l.Flood, "share")}
	out.Busy = l.P95 != nil && *l.P95 > mostAlerts || l.Flood != nil && *l.Flood > mostFlood
	judged := 0
	for _, n := range l.Verdicts {
		judged += n
	}
	for _, verdict := range l.Judged() {
		out.Verdicts = append(out.Verdicts, part(v.Word("verdict", verdict), l.Verdicts[verdict], judged))
	}
	for _, level := range []string{"1", "2", "3", "4"} {
		out.Levels = append(out.Levels, part(v.Word("level", level), l.Levels[level], l.Alerts))
	}
	out.Worst = table{Name: "worst", Columns: []string{"device", "precision", "interval", "judged"}, Empty: "figures.worst.none"}
	for _, p := range l.Worst {
		out.Worst.Rows = append(out.Worst.Rows, row{Cells: []cell{
			ref(cmp.Or(names[p.Camera], p.Camera), "/camera/"+p.Camera, p.Camera), word(v.amount(p.Share, "share")), word(interval(p.Interval, true)), word(fmt.Sprintf("%d / %d", p.Right, p.Judged)),
		}})
	}
	return out
}

func part(text string, n, of int) bar {
	share := "–"
	if of > 0 {
		share = fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of))
	}
	return bar{Text: text, Share: share, N: n, Of: max(of, 1)}
}
