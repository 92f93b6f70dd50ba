//go:build !nocv

package motion

import (
	"image"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector keeps the background of one camera.
type Detector struct {
	cfg   Config
	areas zone.Areas
	zones []area
	bg    *background
	fg    []byte // 255 where something moves
	work  []byte
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
func (d *Detector) Info() event.Detector { return event.Detector{Name: "motion", Version: "1"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.Motion} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

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
	if !d.bg.foreground(pix, p.PTS(), d.work) {
		return nil, nil
	}
	clean(d.work, d.fg, w, h)
	var out []flow.Finding
	for _, a := range d.zones {
		if f, ok := d.look(a, w, h); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

func (d *Detector) begin(w, h int) {
	d.bg = newBackground(w, h)
	d.fg, d.work = make([]byte, w*h), make([]byte, w*h)
	d.zones = nil
	for _, z := range d.areas.Of(zone.Motion) {
		d.zones = append(d.zones, area{z.Name, zone.Raster(w, h, []zone.Zone{z}, d.areas.Masks)})
	}
	if len(d.zones) == 0 {
		d.zones = []area{{"", zone.Raster(w, h, nil, d.areas.Masks)}}
	}
}

// look gathers the blobs of an area that are large enough.
func (d *Detector) look(a area, w, h int) (flow.Finding, bool) {
	for i, m := range a.mask {
		d.work[i] = d.fg[i] & m
	}
	least := max(int(d.cfg.MinArea*float64(w*h)), 4)
	var box image.Rectangle
	moving := 0
	blobs(d.work, w, h, func(b blob) {
		if b.pixels >= least {
			moving += b.pixels
			box = box.Union(b.box)
		}
	})
	if moving == 0 {
		return flow.Finding{}, false
	}
	fw, fh := float64(w), float64(h)
	return flow.Finding{
		Kind: event.Motion, Zone: a.name, Score: min(1, 0.5+float64(moving)/float64(least)/20),
		Box: event.Box{float64(box.Min.X) / fw, float64(box.Min.Y) / fh, float64(box.Dx()) / fw, float64(box.Dy()) / fh},
	}, true
}
