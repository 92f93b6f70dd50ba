package kpi

import (
	"math/rand/v2"
	"slices"
	"time"
)

// A reduction is 1 - after/before.
type reduction struct {
	Value    *float64  `json:"value"`
	Interval bound     `json:"interval"`
	After    *float64  `json:"after"`
	Before   *float64  `json:"before"`
	From     time.Time `json:"baseline_from"`
	To       time.Time `json:"baseline_to"`
	Method   string    `json:"baseline_method"`
	Classes  []string  `json:"classes,omitempty"` // that could be compared
}

// baseline is the period that a clock is compared with.
func (w *work) baseline(of string) (Period, bool) {
	for _, b := range w.data.Baselines {
		if b.Of == of && b.To.Before(w.period.To) && !b.From.Equal(w.period.From) {
			return Period{From: b.From, To: b.To, AsOf: b.To.Add(w.def.Settled)}, true
		}
	}
	return Period{}, false
}

// leastCases of a class in the baseline, below which it is not compared.
const leastCases = 30

// reduced compares with the baseline, each class weighted as it was then.
func (w *work) reduced(c clock, s statistic, f FigureDefinition, now []span) *reduction {
	p, ok := w.baseline(c.name)
	if !ok {
		return nil
	}
	before := w.spans(c, f, p)
	weights := mix(before, now)
	if len(weights) == 0 {
		return nil
	}
	standard := func(spans []span) (float64, bool) {
		byClass := map[string][]float64{}
		for _, x := range spans {
			if x.ended {
				byClass[x.class] = append(byClass[x.class], x.hours)
			}
		}
		sum := 0.0
		for class, weight := range weights {
			if len(byClass[class]) == 0 {
				return 0, false
			}
			sum += weight * s.of(byClass[class])
		}
		return sum, true
	}
	r := compared(series[span]{w.byWeek(now), standard}, series[span]{w.byWeek(before), standard}, f.Interval.Level)
	if r != nil {
		r.Classes = sortedKeys(weights)
	}
	return w.dated(c.name, p, r)
}

// dated says which baseline a reduction is from.
func (w *work) dated(of string, p Period, r *reduction) *reduction {
	if r == nil {
		return nil
	}
	r.From, r.To = p.From.UTC(), p.To.UTC()
	for _, b := range w.data.Baselines {
		if b.Of == of {
			r.Method = b.Method
		}
	}
	return r
}

// mix is each class's share of the baseline, of those with enough cases then and
// any now.
func mix(before, now []span) map[string]float64 {
	then, current, n := map[string]float64{}, map[string]bool{}, 0.0
	for _, s := range now {
		current[s.class] = current[s.class] || s.ended
	}
	for _, s := range before {
		if s.ended {
			then[s.class]++
		}
	}
	for class, k := range then {
		if k < leastCases || !current[class] {
			delete(then, class)
			continue
		}
		n += k
	}
	for class := range then {
		then[class] /= n
	}
	return then
}

// A series is what one time gives, week by week, and the rate that it makes.
type series[T any] struct {
	weeks [][]T
	rate  func([]T) (float64, bool)
}

// compared draws weeks of both times and returns how far the rate has fallen.
func compared[T any](now, old series[T], level float64) *reduction {
	after, ok1 := now.rate(slices.Concat(now.weeks...))
	before, ok2 := old.rate(slices.Concat(old.weeks...))
	if !ok1 || !ok2 || before == 0 {
		return nil
	}
	out := &reduction{Value: num(1 - after/before), After: &after, Before: &before}
	if len(now.weeks) < 2 || len(old.weeks) < 2 {
		return out
	}
	r := rand.New(rand.NewPCG(2, uint64(len(now.weeks)))) //nolint:gosec // chance that can be repeated is the point
	var got []float64
	for range rounds {
		a, ok1 := now.rate(drawn(r, now.weeks))
		b, ok2 := old.rate(drawn(r, old.weeks))
		if ok1 && ok2 && b > 0 {
			got = append(got, 1-a/b)
		}
	}
	if len(got) >= rounds/2 {
		tail := (1 - level) / 2
		out.Interval = &[2]float64{quantile(got, tail), quantile(got, 1-tail)}
	}
	return out
}

func drawn[T any](r *rand.Rand, weeks [][]T) []T {
	var out []T
	for range weeks {
		out = append(out, weeks[r.IntN(len(weeks))]...)
	}
	return out
}
