//go:build !nocv

package tamper

import (
	"image"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector remembers one camera's view.
type Detector struct {
	cfg   Config
	still *still
	view  *view

	note  string // what is wrong; empty while all is well
	wrong time.Duration
	grey  bool // the picture has no colour
}

// Open returns a detector. The whole picture counts, whatever zones there are.
func Open(cfg Config, _ zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, still: newStill(cfg.FrozenAfter)}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "tamper", Version: "3"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.Tamper} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Detect returns at most one finding, with a note that says what is wrong.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	held, still := d.still.look(p.Frame(), p.PTS())
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	dark := average(pix) < blackness(p.Frame().Limited)
	if still && !dark { // a black picture is black, also where it is the same one
		return finding(judgement{note: frozen, score: 1}, held), nil
	}
	if d.view == nil || d.view.w != grey.Cols() || d.view.h != grey.Rows() {
		d.view = newView(grey.Cols(), grey.Rows())
	}
	if grey := colourless(p.Frame().Image); grey != d.grey { // infrared: the same place has other edges
		d.grey = grey
		d.view.begin()
	}
	return d.tell(d.view.judge(pix, p.PTS(), dark), p.PTS()), nil
}

// Suspects reports whether something is wrong, or is about to be.
func (d *Detector) Suspects() bool {
	return d.note != "" || d.view != nil && d.view.last > d.view.whole
}

// tell makes a finding of a judgement. A new view becomes the right one in the end; a
// picture in which nothing can be seen never does.
func (d *Detector) tell(j judgement, at time.Duration) []flow.Finding {
	if j.note != d.note {
		d.note, d.wrong = j.note, at
	}
	if j.note == "" {
		return nil
	}
	age := at - d.wrong
	if j.note == moved && age > d.cfg.AdoptAfter {
		d.view.begin()
		d.note = ""
		return nil
	}
	return finding(j, age)
}

// blackness is the mean grey level of black. Most cameras send luma from 16 on
// (ITU-R BT.601 §3.5.3).
func blackness(limited bool) float64 {
	if limited {
		return 16 + darkness*219/255
	}
	return darkness
}

func finding(j judgement, age time.Duration) []flow.Finding {
	return []flow.Finding{{
		Kind: event.Tamper, Note: j.note, Score: j.score, Age: max(age, 1),
		Why: event.Why{"lost": j.lost, "left": j.left, "smeared": j.smeared, "unsharp": j.dim, "blocks": float64(j.judged), "seen_s": age.Seconds()},
	}}
}

// colourless reports whether a picture has no colour, as by infrared, on samples.
func colourless(img *image.YCbCr) bool {
	sum, n := 0, 0
	for y := 0; y < (img.Rect.Dy()+1)/2; y += 8 {
		for x := 0; x < (img.Rect.Dx()+1)/2; x += 8 {
			i := y*img.CStride + x
			cb, cr := int(img.Cb[i])-128, int(img.Cr[i])-128
			sum += max(cb, -cb) + max(cr, -cr)
			n++
		}
	}
	return float64(sum) < 1.5*float64(n)
}
