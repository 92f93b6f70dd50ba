// Package detect turns frames into observations: the contract of a detector,
// the picture that all detectors of a camera share, and the stage that runs
// them when they are due.
//
// A detector says what it sees in one picture; it may remember its camera's
// background and the identity of one thing that stands there. Whether what it
// saw adds up to an event is for package confirm to say.
package detect

import (
	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Detector looks for things at one camera.
//
// It is used by one goroutine at a time and sees the camera's pictures in the
// order of their PTS, with gaps of any length between them. It must neither keep
// nor change the picture.
type Detector interface {
	// Info names the detector and the version of its method.
	Info() event.Detector
	// Kinds lists what it looks for.
	Kinds() []event.Kind
	// Detect returns what it sees. An error means that the picture could not be
	// judged; it never means that nothing is there.
	Detect(p *Picture) ([]flow.Finding, error)
	// Close frees what the detector holds.
	Close() error
}

// A Suspecter is a Detector that says itself when it would like to see the next
// pictures closely. Of one that is none, findings are such a wish.
//
// While nothing is suspected a camera is looked at some seconds apart. Suspects is
// asked after Detect; a wish holds for a few seconds and must be repeated.
type Suspecter interface {
	Suspects() bool
}

// wish is how urgently a detector wants to see more after a picture.
func wish(d Detector, findings []flow.Finding) flow.Urgency {
	wants := len(findings) > 0
	if s, ok := d.(Suspecter); ok {
		wants = s.Suspects()
	}
	if !wants {
		return flow.Calm
	}
	urgency := flow.Moving
	for _, k := range d.Kinds() {
		urgency = max(urgency, flow.UrgencyOf(k))
	}
	return urgency
}
