package gate

import (
	"time"

	"eastgate/edge/flow"
)

// A cause is why a camera is looked at closely, as far as it is known. Times are
// media times; pictures come to be looked at a little later than they are decided on.
//
// Movement can go on for ever: a street, a tree. Once it is told as an event, the key
// pictures say when it ends, and a closer look now and then is enough. What is wished and
// comes to nothing, whether movement, an orange balloon or a queue in a zone, is believed
// for a while, then less; fire and what stands never less than half as long as it is left.
type cause struct {
	wishes [flow.Burning + 1]wish
	told   int           // events of movement under way
	since  time.Duration // when the first of them began
	opened time.Duration // when the look under way began
}

// A wish is one urgency with which pictures are asked for.
type wish struct {
	from, until time.Duration // how long it holds
	found       bool          // an event of it has begun in the look under way
	vain        int           // looks in a row in which it came to nothing
	closed      time.Duration // when the last of them ended
	mute        time.Duration // until when it is not believed
}

const (
	// familiar is how long movement that is known as an event is looked at closely.
	familiar = 8 * time.Second
	// again is after how long it is looked at once more, for linger.
	again = 30 * time.Second
	// leastMute is how long a wish that came to nothing is not believed; it doubles each time.
	leastMute = 4 * time.Second
)

// A patience says how long a look goes on for a wish of which no event comes: the first
// time, and after one that came to nothing; and how long at most it is then not believed.
type patience struct{ first, after, mute time.Duration }

var patiences = [...]patience{
	flow.Moving:   {10 * time.Second, 5 * time.Second, 30 * time.Second},
	flow.Standing: {20 * time.Second, 6 * time.Second, 12 * time.Second},
	flow.Burning:  {20 * time.Second, 6 * time.Second, 12 * time.Second},
}

// suspect takes in that something was suspected in the picture at pts.
func (c *cause) suspect(u flow.Urgency, pts time.Duration) {
	w := &c.wishes[u]
	if pts >= w.until {
		w.from = pts
	}
	w.until = max(w.until, pts+linger)
}

// elsewhere takes in that something moves where movement has not come to nothing of late:
// whatever is wished then is believed as soon as may be.
func (c *cause) elsewhere(pts time.Duration) {
	for u := range c.wishes {
		if w := &c.wishes[u]; pts >= w.closed+leastMute {
			w.mute = 0
		}
	}
}

// now is the greatest urgency that holds; open says whether a look is under way.
func (c *cause) now(at time.Duration, open bool) flow.Urgency {
	for u := flow.Burning; u > flow.Calm; u-- {
		if c.believed(u, at, open) {
			return u
		}
	}
	return flow.Calm
}

func (c *cause) believed(u flow.Urgency, at time.Duration, open bool) bool {
	w := &c.wishes[u]
	if at >= w.until || at < w.mute {
		return false
	}
	if u == flow.Moving && c.told > 0 {
		rest := at - c.since - familiar
		return rest <= 0 || rest%again >= again-linger
	}
	patience := patiences[u].first
	if w.vain > 0 {
		patience = patiences[u].after
	}
	return !open || w.found || at-max(c.opened, w.from) <= patience
}

func (c *cause) open(at time.Duration) {
	c.opened = at
	for u := range c.wishes {
		c.wishes[u].found = false
	}
}

// close ends a look and reports whether the movement in it was anything.
func (c *cause) close(at time.Duration) (found bool) {
	for u := flow.Moving; u <= flow.Burning; u++ {
		w := &c.wishes[u]
		switch {
		case w.found, u == flow.Moving && c.told > 0:
			w.vain, w.mute, found = 0, 0, true
		case w.until > c.opened:
			w.end(at, patiences[u].mute)
		}
	}
	return found
}

// end takes in that a wish came to nothing.
func (w *wish) end(at, most time.Duration) {
	if at > w.closed+pardon {
		w.vain = 0
	}
	w.mute = at + min(leastMute<<min(w.vain, 8), most)
	w.closed = at
	w.vain++
}

// begun and ended take in that an event did.
func (c *cause) begun(u flow.Urgency, at time.Duration) {
	c.wishes[u].found = true
	if u != flow.Moving {
		return
	}
	if c.told++; c.told == 1 {
		c.since = at
	}
}

func (c *cause) ended(u flow.Urgency) {
	if u == flow.Moving {
		c.told = max(c.told-1, 0)
	}
}
