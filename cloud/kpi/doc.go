// Package kpi computes the centre's figures from its cases, as definition.yml
// says.
//
// It promises that every figure comes with its numerator, denominator, interval,
// verdict, companions and the definition's version; that the figures are
// functions of the exported rows alone (and, for effort, audits and official
// fires, of what was entered); that a settled month never changes; and that a
// figure whose interval covers its target is called undecided, never met.
//
// Formulas:
//
//   - first_source_share: confirmed cases whose first_source is in sources, ties
//     ("camera_auto+resident") counting the share of it that is, over all
//     confirmed cases; Wilson's interval.
//   - handling_…: hours from confirmed_at to resolved_at of cases that passed a
//     check; a forced end counts as 30 days. The numerator of a mean is the sum of
//     hours; of a median or percentile, the number of finished cases, and its
//     denominator all confirmed ones. Open cases are censored: Kaplan–Meier.
//   - enforcement_mean: hours from whistled_at to enforced_at.
//   - effort_…: entered hours of grid workers, per 1,000 households and week, or
//     per confirmed case.
//   - count, official_fires: a number with its exact Poisson bounds; the
//     denominator is the exposure in household-years.
//
// "reduction" targets compare with a recorded baseline, each class weighted as in
// the baseline; without one the verdict is no_baseline.
package kpi
