package tamper

import (
	"math"
	"time"
)

// What a lens or a view may be.
const (
	covered   = "covered"
	sprayed   = "sprayed"
	defocused = "defocused"
	moved     = "moved"
	frozen    = "frozen"
	black     = "black"
)

const (
	lost     = 0.6  // share of the blocks that must be lost for a view to be another
	whole    = 0.25 // share up to which it is itself
	flat     = 0.45 // gradient left, as a share, below which a lens is covered
	patches  = 0.35 // share of the blocks that must be smeared for a sprayed lens
	smeared  = 0.4  // strongest gradient left in a block, as a share, below which it is smeared
	edged    = 0.3  // share of the lost blocks that may have edges of their own
	blurred  = 0.5  // strongest gradient left, for the contrast there is, below which a block is out of focus
	veiled   = 0.7  // share of the blocks that must be
	few      = 0.15 // share of the blocks that may be as sharp as ever
	there    = 0.8  // correlation from which light and dark lie where they did
	darkness = 14   // mean grey level of black

	// What takes longer to come over the picture is a thing before the lens, and must
	// stay longer.
	sudden = 1600 * time.Millisecond
	linger = 20 * time.Second
)

// A finding of the whole view: what is wrong, how clearly, and the numbers behind it.
type judgement struct {
	note  string
	score float64

	judged                          int
	lost, left, smeared, edges, dim float64
	intact, coarse                  float64 // share of blocks as sharp as ever; whether light and dark lie where they did
}

// judge says what is wrong, or nothing, and learns. dark says that the picture is as
// dark as black.
func (v *view) judge(pix []byte, at time.Duration, dark bool) judgement {
	if !v.see(pix, at) {
		return judgement{}
	}
	j := v.weigh()
	v.pace(j, at)
	j.note = v.name(j, dark, at)
	if j.note == "" || at-v.began < settle {
		v.learn(at)
		j.note = ""
	}
	v.last = at
	j.score = min(1, 0.5+max(j.lost-lost, j.smeared-patches, j.dim-veiled, 0))
	return j
}

// weigh gathers what the blocks say.
func (v *view) weigh() judgement {
	j, contrast := v.coarse()
	var now, then, gone, smooth, sharp, dim, intact float64
	for i := range v.blocks {
		b := &v.blocks[i]
		if !b.says() {
			continue
		}
		j.judged++
		now, then = now+b.now, then+b.then
		switch {
		case b.lost && b.most < smeared*b.was:
			gone, smooth = gone+1, smooth+1
		case b.lost:
			gone++
			if b.most > b.was/2 {
				sharp++
			}
		}
		switch {
		case b.most < blurred*contrast*b.was:
			dim++
		case !b.lost:
			intact++
		}
	}
	if j.judged == 0 {
		j.left = 1
		return j
	}
	n := float64(j.judged)
	j.lost, j.smeared, j.dim, j.left, j.intact = gone/n, smooth/n, dim/n, now/then, intact/n
	if gone > 0 {
		j.edges = sharp / gone
	}
	return j
}

// pace notices how fast the view is lost.
func (v *view) pace(j judgement, at time.Duration) {
	switch {
	case j.lost <= whole:
		v.whole, v.slow = at, false
	case j.lost < lost && at-v.whole > sudden:
		v.slow = true
	}
}

// coarse compares how light the blocks are with what is remembered: a lens out of focus
// keeps light and dark where they are, a hand before it does not. It also returns how
// much they differ, as a share of what is remembered: fog and dusk leave less of it.
func (v *view) coarse() (j judgement, contrast float64) {
	var x, y, xx, yy, xy float64
	for i := range v.blocks {
		a, b := v.blocks[i].lum, v.blocks[i].level
		x, y, xx, yy, xy = x+a, y+b, xx+a*a, yy+b*b, xy+a*b
	}
	n := float64(len(v.blocks))
	vx, vy := xx-x*x/n, yy-y*y/n
	if vx < n || vy < n/4 { // too plain a view to tell
		return j, 1
	}
	j.coarse = (xy - x*y/n) / math.Sqrt(vx*vy)
	return j, min(math.Sqrt(vy/vx), 1)
}

func (v *view) name(j judgement, dark bool, at time.Duration) string {
	enough := j.judged >= fewest
	switch {
	case dark && (enough && j.lost >= lost || v.blank()):
		return black
	case !enough:
		return ""
	case j.dim >= veiled && j.coarse >= there:
		return defocused
	case j.smeared >= patches && j.edges < edged && j.intact >= few:
		return sprayed
	case j.lost >= lost && j.left < flat:
		return covered
	case j.lost >= lost && (!v.slow || at-v.whole > linger):
		return moved
	}
	return ""
}

// blank says that nothing at all has structure: a picture that was black from the
// beginning has nothing to be compared with.
func (v *view) blank() bool {
	for _, b := range v.blocks {
		if b.now >= texture {
			return false
		}
	}
	return true
}
