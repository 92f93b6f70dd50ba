package kpi

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// A companion is shown beside a figure, so that the figure alone is never the
// story. nil says that it cannot be known.
type companion func(w *work, f FigureDefinition, r result) any

var companions = map[string]companion{
	"by_source":                   bySource,
	"technical_first_share":       other("technical_first_share"),
	"false_alarms_per_camera_day": falseAlarms,
	"coverage":                    func(w *work, _ FigureDefinition, _ result) any { return w.data.Coverage },
	"blind_audit":                 blindAudit,
	"human_reports":               humanReports,
	"ties":                        countIf(func(c Case) bool { return strings.Contains(c.FirstSource, "+") }),
	"retrospective":               countIf(func(c Case) bool { return c.Retrospective }),
	"merge_band":                  mergeBand,
	"effort_workers":              effortWorkers,
	"effort_net":                  effortNet,
	"effort_roster":               effortRoster,
	"effort_baseline":             reductionOf,
	"reduction":                   reductionOf,
	"stages":                      stages,
	"reopen_share":                shareIf(func(c Case) bool { return c.ReopenCount > 0 }),
	"rework_share":                shareIf(func(c Case) bool { return c.ReworkCount > 0 }),
	"forced_share":                shareIf(func(c Case) bool { return c.Forced }),
	"open_cases":                  openCases,
	"kaplan_meier_median":         kaplanMeierMedian,
	"restricted_mean_30d":         restrictedMean,
	"working_mean":                workingMean,
	"exposure_household_years":    func(w *work, _ FigureDefinition, _ result) any { return w.exposure() },
	"months_recorded":             monthsRecorded,
	"fires_confirmed":             other("fires_confirmed"),
	"near_misses":                 other("near_misses"),
	"seen_to_confirmed":           stage("seen_confirmed"),
	"confirmed_to_arrived": func(w *work, f FigureDefinition, _ result) any {
		return medianBetween(w.of(f), func(c Case) *time.Time { return c.ConfirmedAt }, func(c Case) *time.Time { return c.ArrivedAt })
	},
}

// other is another figure's value with its numbers.
func other(id string) companion {
	return func(w *work, _ FigureDefinition, _ result) any {
		f, ok := w.def.figure(id)
		if !ok {
			return nil
		}
		r := formulas[f.Formula](w, f)
		return map[string]any{"numerator": r.num, "denominator": r.den, "value": r.value, "interval": r.interval}
	}
}

func stage(name string) companion {
	return func(w *work, f FigureDefinition, r result) any { return stages(w, f, r).(map[string]*float64)[name] }
}

// reductionOf is the comparison with the baseline, nil without one.
func reductionOf(_ *work, _ FigureDefinition, r result) any {
	if r.reduction == nil {
		return nil
	}
	return r.reduction
}

// mergeBand says how many cases a merge window of twice the length would have
// made one with the case before at the same place.
func mergeBand(w *work, f FigureDefinition, _ result) any {
	type spot struct{ class, place string }
	last, joined := map[spot]time.Time{}, 0
	cases := slices.SortedFunc(slices.Values(w.of(f)), func(a, b Case) int { return a.FirstSeenAt.Compare(b.FirstSeenAt) })
	for _, c := range cases {
		k := spot{c.Class, c.Place}
		if before, ok := last[k]; ok && c.FirstSeenAt.Sub(before) <= 2*w.def.MergeWindows[c.Class] {
			joined++
		}
		last[k] = c.FirstSeenAt
	}
	return map[string]int{"cases": len(cases), "with_double_window": len(cases) - joined}
}

func effortWorkers(w *work, _ FigureDefinition, _ result) any {
	who := map[string]bool{}
	for _, e := range w.hours(gridWorker, w.period) {
		who[e.Worker] = true
	}
	return len(who)
}

// effortNet are the hours of every role: work that has only moved is no saving.
func effortNet(w *work, _ FigureDefinition, _ result) any {
	out := map[string]float64{}
	for _, e := range w.hours("", w.period) {
		out[e.Role] += e.Hours
		out["all"] += e.Hours
	}
	return out
}

func effortRoster(w *work, _ FigureDefinition, _ result) any {
	sum, any := 0.0, false
	for _, e := range w.data.Effort {
		if e.Method == "roster" && e.Role == gridWorker && w.period.holds(e.Day) {
			sum, any = sum+e.Hours, true
		}
	}
	if !any {
		return nil
	}
	return sum
}

// workingMean is the mean in hours of the working calendar, beside natural time.
func workingMean(w *work, f FigureDefinition, _ result) any {
	if w.data.Working == nil {
		return nil
	}
	var hours []float64
	for _, c := range w.of(f) {
		if c.ResolvedAt != nil && c.CheckedAt != nil && !c.Forced {
			hours = append(hours, w.data.Working(*c.ConfirmedAt, *c.ResolvedAt).Hours())
		}
	}
	if len(hours) == 0 {
		return nil
	}
	return mean(hours)
}

