//go:build !nocv

package fire

import (
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
	w, h  int
	grid  *grid
	zones []area
}

// An area is where fire counts together.
type area struct {
	name string
	mask []byte // of cells
}

// Open returns a detector; zones of use fire, where there are any, are the only
// places that count.
func Open(cfg Config, areas zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "fire", Version: "1"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.FireVisual} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Detect returns the likeliest place of fire in each area, if there is one that
// could be.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	colour, err := p.Colour()
	if err != nil {
		return nil, err
	}
	pix, err := colour.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	if w, h := colour.Cols(), colour.Rows(); d.grid == nil || d.w != w || d.h != h {
		d.begin(w, h)
	}
	if !d.grid.see(pix, p.PTS()) {
		return nil, nil
	}
	var out []flow.Finding
	for _, a := range d.zones {
		if f, ok := d.look(a, p.PTS()); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (d *Detector) begin(w, h int) {
	d.w, d.h, d.grid, d.zones = w, h, newGrid(w, h), nil
	for _, z := range d.areas.Of(zone.Fire) {
		d.zones = append(d.zones, area{z.Name, zone.Raster(d.grid.cols, d.grid.rows, []zone.Zone{z}, d.areas.Masks)})
	}
	if len(d.zones) == 0 {
		d.zones = []area{{"", zone.Raster(d.grid.cols, d.grid.rows, nil, d.areas.Masks)}}
	}
}

// leastScore is what is worth saying.
const leastScore = 0.1

func (d *Detector) look(a area, at time.Duration) (flow.Finding, bool) {
	var best place
	for _, p := range d.grid.places(a.mask) {
		if p.size() >= d.cfg.MinArea*float64(d.grid.cols*d.grid.rows) && p.score() > best.score() {
			best = p
		}
	}
	if best.score() < leastScore {
		return flow.Finding{}, false
	}
	cols, rows := float64(d.grid.cols), float64(d.grid.rows)
	return flow.Finding{
		Kind: event.FireVisual, Zone: a.name, Score: best.score(), Age: max(at-best.since, 1),
		Box: event.Box{
			float64(best.box.Min.X) / cols, float64(best.box.Min.Y) / rows,
			float64(best.box.Dx()) / cols, float64(best.box.Dy()) / rows,
		},
	}, true
}
