package gate

import (
	"time"

	"eastgate/edge/flow"
)

// A feel is what lone pictures tell of a camera: which blocks of its picture move, and which usually do. A
// thing moves several that lie together and are mostly still, in two pictures one after the other; noise
// moves one here and there, or many once, and a tree the same ones again and again.
type feel struct {
	w, h   int
	usual  []uint16 // how often each block moves, to 1<<16-1
	fresh  []bool
	anew   int           // blocks of the newest picture that resemble nothing before them
	untold int           // pictures in a row that told nothing
	retry  time.Duration // when the last such picture was; another one is asked at once
	first  time.Duration // when a picture told of a thing; a second one shall bear it out
	raised bool          // a thing was told of since the last judgement
	vain   int           // how often in a row that came to nothing
	judged time.Duration // when it last did
}

const (
	movedLeast = 4 // quarters of a pixel from one picture to the next
	feelWindow = 4 // blocks, 64 pixels; windows overlap by half
	feelCount  = 6 // blocks of a window that are a thing
	feelUsual  = 1 << 14
	anewShare  = 4 // a picture of which a quarter is new is another one: turned away, or covered
	feelRate   = 5 // what is usual is learnt by a 32nd of each picture
	// feelPair is how soon after the first the second picture must be.
	feelPair = 300 * time.Millisecond
)

// take learns from a movement and reports whether it bears out that there is a thing.
func (f *feel) take(m flow.Movement) bool {
	if m.Width != f.w || m.Height != f.h {
		n := m.Width * m.Height
		*f = feel{w: m.Width, h: m.Height, usual: make([]uint16, n), fresh: make([]bool, n)}
	}
	f.untold, f.retry = 0, 0
	f.learn(m.Moved)
	if f.most() < f.enough(m.PTS) && f.anew*anewShare < len(m.Moved) {
		f.first = 0
		return false
	}
	if f.first > 0 && m.PTS-f.first <= feelPair {
		f.first, f.raised = 0, true
		return true
	}
	f.first = m.PTS
	return false
}

// enough is how many blocks are a thing: more where that came to nothing.
func (f *feel) enough(at time.Duration) int {
	if at > f.judged+pardon {
		f.vain = 0
	}
	return feelCount + feelCount*f.vain/2
}

// judge takes in whether what was raised has come to something.
func (f *feel) judge(found bool, at time.Duration) {
	switch {
	case !f.raised:
	case found:
		f.vain = 0
	default:
		f.vain, f.judged = min(f.vain+1, mostVain), at
	}
	f.raised = false
}

// again reports whether the next picture shall be asked at once.
func (f *feel) again(now time.Duration) bool {
	return f.first > 0 && now-f.first <= feelPair || f.retry > 0 && now-f.retry <= feelPair
}

func (f *feel) learn(moved []byte) {
	f.anew = 0
	for i, v := range moved {
		if v == flow.CodedAnew {
			f.anew++
		}
		if v < movedLeast || v == flow.CodedAnew { // what renews a picture piece by piece moves nothing
			f.usual[i] -= f.usual[i] >> feelRate
			f.fresh[i] = false
			continue
		}
		f.fresh[i] = f.usual[i] < feelUsual
		f.usual[i] += (1<<16 - 1 - f.usual[i]) >> feelRate
	}
}

// most is how many fresh blocks one window holds at most.
func (f *feel) most() (most int) {
	for y := 0; y < f.h; y += feelWindow / 2 {
		for x := 0; x < f.w; x += feelWindow / 2 {
			most = max(most, f.count(x, y))
		}
	}
	return most
}

func (f *feel) count(x, y int) (n int) {
	for row := y; row < min(y+feelWindow, f.h); row++ {
		for _, v := range f.fresh[row*f.w+x : row*f.w+min(x+feelWindow, f.w)] {
			if v {
				n++
			}
		}
	}
	return n
}
