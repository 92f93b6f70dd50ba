//go:build !nocv

package fire

import (
	"image"
	"math"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector remembers how each small cell of one camera's picture has looked.
type Detector struct {
	cfg      Config
	areas    zone.Areas
	net      Look // nil: judged without
	cells    *raster
	zones    []area
	found    []flow.Finding // in the newest picture
	suspects bool           // the newest picture deserves a closer look
	asked    time.Duration  // media time at which the network was asked last
	hasAsked bool
}

// An area is where fire counts together, and the places seen there of late.
type area struct {
	name      string
	mask      []byte // of cells
	places    []place
	suspected bool // something new there deserves a closer look
}

// Open returns a detector; zones of use fire, where there are any, are the only
// places that count. net may be nil: then nothing but change and colour is judged.
func Open(cfg Config, areas zone.Areas, net Look) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas, net: net}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "fire", Version: "4"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.FireVisual} }

// Close frees nothing: all it holds is memory.
func (d *Detector) Close() error { return nil }

const (
	soonest    = 60 * time.Millisecond // pictures closer than this show the same flame
	leastScore = 0.35                  // what is worth saying
)

// Detect returns the likeliest place of fire in each area, if there is one that
// could be.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	if r := d.cells; r != nil && r.pictures > 0 && p.PTS() >= r.at && p.PTS()-r.at < soonest {
		return d.found, nil
	}
	cells, err := p.Cells()
	if err != nil {
		return nil, err
	}
	if d.cells == nil || d.cells.cols != cells.Cols || d.cells.rows != cells.Rows {
		d.begin(cells.Cols, cells.Rows)
	}
	d.found, err = d.look(p.Frame(), d.cells.see(cells, p.Frame().Limited, p.PTS()))
	return d.found, err
}

func (d *Detector) begin(cols, rows int) {
	d.cells, d.zones = newRaster(cols, rows), nil
	for _, z := range d.areas.Of(zone.Fire) {
		d.zones = append(d.zones, area{name: z.Name, mask: zone.Raster(cols, rows, []zone.Zone{z}, d.areas.Masks)})
	}
	if len(d.zones) == 0 {
		d.zones = []area{{mask: zone.Raster(cols, rows, nil, d.areas.Masks)}}
	}
}

// look judges the frame that the cells have seen last, which has weight w.
func (d *Detector) look(f *flow.Frame, w float32) ([]flow.Finding, error) {
	r := d.cells
	least := max(1, int(d.cfg.MinArea*float64(len(r.cells))))
	r.measure(w)
	d.suspects = false
	var out []flow.Finding
	for i := range d.zones {
		a := &d.zones[i]
		a.places = follow(r.places(a.mask, least), a.places, r.at)
		for k := range a.places {
			if p := &a.places[k]; len(p.cells) > 0 {
				p.traits, p.heed = r.traits(*p), d.heed()
				p.odds = p.traits.logOdds()
			}
		}
		if err := d.ask(f, a.places); err != nil {
			return nil, err
		}
		if f, ok := d.best(*a); ok {
			out = append(out, f)
		}
		if err := d.suspect(f, a, least); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// best returns the likeliest place of an area.
func (d *Detector) best(a area) (flow.Finding, bool) {
	r := d.cells
	f := flow.Finding{Kind: event.FireVisual, Zone: a.name}
	for _, p := range a.places {
		if len(p.cells) == 0 {
			continue
		}
		box := r.box(p.box)
		caution := d.cfg.caution(box)
		odds := p.total() - caution
		d.suspects = d.suspects || odds+p.traits.takenByPace()/4 > suspicious
		if s := 1 / (1 + math.Exp(-odds)); s > f.Score {
			f.Score, f.Age, f.Box, f.Why = s, r.at-p.since, box, p.why(caution)
		}
	}
	return f, f.Score >= leastScore
}

func (r *raster) box(b image.Rectangle) event.Box {
	w, h := float64(r.cols), float64(r.rows)
	return event.Box{float64(b.Min.X) / w, float64(b.Min.Y) / h, float64(b.Dx()) / w, float64(b.Dy()) / h}
}
