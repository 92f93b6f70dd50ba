//go:build !nocv

package dwell

import (
	"fmt"
	"image"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector watches the zones of one camera.
type Detector struct {
	cfg   Config
	areas zone.Areas
	size  image.Point
	model *model
	zones []watched
	stays []*stay
	next  int // number of the next stay; never used again
	look  Look
	taken time.Time     // wall clock of the newest picture
	began bool          // it has seen a picture
	asked time.Duration // media time of the last look
	stirs bool          // something that may come to stand is in a zone

	memory detect.Memory // nil where nothing outlives the detector
	kept   *kept         // what an earlier one knew, until the first picture
	saved  struct {      // what was saved last
		at    time.Duration
		names string
	}
}

// A watched zone and the pixels of the model that are in it.
type watched struct {
	zone.Zone
	mask []bool
}

// Open returns a detector for the zones in which nothing may stand. With none of
// them it finds nothing. look may be nil: then what stands is not told apart.
func Open(cfg Config, areas zone.Areas, look Look) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas, look: look, asked: -askEvery}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "dwell", Version: "3"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind {
	return []event.Kind{event.ParkingMotor, event.FireLaneBlocked}
}

// Close saves what is known; there is nothing to free.
func (d *Detector) Close() error {
	if d.model != nil {
		d.remember(d.model.last, true)
	}
	return nil
}

// Detect returns one finding for each thing that stands in a zone.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	whole, err := grey.DataPtrUint8()
	if err != nil {
		return nil, fmt.Errorf("grey picture: %w", err)
	}
	size := image.Pt(grey.Cols(), grey.Rows())
	if d.size != size {
		d.begin(size)
	}
	d.number(p.Taken())
	if d.model == nil { // no zones
		return nil, nil
	}
	d.see(whole, p.PTS(), p.Taken())
	d.remember(p.PTS(), false)
	if err := d.ask(p.Frame(), p.PTS()); err != nil {
		return nil, err
	}
	return d.findings(p.PTS()), nil
}

// Suspects reports whether something in a zone has come, is about to stand, or is
// about to leave. What stands and stays needs no closer look.
func (d *Detector) Suspects() bool { return d.stirs }

// number makes names of stays that no earlier detector has used: those of this one count
// on from the seconds of the wall clock, and fewer than one a second comes to stand.
func (d *Detector) number(taken time.Time) {
	if !d.began {
		d.began, d.next = true, int(max(taken.Unix(), 0))
		if d.kept != nil {
			d.next = max(d.next, d.kept.Next)
		}
	}
}

// see brings the model and the stays up to the newest picture.
func (d *Detector) see(whole []byte, at time.Duration, taken time.Time) {
	m := d.model
	pix := m.cut(whole, d.size)
	if gap := at - m.last; m.began == never || gap < 0 || gap > unseen {
		before := d.kept
		if m.began != never { // nobody looked for a while, which is like a restart
			before = d.keepsake()
		}
		d.taken, d.kept = taken, nil
		if before == nil || !d.resume(before, whole, pix, at) {
			m.begin(whole, d.size.X, pix, at)
			d.stays = nil
			return
		}
	}
	d.taken = taken
	k := share(at-m.last, keep)
	patience := max(d.cfg.MaxOcclusion, 2*(at-m.last)) // at least two looks, however far apart
	if !m.see(whole, d.size.X, pix, at) {
		d.keep(func(s *stay) bool { return m.began != at && at-s.seen <= patience })
		return
	}
	d.keep(func(s *stay) bool {
		s.relight(m.light, k)
		return s.see(m, patience)
	})
	least := max(int(d.cfg.MinArea*float64(d.size.X*d.size.Y)), 6)
	for _, p := range m.pieces(least) {
		if !d.grown(p) {
			d.next++
			d.stays = append(d.stays, m.newStay(fmt.Sprintf("s%d", d.next), p))
		}
	}
	d.stirs = d.stir(least)
}

// stir reports whether in some zone there is enough that is not the empty place and no
// stay, or a stay is not seen as it was.
func (d *Detector) stir(least int) bool {
	m := d.model
	for _, z := range d.zones {
		n := 0
		for i, in := range z.mask {
			if in && m.diff[i] && m.moved[i] && !m.held[i] {
				n++
			}
		}
		if n >= least {
			return true
		}
	}
	for _, s := range d.stays {
		if s.seen != m.last {
			return true
		}
	}
	return false
}

// keep drops the stays of what has left.
func (d *Detector) keep(there func(*stay) bool) {
	kept := d.stays[:0]
	for _, s := range d.stays {
		if there(s) {
			kept = append(kept, s)
		} else {
			s.release(d.model)
		}
	}
	clear(d.stays[len(kept):])
	d.stays = kept
}

func (d *Detector) grown(p piece) bool {
	for _, s := range d.stays {
		if s.grows(d.model, p) {
			return true
		}
	}
	return false
}

func (d *Detector) findings(at time.Duration) []flow.Finding {
	var out []flow.Finding
	for _, z := range d.zones {
		for _, s := range d.stays {
			if !d.model.standsIn(s, z.mask) || s.kind.somebody() {
				continue
			}
			b := s.box.Add(d.model.rect.Min)
			w, h := float64(d.size.X), float64(d.size.Y)
			out = append(out, flow.Finding{
				Kind: z.Kind(), Zone: z.Name, Subject: s.name, Age: at - s.rest(), Score: s.score, Note: s.kind.note(), Why: s.why(at, d.size),
				Box: event.Box{float64(b.Min.X) / w, float64(b.Min.Y) / h, float64(b.Dx()) / w, float64(b.Dy()) / h},
			})
		}
	}
	return out
}

// standsIn reports whether the foot of a thing, its lowest third, is in a zone: a
// lorry beside the zone covers it, but does not stand in it.
func (m *model) standsIn(s *stay, mask []bool) bool {
	foot := s.box.Max.Y - (s.box.Dy()+2)/3
	in, all := 0, 0
	for _, i := range s.pixels {
		if i/m.w < foot {
			continue
		}
		all++
		if mask[i] {
			in++
		}
	}
	return 2*in >= all && in > 0
}

// around is how much of the picture is looked at around the zones, so that a thing
// is seen whole.
const around = 0.15

// begin starts anew for pictures of another size.
func (d *Detector) begin(size image.Point) {
	d.size, d.model, d.zones, d.stays = size, nil, nil, nil
	zones := d.areas.Of(zone.NoParking, zone.FireLane)
	var rect image.Rectangle
	for _, z := range zones {
		b := z.Points.Bounds()
		w, h := float64(size.X), float64(size.Y)
		rect = rect.Union(image.Rect(int((b[0]-around)*w), int((b[1]-around)*h),
			int((b[0]+b[2]+around)*w)+1, int((b[1]+b[3]+around)*h)+1))
	}
	rect = rect.Intersect(image.Rectangle{Max: size})
	if rect.Empty() {
		return
	}
	d.model = newModel(rect)
	d.model.began = never
	for _, z := range zones {
		raster := zone.Raster(size.X, size.Y, []zone.Zone{z}, d.areas.Masks)
		mask := make([]bool, rect.Dx()*rect.Dy())
		for i := range mask {
			x, y := rect.Min.X+i%rect.Dx(), rect.Min.Y+i/rect.Dx()
			mask[i] = raster[y*size.X+x] != 0
		}
		d.zones = append(d.zones, watched{z, mask})
	}
}
