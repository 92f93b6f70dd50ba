package uplink

import (
	"testing"
	"testing/synctest"
	"time"

	"eastgate/edge/outbox"
)

// TestAgesWhenTheClockJumps: a wall clock that is wrong makes no news old and nothing
// old news.
func TestAgesWhenTheClockJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a ages
		streams := func(next uint64) []outbox.Stream { return []outbox.Stream{{Priority: 4, Next: next}} }
		entry := func(seq uint64, age time.Duration) outbox.Entry {
			return outbox.Entry{Message: outbox.Message{Priority: 4}, Seq: seq, PutAt: time.Now().Add(-age).Round(0)}
		}
		if a.old(entry(1, 0)) {
			t.Error("before anything is known, something new is old")
		}
		a.note(streams(11)) // ten waited before the program began
		for _, c := range []struct {
			name string
			e    outbox.Entry
			old  bool
		}{
			{"of an earlier run, just put", entry(10, time.Second), false},
			{"of an earlier run, long ago", entry(10, time.Hour), true},
			{"of an earlier run, the clock was set back since", entry(10, -time.Hour), true},
			{"new, the clock was set forward since", entry(11, 50*365*24*time.Hour), false},
			{"new, the clock was set back since", entry(11, -time.Hour), false},
		} {
			if got := a.old(c.e); got != c.old {
				t.Errorf("%s: old %v", c.name, got)
			}
		}
		for range 14 { // seventy seconds, with one new event each five
			time.Sleep(ageStep)
			a.note(streams(uint64(11 + len(a.marks))))
		}
		if !a.old(entry(11, -time.Hour)) {
			t.Error("after a minute an event is still news, because the clock was set back")
		}
		if a.old(entry(20, time.Hour)) {
			t.Error("an event of the last minute is no news, because the clock was set forward")
		}
		if len(a.marks) > 14 {
			t.Errorf("%d marks are kept", len(a.marks))
		}
	})
}
