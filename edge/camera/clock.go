package camera

import (
	"math"
	"time"

	"github.com/pion/rtcp"
)

// mediaTime is the time of the picture in the making since the session's first
// picture. RTP time wraps; a step of more than half its range goes backwards.
func (a *assembler) mediaTime() time.Duration {
	if !a.timed {
		a.timed, a.lastTS = true, a.ts
	}
	a.elapsed += int64(int32(a.ts - a.lastTS)) //nolint:gosec // the sign is meant
	a.lastTS = a.ts
	whole, rest := a.elapsed/a.rate, a.elapsed%a.rate
	return time.Duration(whole)*time.Second + time.Duration(rest)*time.Second/time.Duration(a.rate)
}

// A clock puts the media times of a camera's sessions into one line that begins
// at 0 with the first picture. Between sessions it goes on by the edge's
// monotonic clock, and so it does where the camera's own time jumps: some
// cameras count RTP time by their wall clock and are then set by NTP.
type clock struct {
	born   time.Time     // when the first picture came
	last   time.Duration // highest time given
	lastAt time.Time     // when
	offset time.Duration // of this session's times
	inside bool          // a session
}

const (
	reorder = time.Second     // how far B-pictures may step back
	hurry   = 2 * time.Second // how far a camera may be ahead of its own pictures
)

// leave says that the next time belongs to another session.
func (c *clock) leave() { c.inside = false }

// place returns the PTS of a picture that came at now with a time of its own, and
// whether the camera's time had jumped.
func (c *clock) place(own time.Duration, now time.Time) (pts time.Duration, jumped bool) {
	switch {
	case c.born.IsZero():
		c.born, c.lastAt = now, now
		c.offset, c.inside = -own, true
		return 0, false
	case !c.inside:
		c.anchor(own, now)
	default:
		pts := own + c.offset
		// A step forward is a jump only where the pictures would come from the
		// future: after a pause, the network may deliver many at once.
		ahead := pts-c.last > now.Sub(c.lastAt)+hurry && pts > now.Sub(c.born)+hurry
		if jumped = ahead || pts < c.last-reorder; jumped {
			c.anchor(own, now)
		}
	}
	pts = max(own+c.offset, 0)
	if pts >= c.last {
		c.last, c.lastAt = pts, now
	}
	return pts, jumped
}

func (c *clock) anchor(own time.Duration, now time.Time) {
	c.offset = max(now.Sub(c.born), c.last+time.Millisecond) - own
	c.inside = true
}

// clockAhead reads from an RTCP sender report how far the camera's clock is ahead of
// ours (RFC 3550 §6.4.1). The way over the network is in it, some milliseconds.
func clockAhead(p rtcp.Packet, now time.Time) (ahead time.Duration, ok bool) {
	sr, ok := p.(*rtcp.SenderReport)
	if !ok || sr.NTPTime == 0 { // 0 says that the camera has no clock
		return 0, false
	}
	const ntpEpoch = 2208988800 // seconds from 1900 to 1970
	nanos := (sr.NTPTime & math.MaxUint32) * uint64(time.Second) >> 32
	return time.Unix(int64(sr.NTPTime>>32)-ntpEpoch, int64(nanos)).Sub(now.Round(0)), true //nolint:gosec // 32 bits each
}
