package gate

import (
	"time"

	"eastgate/edge/flow"
)

// A cause is why a camera is looked at closely, as far as it is known. Times are
// media times; pictures come to be looked at a little later than they are decided on.
//
// Movement is the one cause that can go on for ever: a street, a tree. Once it is told
// as an event, the key pictures say when it ends, and a closer look now and then is
// enough. Movement that comes to nothing is believed for a while, then less and less.
type cause struct {
	until  [flow.Burning + 1]time.Duration // how long each urgency holds
	told   int                             // events of movement under way
	since  time.Duration                   // when the first of them began
	opened time.Duration                   // when the look under way began
	found  bool                            // an event has begun since then
	vain   int                             // looks in a row that found nothing
	closed time.Duration                   // when the last of them ended
	mute   time.Duration                   // until when movement is not believed
}

const (
	// familiar is how long movement that is known as an event is looked at closely.
	familiar = 8 * time.Second
	// again is after how long it is looked at once more, for linger.
	again = 30 * time.Second
	// longest is how long a look goes on for movement of which no event comes; shorter,
	// where the one before it came to nothing.
	longest = 10 * time.Second
	shorter = 5 * time.Second
	// leastMute and mostMute bound how long movement is then not believed.
	leastMute = 4 * time.Second
	mostMute  = 30 * time.Second
)

// suspect takes in that something was suspected in the picture at pts.
func (c *cause) suspect(u flow.Urgency, pts time.Duration) {
	c.until[u] = max(c.until[u], pts+linger)
}

// elsewhere takes in that what moves, moves where movement has not come to nothing of
// late: it is believed as soon as may be.
func (c *cause) elsewhere(pts time.Duration) {
	if pts >= c.closed+leastMute {
		c.mute = 0
	}
}

// now is the greatest urgency that holds; open says whether a look is under way.
func (c *cause) now(at time.Duration, open bool) flow.Urgency {
	for u := flow.Burning; u > flow.Moving; u-- {
		if at < c.until[u] {
			return u
		}
	}
	if at >= c.until[flow.Moving] || at < c.mute {
		return flow.Calm
	}
	if c.told > 0 {
		if rest := at - c.since - familiar; rest > 0 && rest%again < again-linger {
			return flow.Calm
		}
		return flow.Moving
	}
	if open && !c.found && at-c.opened > c.patience() {
		return flow.Calm
	}
	return flow.Moving
}

// patience is how long a look goes on for mere movement.
func (c *cause) patience() time.Duration {
	if c.vain > 0 {
		return shorter
	}
	return longest
}

func (c *cause) open(at time.Duration) { c.opened, c.found = at, false }

// close ends a look and reports whether it has found something.
func (c *cause) close(at time.Duration) bool {
	if c.found || c.told > 0 {
		c.vain, c.mute = 0, 0
		return true
	}
	if at > c.closed+pardon {
		c.vain = 0
	}
	c.mute = at + min(leastMute<<min(c.vain, 8), mostMute)
	c.closed = at
	c.vain++
	return false
}

// begun and ended take in that an event of movement did.
func (c *cause) begun(at time.Duration) {
	if c.told++; c.told == 1 {
		c.since = at
	}
}

func (c *cause) ended() { c.told = max(c.told-1, 0) }
