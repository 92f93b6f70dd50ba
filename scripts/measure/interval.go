package main

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// tail is what an interval of 95 % leaves out at each end.
const tail = 0.025

// share is the exact interval of Clopper and Pearson for a share of which k of n
// were seen.
func share(k, n int) (low, high float64) {
	high = 1
	if n == 0 {
		return 0, 1
	}
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}

// rate is the exact interval of Garwood for a rate of which k events were seen in
// so many hours.
func rate(k int, hours float64) (low, high float64) {
	if hours <= 0 {
		return 0, math.Inf(1)
	}
	if k > 0 {
		low = distuv.ChiSquared{K: 2 * float64(k)}.Quantile(tail) / 2 / hours
	}
	return low, distuv.ChiSquared{K: 2*float64(k) + 2}.Quantile(1-tail) / 2 / hours
}
