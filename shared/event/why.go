package event

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
)

// A Why tells people what an event rests on: features and scores by their names, as
// the detector knows them. It is for reading, and for learning from what people say
// of the event; nothing is decided by it.
type Why map[string]float64

// MaxWhy is how many numbers a Why holds.
const MaxWhy = 12

var whyName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,23}$`)

// Tidy returns w as an event carries it: what is no number or has no proper name is
// left out, at most MaxWhy numbers are kept, the first by name, each with four digits
// that count.
func (w Why) Tidy() Why {
	out := Why{}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		v := w[name]
		if len(out) < MaxWhy && whyName.MatchString(name) && !math.IsNaN(v) && !math.IsInf(v, 0) {
			out[name] = digits(v)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// digits rounds v to four digits that count; what rounds to nothing is nothing.
func digits(v float64) float64 {
	if math.Abs(v) < 1e-6 {
		return 0
	}
	k := math.Pow10(3 - int(math.Floor(math.Log10(math.Abs(v)))))
	if r := math.Round(v*k) / k; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return v
}

func (w Why) faults() (faults []error) {
	if len(w) > MaxWhy {
		faults = append(faults, fmt.Errorf("more than %d numbers of why", MaxWhy))
	}
	for name := range w {
		if !whyName.MatchString(name) {
			faults = append(faults, fmt.Errorf("why %.40q is no name of 1 to 24 characters of a-z, 0-9 and _", name))
			break
		}
	}
	return faults
}
