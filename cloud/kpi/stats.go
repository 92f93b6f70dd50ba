package kpi

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// A bound is an interval; nil where there is nothing to say.
type bound = *[2]float64

// wilson is the score interval of a proportion (Wilson 1927). k may be a half.
func wilson(k, n, level float64) bound {
	if n == 0 {
		return nil
	}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	p := k / n
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return &[2]float64{math.Max(0, mid-half), math.Min(1, mid+half)}
}

// poisson is the exact interval of a count (Garwood 1936).
func poisson(k, level float64) bound {
	tail := (1 - level) / 2
	lo := 0.0
	if k > 0 {
		lo = distuv.ChiSquared{K: 2 * k}.Quantile(tail) / 2
	}
	return &[2]float64{lo, distuv.ChiSquared{K: 2*k + 2}.Quantile(1-tail) / 2}
}

// chapman estimates how many there were from two independent looks: n1 and n2
// found, m of them by both (Chapman 1951). It returns the estimate and its
// standard error.
func chapman(n1, n2, m float64) (n, se float64) {
	n = (n1+1)*(n2+1)/(m+1) - 1
	v := (n1 + 1) * (n2 + 1) * (n1 - m) * (n2 - m) / ((m + 1) * (m + 1) * (m + 2))
	return n, math.Sqrt(v)
}

func mean(xs []float64) float64 {
	sum := 0.0
	for _, x := range xs {
		sum += x
	}
	return sum / float64(len(xs))
}

// quantile is that of type 7 of Hyndman and Fan 1996, as spreadsheets have it.
func quantile(xs []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(xs))
	at := q * float64(len(s)-1)
	lo := int(at)
	if lo+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[lo] + (at-float64(lo))*(s[lo+1]-s[lo])
}

// A curve is the share that is still open after some hours (Kaplan and Meier 1958).
type curve []struct{ hours, open float64 }

func kaplanMeier(spans []span) curve {
	s := slices.SortedFunc(slices.Values(spans), func(a, b span) int {
		switch {
		case a.hours != b.hours:
			return cmpFloat(a.hours, b.hours)
		case a.ended == b.ended:
			return 0
		case a.ended: // at one time, ends come before censorings
			return -1
		}
		return 1
	})
	var out curve
	open := 1.0
	for i := 0; i < len(s); {
		at, ends, j := s[i].hours, 0, i
		for ; j < len(s) && s[j].hours == at; j++ {
			if s[j].ended {
				ends++
			}
		}
		if ends > 0 {
			open *= 1 - float64(ends)/float64(len(s)-i)
			out = append(out, struct{ hours, open float64 }{at, open})
		}
		i = j
	}
	return out
}

func cmpFloat(a, b float64) int {
	if a < b {
		return -1
	}
	return 1
}

// median is when half are finished; ok is false while more than half are open.
func (c curve) median() (hours float64, ok bool) {
	for _, p := range c {
		if p.open <= 0.5 {
			return p.hours, true
		}
	}
	return 0, false
}

// restrictedMean is the area under the curve up to a limit in hours.
func (c curve) restrictedMean(limit float64) float64 {
	sum, at, open := 0.0, 0.0, 1.0
	for _, p := range c {
		if p.hours >= limit {
			break
		}
		sum += open * (p.hours - at)
		at, open = p.hours, p.open
	}
	return sum + open*(limit-at)
}

// rounds of a bootstrap: enough for two digits of a 95 % interval.
const rounds = 400

// bootstrap draws whole weeks, because cases of one week are not independent
// (Künsch 1989), and returns the interval of f over the draws. The draws are the
// same at every run. f says false where a draw has no value.
func bootstrap[T any](weeks [][]T, level float64, f func([]T) (float64, bool)) bound {
	if len(weeks) < 2 {
		return nil
	}
	r := rand.New(rand.NewPCG(1, uint64(len(weeks)))) //nolint:gosec // chance that can be repeated is the point
	var got []float64
	var draw []T
	for range rounds {
		draw = draw[:0]
		for range weeks {
			draw = append(draw, weeks[r.IntN(len(weeks))]...)
		}
		if x, ok := f(draw); ok {
			got = append(got, x)
		}
	}
	if len(got) < rounds/2 {
		return nil
	}
	tail := (1 - level) / 2
	return &[2]float64{quantile(got, tail), quantile(got, 1-tail)}
}
