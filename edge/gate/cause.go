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
// for a while, then for shorter and after longer pauses.
type cause struct {
	wishes [flow.Burning + 1]wish
	since  time.Duration // when the first of the events of movement began that are under way
	opened time.Duration // when the look under way began
}

// A wish is one urgency with which pictures are asked for.
type wish struct {
	from, until time.Duration // how long it holds
	told        int           // events of it that are under way
	heard       time.Duration // when the last of them began or ended
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
// whatever is wished then is believed after half the time.
func (c *cause) elsewhere(pts time.Duration) {
	for u := range c.wishes {
		if w := &c.wishes[u]; pts >= (w.closed+w.mute)/2 {
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
	switch {
	case at >= w.until || at < w.mute:
		return false
	case w.told == 0:
		return !open || at-c.begin(w) <= w.patience(u)
	case u > flow.Moving:
		return true
	}
	rest := at - c.since - familiar
	return rest <= 0 || rest%again >= again-linger
}

// begin is from when on a wish has been waiting for an event in the look under way.
func (c *cause) begin(w *wish) time.Duration { return max(c.opened, w.from, w.heard) }

func (w *wish) patience(u flow.Urgency) time.Duration {
	if w.vain > 0 {
		return patiences[u].after
	}
	return patiences[u].first
}

func (c *cause) open(at time.Duration) { c.opened = at }

// close ends a look and reports whether what was seen in it was anything.
func (c *cause) close(at time.Duration) (found bool) {
	for u := flow.Moving; u <= flow.Burning; u++ {
		w := &c.wishes[u]
		switch {
		case w.told > 0, w.heard > c.opened && at-c.begin(w) <= w.patience(u):
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
	w := &c.wishes[u]
	if w.heard, w.told = at, w.told+1; w.told == 1 && u == flow.Moving {
		c.since = at
	}
}

func (c *cause) ended(u flow.Urgency, at time.Duration) {
	w := &c.wishes[u]
	w.heard, w.told = at, max(w.told-1, 0)
}
