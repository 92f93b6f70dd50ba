package coverage

import (
	"time"

	"golang.org/x/sys/unix"
)

// An Instant is a moment on both clocks.
type Instant struct {
	Wall time.Time     // for people; may be set at any time
	Mono time.Duration // since the machine began; never jumps
}

// Now reads both clocks. The monotonic one counts the time in which the machine
// slept, too: a box that slept has watched nothing, and its clock was not set.
func Now() Instant {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic(err) // only a kernel before 2.6.39 has none (clock_gettime(2))
	}
	return Instant{time.Now().Round(0), time.Duration(t.Nano())}
}

// jumpLimit is how far the clocks may part from one look to the next. Less is NTP
// slewing the clock, or a look that was interrupted.
const jumpLimit = 2 * time.Second

// A clock turns instants into positions: wall time that goes on with the monotonic
// clock between two looks.
type clock struct{ wall, mono int64 }

func (c clock) position(i Instant) int64 { return c.wall + i.Mono.Milliseconds() - c.mono }

// look sets the clock and says by how much the wall clock was set since the last
// look; 0 where it was not.
func (c *clock) look(i Instant) (jump time.Duration) {
	wall := i.Wall.UnixMilli()
	parted := time.Duration(wall-c.position(i)) * time.Millisecond
	c.wall, c.mono = wall, i.Mono.Milliseconds()
	if parted.Abs() > jumpLimit {
		return parted
	}
	return 0
}
