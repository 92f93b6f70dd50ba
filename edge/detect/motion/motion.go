//go:build !nocv

package motion

import (
	"image"
	"math"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector keeps the background of one camera.
type Detector struct {
	cfg    Config
	areas  zone.Areas
	zones  []area
	counts []byte // not 0 where anything counts
	bg     *background
	sway   *sway
	tracks []*track

	mark  []byte // of pixels that are part of a blob to be found
	solid []int32
	arena []int32
	found []blob
}

// An area is where motion counts together.
type area struct {
	name string
	mask []byte
}

// Open returns a detector; zones of use motion, where there are any, are the only
// places that count.
func Open(cfg Config, areas zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "motion", Version: "2"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.Motion} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Suspects reports whether something is there that may turn out to move: nothing that has
// stood still for a while, nor what only sways.
func (d *Detector) Suspects() bool {
	for _, t := range d.tracks {
		if (t.hits == 1 || t.last-t.moved <= 2*still) && d.sway.share(t.blob) <= steady {
			return true
		}
	}
	return false
}

// Detect returns one finding for each area in which something moves.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	w, h := grey.Cols(), grey.Rows()
	if d.bg == nil || d.bg.w != w || d.bg.h != h {
		d.begin(w, h)
	}
	dt := p.PTS() - d.bg.last
	if !d.bg.look(pix, p.PTS()) {
		d.tracks = nil
		return nil, nil
	}
	d.track(pix, p.PTS(), dt)
	copy(d.bg.prev, pix)
	var out []flow.Finding
	for _, a := range d.zones {
		if f, ok := d.judge(a); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (d *Detector) begin(w, h int) {
	d.bg, d.sway, d.tracks, d.zones = newBackground(w, h), newSway(w, h), nil, nil
	d.mark, d.counts = make([]byte, w*h), make([]byte, w*h)
	for _, z := range d.areas.Of(zone.Motion) {
		d.zones = append(d.zones, area{z.Name, zone.Raster(w, h, []zone.Zone{z}, d.areas.Masks)})
	}
	if len(d.zones) == 0 {
		d.zones = []area{{"", zone.Raster(w, h, nil, d.areas.Masks)}}
	}
	for _, a := range d.zones {
		for i, m := range a.mask {
			d.counts[i] |= m
		}
	}
}

// track brings the tracks up to the newest picture. What is light becomes part of
// the background; what gets nowhere is learnt to sway.
func (d *Detector) track(pix []byte, at, dt time.Duration) {
	things := d.blobs(pix)
	kept := things[:0]
	for _, o := range things {
		if d.bg.shines(o, pix) {
			d.bg.settle(o, pix)
		} else {
			kept = append(kept, o)
		}
	}
	d.follow(kept, at, dt)
	for _, t := range d.tracks {
		if t.taken {
			d.weigh(t, at, dt)
		}
	}
	d.sway.fade(dt)
	for _, t := range d.tracks {
		switch {
		case !t.taken || t.hits < 3:
		case d.travels(t):
			t.lessons = t.lessons[:0]
		case len(t.pixels) < len(pix)/mostSway:
			d.sway.note(t, dt)
			if t.age() > longEnough {
				d.sway.learn(t)
			}
		}
	}
}

// mostSway is how many times a thing that sways fits into the picture, at least.
const mostSway = 25

// settle makes what a blob shows the background.
func (b *background) settle(o blob, pix []byte) {
	for _, i := range o.pixels {
		b.mean[i] = int32(pix[i]) * fine
	}
}

// judge gathers what moves in an area.
func (d *Detector) judge(a area) (flow.Finding, bool) {
	var box image.Rectangle
	var most *track
	size, best := 0.0, 0.0
	for _, t := range d.tracks {
		if !t.taken {
			continue
		}
		n := t.within(a.mask)
		sure := d.sure(t, n)
		if sure < 1 {
			continue
		}
		box = box.Union(t.box)
		size += float64(n)
		if sure > best {
			best, most = sure, t
		}
	}
	if most == nil {
		return flow.Finding{}, false
	}
	w, h := float64(d.bg.w), float64(d.bg.h)
	return flow.Finding{
		Kind: event.Motion, Zone: a.name, Score: min(1, 0.5+best/20),
		Box: event.Box{float64(box.Min.X) / w, float64(box.Min.Y) / h, float64(box.Dx()) / w, float64(box.Dy()) / h},
		Why: event.Why{
			"area": size / w / h, "contrast": most.weight / float64(len(most.pixels)), "seen_s": most.age().Seconds(),
			"travel": most.went / w, "sways": d.sway.share(most.blob),
		},
	}, true
}

func (t *track) within(mask []byte) int {
	n := 0
	for _, i := range t.pixels {
		n += int(mask[i] & 1)
	}
	return n
}

// least is the size in pixels of the smallest thing that counts in a place. What the
// picture's border cuts is not small because it is far away.
func (d *Detector) least(box image.Rectangle) float64 {
	share := d.cfg.MinArea
	if d.entire(box) {
		share *= d.near(box)
	}
	return max(share*float64(d.bg.w*d.bg.h), 4)
}

// near is how large a thing appears with its foot where a box ends, as a share of
// its size at the picture's lower edge.
func (d *Detector) near(box image.Rectangle) float64 {
	return d.cfg.Far + (1-d.cfg.Far)*float64(box.Max.Y)/float64(d.bg.h)
}

func (d *Detector) entire(box image.Rectangle) bool {
	return box.In(image.Rect(0, 0, d.bg.w, d.bg.h).Inset(2))
}

const (
	atOnce   = 4           // a thing so many times as large as the least is one on its first picture
	moves    = 0.1         // share of a thing's pixels that change from picture to picture
	steady   = 0.7         // share of a thing that sways, above which it is what sways
	tiny     = 8           // a thing may be so many times smaller than the least, if it goes somewhere
	enough   = 0.7         // seconds of evidence for it
	tinyHits = 4           // and pictures
	tinyPath = 3           // and pixels that it must have gone
	still    = time.Second // after which what has not changed does not move
)

// weigh adds what the newest picture says of a track.
func (d *Detector) weigh(t *track, at, dt time.Duration) {
	n := float64(len(t.pixels))
	if float64(t.stirred) >= max(3, moves*n) {
		t.moved = at
		t.stirs++
	}
	if t.hits > 1 && at-t.moved <= still {
		t.evidence += min(dt.Seconds(), 1) * min(n/d.least(t.box), 1) * t.weight / n
	}
}

// sure says how sure it is that a track of which n pixels count is a thing that
// moves; from 1 on it is.
func (d *Detector) sure(t *track, n int) float64 {
	size := float64(n) / d.least(t.box)
	switch {
	case n == 0 || t.last-t.moved > still || d.low(t):
		return 0
	case d.sway.share(t.blob) > steady:
		return 0
	case size >= atOnce && t.hits == 1, size >= 1 && t.stirs >= 2 && t.last-t.moved <= still/2:
		return size
	case size*tiny >= 1 && t.hits >= tinyHits && t.evidence >= enough && t.went >= tinyPath && t.went >= t.path/4 && d.entire(t.box):
		return 1
	}
	return 0
}

// low reports whether a track is less high than the configuration asks for.
func (d *Detector) low(t *track) bool {
	return float64(t.box.Dy()) < d.cfg.MinHeight*float64(d.bg.h)*math.Sqrt(d.near(t.box))
}

// travels reports whether a track has gone somewhere, and not only to and fro: what
// sways swings by less than its own size.
func (d *Detector) travels(t *track) bool {
	return t.went >= max(float64(d.bg.w)/16, t.size()) && t.went >= t.path/3
}
