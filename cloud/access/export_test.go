package access

import (
	"fmt"
	"time"
)

// ByClock has people live by another clock.
func (p *People) ByClock(now func() time.Time) { p.clock, p.tries.now = now, now }

// RememberedAfter is how much is remembered after wrong passwords for so many names.
func RememberedAfter(names int) int {
	t := newTries()
	for n := range names {
		t.failed(fmt.Sprint("name-", n), fmt.Sprint("address-", n))
	}
	return len(t.made)
}
