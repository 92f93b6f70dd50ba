package gate

import (
	"time"

	"eastgate/edge/flow"
)

// A cause is why a camera is looked at closely, as far as it is known. Times are
// media times; pictures come to be looked at a little later than they are decided on.
type cause struct {
	until     [flow.Burning + 1]time.Duration // how long each urgency holds
	moving    time.Duration                   // since when something moves, with short breaks
	moved     time.Duration                   // when it did last
	confirmed bool                            // a detector has seen something since the gate opened
}

// calm is how long nothing may have moved for the next movement to be a new one.
const calm = 6 * time.Second

// suspect takes in that something was suspected in the picture at pts.
func (c *cause) suspect(u flow.Urgency, pts time.Duration) {
	c.until[u] = max(c.until[u], pts+linger)
	if pts-c.moved > calm || c.moved == 0 {
		c.moving = pts
	}
	c.moved = max(c.moved, pts)
}

// now is the greatest urgency that holds. Movement alone is worth a look when it
// begins, and again from time to time.
func (c *cause) now(at time.Duration) flow.Urgency {
	for u := flow.Burning; u > flow.Moving; u-- {
		if at < c.until[u] {
			return u
		}
	}
	if at < c.until[flow.Moving] {
		if since := at - c.moving; since < familiar || (since-familiar)%again > again-linger {
			return flow.Moving
		}
	}
	return flow.Calm
}
