//go:build !nocv

package tamper

import (
	"hash/maphash"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Detector remembers one camera's view.
type Detector struct {
	cfg  Config
	seed maphash.Seed
	view *view

	hash    uint64 // of the newest whole picture
	same    time.Duration
	hasHash bool
	alive   int // pictures that differed from the one before
	wrong   time.Duration
	isWrong bool
}

// Open returns a detector. The whole picture counts, whatever zones there are.
func Open(cfg Config, _ zone.Areas) (*Detector, error) {
	return &Detector{cfg: cfg, seed: maphash.MakeSeed()}, nil
}

// Info names the method.
func (d *Detector) Info() event.Detector { return event.Detector{Name: "tamper", Version: "1"} }

// Kinds lists what it looks for.
func (d *Detector) Kinds() []event.Kind { return []event.Kind{event.Tamper} }

// Close frees nothing.
func (d *Detector) Close() error { return nil }

// Detect returns at most one finding, with a note that says what is wrong.
func (d *Detector) Detect(p *detect.Picture) ([]flow.Finding, error) {
	if f, frozen := d.frozen(p); frozen {
		return f, nil
	}
	grey, err := p.Grey()
	if err != nil {
		return nil, err
	}
	pix, err := grey.DataPtrUint8()
	if err != nil {
		return nil, err
	}
	if d.view == nil || d.view.w != grey.Cols() || d.view.h != grey.Rows() {
		d.view = newView(grey.Cols(), grey.Rows())
	}
	note, score := d.view.judge(pix, p.PTS())
	if note == "" {
		d.isWrong = false
		return nil, nil
	}
	if !d.isWrong {
		d.isWrong, d.wrong = true, p.PTS()
	}
	age := p.PTS() - d.wrong
	if age > d.cfg.AdoptAfter {
		d.view.begin()
		d.isWrong = false
		return nil, nil
	}
	return finding(note, score, age), nil
}

// frozen compares the whole luma plane with the one before: a sensor's noise makes
// every picture differ, so the very same picture again and again is a fault.
// A source that has never shown noise, such as a drawn picture, is not judged.
func (d *Detector) frozen(p *detect.Picture) ([]flow.Finding, bool) {
	var h maphash.Hash
	h.SetSeed(d.seed)
	img := p.Frame().Image
	for y := range img.Rect.Dy() {
		row := img.Y[y*img.YStride:]
		h.Write(row[:img.Rect.Dx()]) //nolint:errcheck // never fails
	}
	sum := h.Sum64()
	if !d.hasHash || sum != d.hash {
		if d.hasHash {
			d.alive++
		}
		d.hash, d.hasHash, d.same = sum, true, p.PTS()
		return nil, false
	}
	const enough = 4 // pictures that show that the source is alive
	held := p.PTS() - d.same
	if d.alive < enough || held < d.cfg.FrozenAfter {
		return nil, false
	}
	return finding("frozen", 1, held), true
}

func finding(note string, score float64, age time.Duration) []flow.Finding {
	return []flow.Finding{{Kind: event.Tamper, Note: note, Score: score, Age: max(age, 1)}}
}
