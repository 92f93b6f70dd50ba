// Package sensor turns what smoke detectors, door contacts and the like say into
// events.
//
// It promises that an alarm, a fault, a test, a restore and a sign of life stay five
// different things; that what is told again, or was kept by a broker, is state and
// never a new alarm; that a sensor which falls silent is an event; and that neither a
// restart nor a lost link doubles an alarm or loses one that still stands. How devices
// speak is for the adapters, in folders below. DESIGN.md tells the rules.
package sensor

import (
	"context"
	"time"

	"eastgate/shared/event"
)

// What says what a reading tells.
type What int

// Five different things, and how a device is reached.
const (
	Heartbeat What = iota // a sign of life, nothing else
	Alarm                 // Kind is so
	Restore               // Kind is not so, or not any more
	Fault                 // the device does not work as it should; Kind may say how
	FaultOver             // it does again
	Test                  // somebody tries the device
	TestOver              // and has finished
	Battery               // Percent is what is left
	Online                // the device holds a link, and Offline will tell when it breaks
	Offline               // the device's gateway, or its last will, says that it is away
	Linked                // Device is empty: the source is reached, all its devices can be heard
	Unlinked              // Device is empty: the source itself says that it hears none of them; Note says why
)

var whats = [...]string{"heartbeat", "alarm", "restore", "fault", "fault over", "test", "test over", "battery", "online", "offline", "linked", "unlinked"}

// String is the word for w.
func (w What) String() string { return whats[w] }

// A Reading is one thing that a device says.
type Reading struct {
	Device string // its key in the configuration
	What   What
	// Kind is what an alarm or a fault is about; empty means the device's own kind,
	// and for faults the one that goes with it.
	Kind event.Kind
	// Retained says that somebody kept it for us: it tells how things are, not that
	// the device lives, nor that anything has just happened.
	Retained bool
	// Lasts makes an alarm momentary, such as the press of a button: it is over by
	// itself after so long. 0 means that a Restore ends it.
	Lasts time.Duration
	// At is when the device says that it was, where it does; zero means now.
	At      time.Time
	Percent int    // of Battery, 0 to 100
	Note    string // a word on what exactly, such as "carbon monoxide"
	// Done, where set, is called once all that follows from the reading is kept. An
	// adapter that can be asked to repeat itself acknowledges only then.
	Done func()
}

// An Adapter listens to devices that speak in one way.
//
// Run serves one connection: it hands on a Linked reading when the devices can be
// heard, then what they say. It returns nil when ctx ends and an error when the
// connection breaks or cannot be made; it is then run again after a while, which is
// longer each time. What comes through it does so in the order of its happening. Run may wait for out as long as ctx lasts; it must not drop what
// it cannot get again.
type Adapter interface {
	Run(ctx context.Context, out chan<- Reading) error
}

// A Source is an adapter, its name, and the devices that it hears.
type Source struct {
	Name    string // of event.ValidName
	Devices []string
	Adapter Adapter
}

// Coverage is told what is due and what was heard; edge/coverage has it.
type Coverage interface {
	Expect(name string, every time.Duration, why func() (cause string, guess bool))
	Saw(name string)
}
