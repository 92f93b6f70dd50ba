package seed

import (
	"math"
	"math/rand/v2"
	"time"
)

// chance is one case's own dice: what others do does not change its throws.
type chance struct{ *rand.Rand }

func dice(seed, of uint64) chance {
	return chance{rand.New(rand.NewPCG(seed, of))} //nolint:gosec // a year that can be played again is the point
}

func (c chance) is(p float64) bool { return c.Float64() < p }

// about is a log-normal time around a median; spread is its sigma.
func (c chance) about(median time.Duration, spread float64) time.Duration {
	x := math.Exp(math.Max(-2.5, math.Min(2.5, c.NormFloat64()))*spread) * float64(median)
	return time.Duration(x).Round(time.Second)
}

// poisson draws a number (Knuth, The Art of Computer Programming 2, §3.4.1.F).
func (c chance) poisson(mean float64) int {
	limit, p := math.Exp(-mean), c.Float64()
	n := 0
	for ; p > limit; n++ {
		p *= c.Float64()
	}
	return n
}

func pick[T any](c chance, from []T) T { return from[c.IntN(len(from))] }
