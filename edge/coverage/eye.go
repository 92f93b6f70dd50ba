package coverage

import (
	"sync"
	"sync/atomic"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// An Eye tells the ledger of one camera: whether its pictures come and can be
// judged. It stands beside the pipeline and never holds it up.
type Eye struct {
	ledger *Ledger
	name   string
	state  func() string
	judged atomic.Bool

	frames, skipped atomic.Int64 // since the window began
	newest          atomic.Int64 // when a picture was decoded last, as Instant.Mono

	mu     sync.Mutex
	spoilt string // what the pictures suffer from; empty while they can be judged
	since  time.Duration
	first  time.Duration // when that was noticed

	window   time.Duration // since when frames are counted
	overload bool
}

// cameraEvery is how far judged pictures may be apart: shorter interruptions are
// no gaps.
const cameraEvery = 5 * time.Second

// Watch makes a camera due. state returns a cause of package wire while the
// camera sends no pictures, and nothing while it does; judged says that there are
// detectors to judge them, otherwise it is enough that they can be decoded.
func (l *Ledger) Watch(name string, state func() string, judged bool) *Eye {
	e := &Eye{ledger: l, name: name, state: state, window: l.cfg.Now().Mono}
	e.judged.Store(judged)
	l.Expect(name, cameraEvery, e.why)
	return e
}

// Judged says whether there are detectors, now that the camera's settings have changed.
func (e *Eye) Judged(are bool) { e.judged.Store(are) }

// Decoded takes in a picture that can be seen.
func (e *Eye) Decoded() {
	e.frames.Add(1)
	e.newest.Store(int64(e.ledger.cfg.Now().Mono))
	if !e.judged.Load() {
		e.ledger.Saw(e.name)
	}
}

// Skipped takes in that a picture was not judged because another was still.
func (e *Eye) Skipped() { e.skipped.Add(1) }

// Dropped takes in that a picture was not even decoded for want of time.
func (e *Eye) Dropped() {
	e.frames.Add(1)
	e.skipped.Add(1)
}

// hold is how long a picture must be spoilt to be a gap: as long as confirm asks
// for an event. Until then it counts as neither.
const hold = 2 * time.Second

// notes are the words of detect/tamper that say that nothing can be judged. A
// camera that was turned still sees, though not its place: that is an event, no
// gap.
var notes = map[string]string{"covered": wire.Hidden, "frozen": wire.Frozen, "black": wire.Dark}

// See takes in what a detector saw.
func (e *Eye) See(o flow.Observation) {
	now := e.ledger.cfg.Now().Mono
	e.mu.Lock()
	for _, k := range o.Kinds {
		if k == event.Tamper {
			e.judge(o, now)
		}
	}
	cause, since, ripe := e.spoilt, now-e.since, now-e.first >= hold
	clear := cause == "" && !e.overload
	e.mu.Unlock()
	switch {
	case clear:
		e.ledger.Saw(e.name)
	case cause != "" && ripe:
		e.ledger.Blind(e.name, cause, since)
	}
}

func (e *Eye) judge(o flow.Observation, now time.Duration) {
	cause, age := "", time.Duration(0)
	for _, f := range o.Findings {
		if f.Kind == event.Tamper {
			cause, age = notes[f.Note], f.Age
		}
	}
	if cause != e.spoilt {
		e.spoilt, e.since, e.first = cause, now-age, now
	}
}

// A box is overloaded while it leaves more than this share of the pictures unjudged,
// decoded or not, counted over so long.
const (
	overloadShare  = 0.75
	overloadWindow = 10 * time.Second
)

// why says what is the matter with the camera; the ledger asks once a second.
func (e *Eye) why() (cause string, guess bool) {
	now := e.ledger.cfg.Now().Mono
	e.mu.Lock()
	if now-e.window >= overloadWindow {
		frames, skipped := e.frames.Swap(0), e.skipped.Swap(0)
		e.overload = float64(skipped) > overloadShare*float64(frames)
		e.window = now
	}
	overload := e.overload
	e.mu.Unlock()
	switch word := e.state(); {
	case word != "":
		return word, false
	case overload:
		return wire.Overload, false
	case now-time.Duration(e.newest.Load()) < cameraEvery:
		return wire.Overload, true // decoded, and never judged
	}
	return wire.Decoder, true
}