func monthsRecorded(w *work, _ FigureDefinition, _ result) any {
	n := 0
	for _, o := range w.data.Official {
		if t, err := time.ParseInLocation("2006-01", o.Month, w.def.zone); err == nil && w.period.holds(t) {
			n++
		}
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (w *work) of(f FigureDefinition) []Case { return w.def.confirmed(w.cohort, w.def.classesOf(f)) }

// bySource counts first discoveries, absolute.
func bySource(w *work, f FigureDefinition, _ result) any {
	out := map[string]int{}
	for _, c := range w.of(f) {
		out[c.FirstSource]++
	}
	return out
}

func humanReports(w *work, f FigureDefinition, _ result) any {
	n := 0
	for _, c := range w.of(f) {
		n += c.HumanReports
	}
	return n
}

func countIf(keep func(Case) bool) companion {
	return func(w *work, f FigureDefinition, _ result) any {
		n := 0
		for _, c := range w.of(f) {
			if keep(c) {
				n++
			}
		}
		return n
	}
}

func shareIf(keep func(Case) bool) companion {
	return func(w *work, f FigureDefinition, _ result) any {
		cases := w.of(f)
		n := 0
		for _, c := range cases {
			if keep(c) {
				n++
			}
		}
		return map[string]any{"numerator": n, "denominator": len(cases), "value": ratio(float64(n), float64(len(cases)))}
	}
}

// falseAlarms are cameras' signals that a person found to be nothing.
func falseAlarms(w *work, _ FigureDefinition, _ result) any {
	n := 0
	for _, c := range w.cohort {
		if c.share([]string{"camera_auto"}) > 0 && (c.Verdict == "false" || c.Verdict == "rule") {
			n++
		}
	}
	out := map[string]any{"false_alarms": n, "camera_days": w.data.CameraDays, "value": (*float64)(nil)}
	if d := w.data.CameraDays; d != nil {
		out["value"] = ratio(float64(n), *d)
	}
	return out
}

type walked struct{ walks, found, known int }

func (w *work) audits() (a walked, hours float64) {
	for _, x := range w.data.Audits {
		if w.period.holds(x.At) {
			a.walks++
			a.found += x.Found
			a.known += x.Known
			hours += x.Hours
		}
	}
	return a, hours
}

// blindAudit estimates how many there were at all, from what cameras and random
// walks found (Chapman), and so how much of it the cameras saw.
func blindAudit(w *work, f FigureDefinition, _ result) any {
	a, hours := w.audits()
	if a.walks == 0 {
		return nil
	}
	camera := 0.0
	for _, c := range w.of(f) {
		camera += c.share([]string{"camera_auto", "camera_operator"})
	}
	n, se := chapman(camera, float64(a.found), float64(a.known))
	return map[string]any{
		"walks": a.walks, "hours": hours, "audit_found": a.found, "camera_found": camera, "both": a.known,
		"estimated_total": n, "standard_error": se, "camera_sensitivity": ratio(float64(a.known), float64(a.found)),
	}
}

// stages are the medians of the ways between two stamps, in hours.
func stages(w *work, f FigureDefinition, _ result) any {
	out := map[string]*float64{}
	seen := func(c Case) *time.Time { return &c.FirstSeenAt }
	for _, s := range []struct {
		name     string
		from, to func(Case) *time.Time
	}{
		{"seen_confirmed", seen, func(c Case) *time.Time { return c.ConfirmedAt }},
		{"confirmed_dispatched", func(c Case) *time.Time { return c.ConfirmedAt }, func(c Case) *time.Time { return c.DispatchedAt }},
		{"dispatched_accepted", func(c Case) *time.Time { return c.DispatchedAt }, func(c Case) *time.Time { return c.AcceptedAt }},
		{"accepted_arrived", func(c Case) *time.Time { return c.AcceptedAt }, func(c Case) *time.Time { return c.ArrivedAt }},
		{"arrived_resolved", func(c Case) *time.Time { return c.ArrivedAt }, func(c Case) *time.Time { return c.ResolvedAt }},
		{"resolved_checked", func(c Case) *time.Time { return c.ResolvedAt }, func(c Case) *time.Time { return c.CheckedAt }},
	} {
		out[s.name] = medianBetween(w.of(f), s.from, s.to)
	}
	return out
}

func medianBetween(cases []Case, from, to func(Case) *time.Time) *float64 {
	var hours []float64
	for _, c := range cases {
		if a, b := from(c), to(c); a != nil && b != nil && !b.Before(*a) {
			hours = append(hours, b.Sub(*a).Hours())
		}
	}
	if len(hours) == 0 {
		return nil
	}
	return num(quantile(hours, 0.5))
}

// spansOf are those of the clock that a figure reads.
func (w *work) spansOf(f FigureDefinition) []span {
	if f.Formula == "enforcement_mean" {
		return w.spans(enforcement, f, w.period)
	}
	return w.spans(handling, f, w.period)
}

func openCases(w *work, f FigureDefinition, _ result) any {
	spans := w.spansOf(f)
	return len(spans) - len(ended(spans))
}

func kaplanMeierMedian(w *work, f FigureDefinition, _ result) any {
	if m, ok := kaplanMeier(w.spansOf(f)).median(); ok {
		return m
	}
	return nil
}

func restrictedMean(w *work, f FigureDefinition, _ result) any {
	spans := w.spansOf(f)
	if len(spans) == 0 {
		return nil
	}
	return kaplanMeier(spans).restrictedMean(forcedTime.Hours())
}
