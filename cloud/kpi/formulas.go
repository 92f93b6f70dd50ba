package kpi

import (
	"slices"
	"time"
)

// A formula computes a figure.
type formula func(w *work, f FigureDefinition) result

var formulas = map[string]formula{
	"first_source_share":    firstSourceShare,
	"effort_per_households": effortPerHouseholds,
	"effort_per_incident":   effortPerIncident,
	"handling_mean":         duration(handling, meanHours),
	"handling_median":       duration(handling, medianHours),
	"handling_p90":          duration(handling, p90Hours),
	"enforcement_mean":      duration(enforcement, meanHours),
	"official_fires":        officialFires,
	"count":                 count,
}

// firstSourceShare also says when nobody else was looking: a share that rises
// because patrols have stopped is no better camera.
func firstSourceShare(w *work, f FigureDefinition) result {
	cases := w.def.confirmed(w.cohort, w.def.classesOf(f))
	k, others := 0.0, 0
	for _, c := range cases {
		k += c.share(f.Sources)
		others += c.HumanReports
	}
	n := float64(len(cases))
	r := result{num: num(k), den: num(n), value: ratio(k, n), interval: wilson(k, n, f.Interval.Level)}
	if f.Target == (Target{}) || n == 0 {
		return r
	}
	if audits, _ := w.audits(); audits.walks == 0 {
		r.flags = append(r.flags, "no_patrol_audit")
	}
	if others == 0 {
		r.flags = append(r.flags, "nobody_else_reported")
	}
	return r
}

// A clock reads how long a case took.
type clock struct {
	name string
	read func(c Case, asOf time.Time) (span, bool)
}

var (
	handling    = clock{"handling", Case.handling}
	enforcement = clock{"enforcement", Case.enforcement}
)

// A statistic makes one number of finished spans' hours.
type statistic struct {
	of    func(hours []float64) float64
	total bool // its numerator is the sum of hours, not the number of cases
}

var (
	meanHours   = statistic{mean, true}
	medianHours = statistic{func(h []float64) float64 { return quantile(h, 0.5) }, false}
	p90Hours    = statistic{func(h []float64) float64 { return quantile(h, 0.9) }, false}
)

func duration(c clock, s statistic) formula {
	return func(w *work, f FigureDefinition) result {
		spans := w.spans(c, f, w.period)
		hours := ended(spans)
		r := result{num: num(float64(len(hours))), den: num(float64(len(spans)))}
		if len(hours) == 0 {
			return r
		}
		if s.total {
			r.num, r.den = num(mean(hours)*float64(len(hours))), num(float64(len(hours)))
		}
		r.value = num(s.of(hours))
		r.interval = bootstrap(w.byWeek(spans), f.Interval.Level, func(draw []span) (float64, bool) {
			h := ended(draw)
			if len(h) == 0 {
				return 0, false
			}
			return s.of(h), true
		})
		r.reduction = w.reduced(c, s, f, spans)
		return r
	}
}

// spans are how long a period's confirmed cases took.
func (w *work) spans(c clock, f FigureDefinition, p Period) []span {
	cases := w.cohort
	if p != w.period {
		cases = cohort(w.data.Cases, p)
	}
	var out []span
	for _, x := range w.def.confirmed(cases, w.def.classesOf(f)) {
		if s, ok := c.read(x, p.AsOf); ok {
			out = append(out, s)
		}
	}
	return out
}

func ended(spans []span) []float64 {
	var out []float64
	for _, s := range spans {
		if s.ended {
			out = append(out, s.hours)
		}
	}
	return out
}

// byWeek groups spans by the ISO week in which their case was first seen.
func (w *work) byWeek(spans []span) [][]span {
	return weeks(spans, func(s span) time.Time { return s.at.In(w.def.zone) })
}

func weeks[T any](all []T, at func(T) time.Time) [][]T {
	groups := map[[2]int][]T{}
	var order [][2]int
	for _, x := range all {
		year, week := at(x).ISOWeek()
		k := [2]int{year, week}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], x)
	}
	slices.SortFunc(order, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	out := make([][]T, 0, len(order))
	for _, k := range order {
		out = append(out, groups[k])
	}
	return out
}

func officialFires(w *work, f FigureDefinition) result {
	fires, months := 0, 0
	for _, o := range w.data.Official {
		if t, err := time.ParseInLocation("2006-01", o.Month, w.def.zone); err == nil && w.period.holds(t) {
			fires += o.Fires
			months++
		}
	}
	r := result{den: num(w.exposure())}
	if months == 0 {
		return r // the authority has not said: that is not none
	}
	r.num, r.value, r.interval = num(float64(fires)), num(float64(fires)), poisson(float64(fires), f.Interval.Level)
	return r
}

func count(w *work, f FigureDefinition) result {
	k := float64(len(w.def.confirmed(w.cohort, w.def.classesOf(f))))
	return result{num: num(k), den: num(w.exposure()), value: num(k), interval: poisson(k, f.Interval.Level)}
}

// exposure is in household-years.
func (w *work) exposure() float64 { return float64(w.data.Households) * w.period.days() / 365.25 }
