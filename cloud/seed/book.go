package seed

import (
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/kpi"
)

// clerk is who enters what is not counted by the centre itself.
const clerk = "ma-clerk"

// diary enters a day's working hours. Before the cameras were connected grid workers
// walked more.
func (p *player) diary(day time.Time, before bool, c chance) {
	walk := 2.0
	if before {
		walk = 4.6
	}
	var out []kpi.Effort
	add := func(role, who, task string, hours float64) {
		out = append(out, kpi.Effort{Day: day.Add(18 * time.Hour), Role: role, Worker: who, Task: task, Method: "clock", Hours: max(.1, hours*(.7+.6*c.Float64()))})
	}
	for n, g := range gridders {
		if (day.YearDay()+n)%7 < 2 { // two free days a week
			continue
		}
		add("grid_worker", g.Name, "patrol", walk)
		add("grid_worker", g.Name, "handle", .8)
	}
	for _, w := range watches {
		add("duty_officer", w.Name, "verify", 1.6)
	}
	p.fail(p.centre.Book.AddEffort(p.ctx, clerk, p.now, out...))
}

// walks enters a day's random patrol walk; there are four a week.
func (p *player) walks(day time.Time, c chance) {
	if !c.is(4. / 7) {
		return
	}
	a := kpi.Audit{At: day.Add(time.Duration(7+c.IntN(13)) * time.Hour), Place: pick(c, p.places.of["compound"]).path, Hours: 1, Found: c.poisson(2.6)}
	for range a.Found {
		if c.is(.76) {
			a.Known++
		}
	}
	p.fail(p.centre.Book.AddAudit(p.ctx, clerk, p.now, a))
}

// month enters the fire authority's count of a month.
func (p *player) month(first time.Time, c chance) {
	o := kpi.Official{Month: first.Format("2006-01")}
	if c.is(.12) {
		o.Fires = 1
	}
	p.fail(p.centre.Book.SetOfficial(p.ctx, clerk, p.now, o))
}

// baseline says what the year is compared with.
func (p *player) baseline(o Options, live time.Time) {
	if !live.After(o.From) {
		return
	}
	for _, of := range []string{"handling", "enforcement", "effort"} {
		p.fail(p.centre.Book.SetBaseline(p.ctx, clerk, p.now, kpi.Baseline{Of: of, From: o.From, To: live, Method: "measured"}))
	}
}

// books are what people enter at the end of a day.
func (p *player) books(o Options, day time.Time) {
	live := o.live()
	c := dice(o.Seed, uint64(day.Unix())) //nolint:gosec // a time after 1970
	p.diary(day, day.Before(live), c)
	if !day.Before(live) {
		p.walks(day, c)
	}
	next := day.AddDate(0, 0, 1).In(governance.Shanghai)
	if next.Day() == 1 {
		p.month(day, c)
	}
	if next.Equal(live) {
		p.baseline(o, live)
	}
}
