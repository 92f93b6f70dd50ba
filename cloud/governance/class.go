// Package governance holds what the centre calls things and how fast it must be:
// the nine domains and their extensions ("1+9+X"), the classes of incidents in
// them, the deadlines of each step, and the working calendar that they are counted
// on.
//
// It promises that a catalogue or calendar which loads is whole: every fault of a
// file is told at once, with its path, before anything starts. It knows places and
// things only: a class that names, recognises or follows people is refused.
package governance

import (
	"time"

	"eastgate/shared/event"
)

// A Domain is one of the nine fields of work, or an extension ("X").
type Domain struct {
	Key string `yaml:"-"` // such as "fire"; an extension's begins with "x."
	// Number is the place among the numbered domains, 1 to 9 for the nine;
	// extensions have none.
	Number int    `yaml:"number"`
	ZH     string `yaml:"zh"`
	EN     string `yaml:"en"`
}

// Extension reports whether d is one of X.
func (d Domain) Extension() bool { return d.Number == 0 }

// Profiles say which way of work a class goes.
const (
	Incidents = "incident" // the six steps
	Orders    = "order"    // 点单—派单—接单—评单: ordered, dispatched, accepted, done, rated
)

// A Class is a kind of incident. Its key never changes its meaning.
type Class struct {
	Key    string      `yaml:"-"` // such as "fire.smoke"; an event.Kind that may become an incident is a class
	ZH     string      `yaml:"zh"`
	EN     string      `yaml:"en"`
	Domain string      `yaml:"domain"` // a domain's key
	Level  event.Level `yaml:"level"`  // by default; people may assess otherwise
	// SignalOnly classes are no incidents until a person says so.
	SignalOnly bool `yaml:"signal_only"`
	// Device classes tell of our own equipment: shown apart, in no figure.
	Device bool `yaml:"device"`
	// Profile is Incidents or Orders.
	Profile string `yaml:"profile"`
	// CameraObservable says that a camera could have found it first.
	CameraObservable bool `yaml:"camera_observable"`
	// Restricted hides the text from all but the roles that may read it.
	Restricted bool  `yaml:"restricted"`
	Merge      Merge `yaml:"merge"`
	// Limits are those of the default level with the class's own put over them.
	// A step that is missing has none.
	Limits map[Step]Limit `yaml:"limits"`
	// CAP is a category of CAP 1.2 §3.2.2.
	CAP string `yaml:"cap"`
	// Alarm is how GB/T 28181 says it; a zero Method means that it cannot.
	Alarm Alarm `yaml:"gb28181"`
	// Codes are what others call it, by edition and city.
	Codes []Code `yaml:"-"`
}

// An Alarm is AlarmMethod and AlarmType of GB/T 28181-2022, and the type digits of
// the channel that speaks where they are fixed (134 is an alarm input).
type Alarm struct {
	Method  int    `yaml:"method"`
	Type    int    `yaml:"type"`
	Channel string `yaml:"channel"`
}

// Merge says when another signal at the same place tells of the same incident:
// while the thing still goes on (UntilEnd), and for Window after the last signal
// or its end, but no later than AtMost after the first, where that is not zero. A
// zero Merge joins nothing by itself.
type Merge struct {
	// Group joins classes of one thing, such as "fire": smoke, picture and button.
	// Empty joins a class with itself only.
	Group    string        `yaml:"group"`
	Window   time.Duration `yaml:"window"`
	UntilEnd bool          `yaml:"until_end"`
	AtMost   time.Duration `yaml:"at_most"`
}

// Key is what incidents at one place must share to be joined: the group, or else
// the class.
func (c Class) mergeKey() string {
	if c.Merge.Group != "" {
		return c.Merge.Group
	}
	return c.Key
}

// Joins reports whether a signal of class d may join an incident of class c.
func (c Class) Joins(d Class) bool { return c.mergeKey() == d.mergeKey() }
