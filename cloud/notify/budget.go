package notify

import (
	"slices"
	"time"

	"eastgate/cloud/notify/channel"
)

// A bucket holds the tokens of one robot: each message takes one of every limit, and
// it comes back exactly when the limit's time has passed. A bucket that fills evenly
// would let twice as many out in its first minute, and the platform counts.
type bucket struct {
	limits  []channel.Limit
	reserve int // of the first limit, for level 1
	taken   []time.Time
}

// newBucket returns one from which tokens were taken at some times before.
func newBucket(r Robot, taken []time.Time) *bucket {
	b := &bucket{limits: r.Limits, reserve: r.Reserve, taken: slices.Clone(taken)}
	slices.SortFunc(b.taken, time.Time.Compare)
	return b
}

// keep is how far back tokens are remembered at all.
func keep(limits []channel.Limit) (longest time.Duration) {
	for _, l := range limits {
		longest = max(longest, l.Per)
	}
	return longest
}

// free is how many tokens there are now, and when one more comes back; urgent may
// take those of the reserve.
func (b *bucket) free(now time.Time, urgent bool) (n int, more time.Time) {
	longest := keep(b.limits)
	b.taken = slices.DeleteFunc(b.taken, func(at time.Time) bool { return now.Sub(at) >= longest })
	n = 1 << 20
	for i, l := range b.limits {
		most := l.N
		if i == 0 && !urgent {
			most -= b.reserve
		}
		var in []time.Time
		for _, at := range b.taken {
			if now.Sub(at) < l.Per {
				in = append(in, at)
			}
		}
		left := most - len(in)
		if left <= 0 && len(in) > 0 { // as many must come back as are too much, and one
			if back := in[min(-left, len(in)-1)].Add(l.Per); back.After(more) {
				more = back
			}
		}
		n = min(n, left)
	}
	return max(n, 0), more
}

func (b *bucket) take(now time.Time) { b.taken = append(b.taken, now) }
