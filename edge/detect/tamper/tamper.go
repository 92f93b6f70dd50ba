//go:build !nocv

package tamper

import (
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
}

// Open returns a detector. The whole picture counts, whatever zones there are.
func Open(cfg Config, _ zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, still: newStill(cfg.FrozenAfter)}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "tamper", Version: "2"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.Tamper} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Detect returns at most one finding, with a note that says what is wrong.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	held, frozen := d.still.look(p.Frame().Image, p.PTS())
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	black := average(pix) < blackness(p.Frame().Limited)
	if frozen && !black { // a black picture is black, also where it is the same one
		return finding("frozen", 1, held), nil
	}
	if d.view == nil || d.view.w != grey.Cols() || d.view.h != grey.Rows() {
		d.view = newView(grey.Cols(), grey.Rows())
	}
	note, score := d.view.judge(pix, p.PTS(), black)
	return d.tell(note, score, p.PTS()), nil
}

// tell makes a finding of a note. A new view becomes the right one in the end; a
// picture in which nothing can be seen never does.
func (d *Detector) tell(note string, score float64, at time.Duration) []flow.Finding {
	if note != d.note {
		d.note, d.wrong = note, at
	}
	if note == "" {
		return nil
	}
	age := at - d.wrong
	if note == "moved" && age > d.cfg.AdoptAfter {
		d.view.begin()
		d.note = ""
		return nil
	}
	return finding(note, score, age)
}

// blackness is the mean grey level of black. Most cameras send luma from 16 on
// (ITU-R BT.601 §3.5.3).
func blackness(limited bool) float64 {
	if limited {
		return 16 + darkness*219/255
	}
	return darkness
}

func finding(note string, score float64, age time.Duration) []flow.Finding {
	return []flow.Finding{{Kind: event.Tamper, Note: note, Score: score, Age: max(age, 1)}}
}
