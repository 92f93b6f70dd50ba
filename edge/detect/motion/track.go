//go:build !nocv

package motion

import (
	"math"
	"time"
)

// A track is one blob over several pictures. It is forgotten when the blob is gone:
// nobody is followed.
type track struct {
	blob
	first, last time.Duration
	hits        int
	x0, y0      float64       // where it was first
	went        float64       // pixels that it has been away from there, at most
	moved       time.Duration // when it was last seen to change from picture to picture
	stirs       int           // pictures on which it did
	evidence    float64       // seconds of seeing it move, small and dim things count less
	path        float64       // pixels that it has gone, back and forth
	lessons     []lesson      // what it has to teach the sway
	taken       bool          // by a blob of the newest picture
}

const (
	patience  = 800 * time.Millisecond // a track may be unseen for so long, or for two pictures
	maxTracks = 64
)

// age is how long the track has been seen.
func (t *track) age() time.Duration { return t.last - t.first }

// size is the length of the blob's longer side in pixels.
func (t *track) size() float64 { return float64(max(t.box.Dx(), t.box.Dy())) }

// follow joins the blobs of a picture to the tracks.
func (d *Detector) follow(found []blob, at, dt time.Duration) {
	for _, t := range d.tracks {
		t.taken = false
	}
	for _, o := range found {
		if t := d.nearest(o, dt); t != nil {
			t.see(o, at)
		} else if len(d.tracks) < maxTracks {
			d.tracks = append(d.tracks, &track{blob: o, first: at, last: at, hits: 1, x0: o.x, y0: o.y, taken: true})
		}
	}
	kept := d.tracks[:0]
	for _, t := range d.tracks {
		if t.taken || at-t.last <= max(patience, 2*dt) {
			kept = append(kept, t)
		} else {
			d.sway.learn(t)
		}
	}
	clear(d.tracks[len(kept):])
	d.tracks = kept
}

func (t *track) see(o blob, at time.Duration) {
	t.path += math.Hypot(o.x-t.x, o.y-t.y)
	t.blob, t.last, t.taken = o, at, true
	t.hits++
	t.went = max(t.went, math.Hypot(o.x-t.x0, o.y-t.y0))
}

// nearest returns the track that a blob goes on with: the nearest that could have
// come so far and is of a like size.
func (d *Detector) nearest(o blob, dt time.Duration) *track {
	var best *track
	least := math.Inf(1)
	for _, t := range d.tracks {
		n, m := float64(len(o.pixels)), float64(len(t.pixels))
		if t.taken || n > 6*m+20 || m > 6*n+20 {
			continue
		}
		away := math.Hypot(o.x-t.x, o.y-t.y)
		reach := 4 + 0.5*max(t.size(), float64(max(o.box.Dx(), o.box.Dy()))) + 20*dt.Seconds()
		if away < least && (away < reach || t.box.Overlaps(o.box)) {
			best, least = t, away
		}
	}
	return best
}
