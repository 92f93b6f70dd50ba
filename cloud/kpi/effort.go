package kpi

import "time"

const gridWorker = "grid_worker"

// hours are what one role, or with "" all, spent in a period. A roster is only an
// upper bound and does not count.
func (w *work) hours(role string, p Period) []Effort {
	var out []Effort
	for _, e := range w.data.Effort {
		if e.Method != "roster" && p.holds(e.Day) && (role == "" || e.Role == role) {
			out = append(out, e)
		}
	}
	return out
}

func total(efforts []Effort) float64 {
	sum := 0.0
	for _, e := range efforts {
		sum += e.Hours
	}
	return sum
}

func effortPerHouseholds(w *work, f FigureDefinition) result {
	return w.effort(f, func(_ Period, weeks float64) float64 { return float64(w.data.Households) / 1000 * weeks })
}

func effortPerIncident(w *work, f FigureDefinition) result {
	return w.effort(f, func(p Period, weeks float64) float64 {
		cases := w.cohort
		if p != w.period {
			cases = cohort(w.data.Cases, p)
		}
		return float64(len(w.def.confirmed(cases, w.def.classesOf(f)))) * weeks / p.weeks()
	})
}

// effort divides grid workers' hours by what they are spread over: per says how
// much of it falls into so many weeks of a period.
func (w *work) effort(f FigureDefinition, per func(p Period, weeks float64) float64) result {
	entries := w.hours(gridWorker, w.period)
	den := per(w.period, w.period.weeks())
	r := result{den: num(den)}
	if len(entries) == 0 { // nobody wrote anything down: that is not no work
		return r
	}
	r.num, r.value = num(total(entries)), ratio(total(entries), den)
	of := func(p Period, entries []Effort) series[Effort] {
		d := per(p, p.weeks())
		return series[Effort]{byWeek(w, entries), func(draw []Effort) (float64, bool) { return total(draw) / d, d > 0 }}
	}
	now := of(w.period, entries)
	r.interval = bootstrap(now.weeks, f.Interval.Level, now.rate)
	b, ok := w.baseline("effort")
	if !ok || b.weeks() < leastWeeks {
		return r
	}
	if before := w.hours(gridWorker, b); len(before) > 0 {
		r.reduction = w.dated("effort", b, compared(now, of(b, before), f.Interval.Level))
	}
	return r
}

// leastWeeks of a baseline of effort.
const leastWeeks = 8

func byWeek(w *work, e []Effort) [][]Effort {
	return weeks(e, func(e Effort) time.Time { return e.Day.In(w.def.zone) })
}
