//go:build !nocv

package dwell

import (
	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector watches the zones of one camera.
type Detector struct {
	cfg   Config
	areas zone.Areas
	w, h  int
	model *model
	zones []*watched
}

// Open returns a detector for the zones in which nothing may stand.
func Open(cfg Config, areas zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, areas: areas}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "dwell", Version: "1"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind {
	return []event.Kind{event.ParkingMotor, event.FireLaneBlocked}
}

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Detect returns one finding for each thing that stands in a zone.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	if w, h := grey.Cols(), grey.Rows(); d.model == nil || d.w != w || d.h != h {
		d.begin(w, h)
	}
	if !d.model.see(pix, p.PTS()) {
		return nil, nil
	}
	var out []flow.Finding
	least := max(int(d.cfg.MinArea*float64(d.w*d.h)), 6)
	for _, z := range d.zones {
		pieces := d.model.standing(z.mask, least)
		z.match(pieces, d.model)
		for _, s := range z.stays {
			if s.seen != p.PTS() { // hidden, or gone: nobody knows yet
				continue
			}
			out = append(out, s.finding(z.zone, p.PTS(), d.w, d.h))
		}
	}
	return out, nil
}

func (d *Detector) begin(w, h int) {
	d.w, d.h, d.model, d.zones = w, h, newModel(w, h), nil
	for _, z := range d.areas.Of(zone.NoParking, zone.FireLane) {
		d.zones = append(d.zones, &watched{zone: z, mask: zone.Raster(w, h, []zone.Zone{z}, d.areas.Masks)})
	}
}
