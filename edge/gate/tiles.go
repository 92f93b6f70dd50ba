package gate

import "time"

// tiles remember where movement has come to nothing: a screen in a shop window, a tree
// in the wind. Such a place is not believed for a while, longer each time, and then
// only when more of it moves. What moves elsewhere is believed as ever.
type tiles struct {
	w, h   int // how many, overlapping by half
	vain   []uint8
	mute   []time.Duration // until when each is not believed
	raised []bool          // those that were believed since the last judgement
}

const (
	// restless is how long a tile is not believed after its alarm came to nothing;
	// it doubles each time.
	restless     = 8 * time.Second
	mostRestless = 2 * time.Minute
	// pardon is how long a tile must have been quiet, or not believed, to be as others.
	pardon   = 10 * time.Minute
	mostVain = 4 // beyond which a tile needs no more to be believed
)

func newTiles(w, h int) tiles {
	t := tiles{w: (w + tile/2 - 1) / (tile / 2), h: (h + tile/2 - 1) / (tile / 2)}
	t.vain, t.mute, t.raised = make([]uint8, t.w*t.h), make([]time.Duration, t.w*t.h), make([]bool, t.w*t.h)
	return t
}

// enough is how many changed pixels make a thing of tile i: more where that was wrong.
func (t *tiles) enough(i int, at time.Duration) int {
	if t.vain[i] > 0 && at > t.mute[i]+pardon {
		t.vain[i] = 0
	}
	return tileCount + tileCount*int(min(t.vain[i], mostVain))/2
}

// raise notes that a tile has enough of a thing, and reports whether it is believed.
func (t *tiles) raise(i int, at time.Duration) bool {
	if at < t.mute[i] {
		return false
	}
	t.raised[i] = true
	return true
}

// judge takes in whether what was raised has come to something. The tiles beside are
// judged with it, for what sways comes a little farther next time.
func (t *tiles) judge(found bool, at time.Duration) {
	for i, raised := range t.raised {
		if !raised {
			continue
		}
		t.raised[i] = false
		if found {
			t.vain[i], t.mute[i] = 0, 0
			continue
		}
		t.mute[i] = at + min(restless<<min(t.vain[i], 8), mostRestless)
		t.vain[i] = min(t.vain[i]+1, 8)
		t.calm(i, t.mute[i])
	}
}

// calm has the neighbours of a tile not believed for as long.
func (t *tiles) calm(i int, until time.Duration) {
	x, y := i%t.w, i/t.w
	for ny := max(y-1, 0); ny <= min(y+1, t.h-1); ny++ {
		for nx := max(x-1, 0); nx <= min(x+1, t.w-1); nx++ {
			n := ny*t.w + nx
			t.mute[n] = max(t.mute[n], until)
		}
	}
}
