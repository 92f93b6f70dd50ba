//go:build !nocv

package fire

import (
	"image"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector remembers how each small cell of one camera's picture has looked.
type Detector struct {
	cfg   Config
	areas zone.Areas
	cells *raster
	zones []area
	found []flow.Finding // in the newest picture
}

// An area is where fire counts together, and the places seen there of late.
type area struct {
	name   string
	mask   []byte // of cells
	places []place
}

// Open returns a detector; zones of use fire, where there are any, are the only
// places that count.
func Open(cfg Config, areas zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "fire", Version: "2"} }

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
	d.found = d.look(d.cells.see(cells, p.Frame().Limited, p.PTS()))
	return d.found, nil
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

// look judges the picture that the cells have seen last, which has weight w.
func (d *Detector) look(w float32) []flow.Finding {
	r := d.cells
	least := max(1, int(d.cfg.MinArea*float64(len(r.cells))))
	r.measure(w)
	var out []flow.Finding
	for i := range d.zones {
		a := &d.zones[i]
		a.places = follow(r.places(a.mask, least), a.places, r.at)
		if f, ok := d.best(*a); ok {
			out = append(out, f)
		}
	}
	return out
}

// best returns the likeliest place of an area.
func (d *Detector) best(a area) (flow.Finding, bool) {
	r := d.cells
	f := flow.Finding{Kind: event.FireVisual, Zone: a.name}
	for _, p := range a.places {
		if len(p.cells) == 0 {
			continue
		}
		t := r.traits(p)
		if s := t.score(); s > f.Score {
			f.Score, f.Age, f.Box, f.Why = s, r.at-p.since, r.box(p.box), t.why()
		}
	}
	return f, f.Score >= leastScore
}

func (r *raster) box(b image.Rectangle) event.Box {
	w, h := float64(r.cols), float64(r.rows)
	return event.Box{float64(b.Min.X) / w, float64(b.Min.Y) / h, float64(b.Dx()) / w, float64(b.Dy()) / h}
}
