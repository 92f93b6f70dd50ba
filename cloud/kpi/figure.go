package kpi

import (
	"slices"
	"time"
)

// Verdicts of a figure. NoTarget is for figures that are shown, not judged.
const (
	Met        = "met"
	NotMet     = "not_met"
	Undecided  = "undecided" // the interval covers the target, or the data cannot tell
	NoBaseline = "no_baseline"
	NoTarget   = "no_target"
)

// A Figure is one KPI of one period. What cannot be said is nil, never 0.
type Figure struct {
	ID                string         `json:"id"`
	Numerator         *float64       `json:"numerator"`
	Denominator       *float64       `json:"denominator"`
	Value             *float64       `json:"value"`
	Interval          bound          `json:"interval"`
	Verdict           string         `json:"verdict"`
	Classes           []string       `json:"classes"` // that occurred or are listed; what counts
	DefinitionVersion string         `json:"definition_version"`
	Companions        map[string]any `json:"companions"`
	Unit              string         `json:"unit"`
	From              time.Time      `json:"from"`
	To                time.Time      `json:"to"`
	AsOf              time.Time      `json:"as_of"`
	Flags             []string       `json:"flags"` // why it must not be taken at its word
}

// Data is what figures are made of.
type Data struct {
	Cases     []Case
	Effort    []Effort
	Audits    []Audit
	Official  []Official
	Baselines []Baseline

	Households int
	CameraDays *float64 // cameras × days of the period; nil when not known
	Coverage   *float64 // share of due camera time that was seen; nil when not known
	// Working is how much of a span is working time; nil without a calendar.
	Working func(from, to time.Time) time.Duration
}

// An Effort is time that somebody spent on the centre's matters.
type Effort struct {
	Day    time.Time
	Role   string // grid_worker, guard, duty_officer …
	Worker string
	Task   string // patrol, verify, handle, paperwork, upkeep
	Method string // clock (the app's), diary (random half days), roster (an upper bound)
	Hours  float64
}

// An Audit is one random patrol walk and what it found.
type Audit struct {
	At    time.Time
	Place string
	Hours float64
	// Found are camera-observable matters that the walk saw; Known are those of
	// them that a camera had, too.
	Found, Known int
}

// Official fires are entered from the fire authority's list, by month, and never
// counted by us.
type Official struct {
	Month string // 2025-06
	Fires int
}

// A Baseline is a time before, to compare with.
type Baseline struct {
	Of       string // handling, enforcement or effort
	From, To time.Time
	Method   string // measured or recalled
}

// work is one computation.
type work struct {
	def    *Definition
	period Period
	data   Data
	cohort []Case
}

// result is what a formula says.
type result struct {
	num, den, value *float64
	interval        bound
	reduction       *reduction // for targets of that kind
	flags           []string
}

// Compute makes every figure of the definition for a period.
func Compute(d *Definition, p Period, data Data) []Figure {
	w := &work{def: d, period: p, data: data, cohort: cohort(data.Cases, p)}
	out := make([]Figure, 0, len(d.Figures))
	for _, f := range d.Figures {
		out = append(out, w.figure(f))
	}
	return out
}

func (w *work) figure(f FigureDefinition) Figure {
	r := formulas[f.Formula](w, f)
	out := Figure{
		ID: f.ID, Numerator: r.num, Denominator: r.den, Value: r.value, Interval: r.interval, Verdict: verdict(f.Target, r),
		Classes: w.classes(f), DefinitionVersion: w.def.Version, Companions: map[string]any{}, Unit: f.Unit,
		From: w.period.From.UTC(), To: w.period.To.UTC(), AsOf: w.period.AsOf.UTC(), Flags: r.flags,
	}
	if out.Flags == nil {
		out.Flags = []string{}
	}
	for _, c := range f.Companions {
		out.Companions[c] = companions[c](w, f, r)
	}
	return out
}

// classes are what a figure counts: as listed, or those that occurred.
func (w *work) classes(f FigureDefinition) []string {
	if listed := w.def.classesOf(f); listed != nil {
		return listed
	}
	var out []string
	for _, c := range w.def.confirmed(w.cohort, nil) {
		if !slices.Contains(out, c.Class) {
			out = append(out, c.Class)
		}
	}
	slices.Sort(out)
	return out
}

// verdict judges from the interval, never from the value alone.
func verdict(t Target, r result) string {
	switch {
	case t.AtLeast > 0:
		return atLeast(t.AtLeast, r)
	case t.Reduction > 0:
		if r.reduction == nil {
			return NoBaseline
		}
		return atLeast(t.Reduction, result{value: r.reduction.Value, interval: r.reduction.Interval})
	case t.None:
		if r.value != nil && *r.value > 0 {
			return NotMet
		}
		return Undecided // none recorded: no proof that there are none
	}
	return NoTarget
}

func atLeast(target float64, r result) string {
	switch {
	case r.interval == nil:
		return Undecided
	case r.interval[1] < target:
		return NotMet
	case r.interval[0] >= target && len(r.flags) == 0:
		return Met
	}
	return Undecided
}

func num(x float64) *float64 { return &x }

// ratio is num/den, nil where there is no denominator.
func ratio(k, n float64) *float64 {
	if n == 0 {
		return nil
	}
	return num(k / n)
}
