package sensor

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Device is one sensor as the configuration has it.
type Device struct {
	// Name is for people; the device's key is its name for machines.
	Name string `yaml:"name"`
	// Kind is what it watches for, one of Words.
	Kind Word `yaml:"kind"`
	// Model names a profile: how often it speaks, when its battery is low.
	Model string `yaml:"model"`
	// Every replaces the model's longest time between two signs of life.
	Every time.Duration `yaml:"every"`
	// Zone names a part of the place, as a camera's zones do; may be empty.
	Zone string `yaml:"zone"`
	// Camera looks at the same place: its picture and clip are added to an alarm.
	Camera string `yaml:"camera"`
	// Schedule is when its alarms count; empty means always.
	Schedule zone.Schedule `yaml:"schedule"`
	// Test marks a device that is still being put up: all it says has the status Test.
	Test bool `yaml:"test"`
	// Source is who hears it, such as zigbee2mqtt, and Address what it is called there.
	Source  string `yaml:"source"`
	Address string `yaml:"address"`
	// Input tells several inputs of one address apart, such as Switch1.
	Input string `yaml:"input"`
	// Invert turns an input round: one that is closed while all is well.
	Invert bool `yaml:"invert"`
}

// A Word is what users call a kind of sensor.
type Word string

// words are the kinds of sensors: what their alarm is, and what a fault of theirs is.
var words = map[Word]struct{ alarm, fault event.Kind }{
	"smoke":     {event.Smoke, event.FireEquipment},
	"gas":       {event.Gas, event.FireEquipment},
	"button":    {event.FireButton, event.FireEquipment}, // behind glass: fire
	"panic":     {event.Panic, event.DeviceFault},        // under the counter: help
	"door":      {event.DoorForced, event.DeviceFault},
	"intrusion": {event.Intrusion, event.DeviceFault}, // a beam, a broken window
	"water":     {event.Flooding, event.DeviceFault},
	"motion":    {event.Motion, event.DeviceFault},
	"parking":   {event.ParkingMotor, event.DeviceFault},
	"equipment": {event.FireEquipment, event.FireEquipment}, // pressure, pumps, hydrants
}

// Words lists the kinds of sensors.
func Words() []string {
	var out []string
	for _, w := range slices.Sorted(maps.Keys(words)) {
		out = append(out, string(w))
	}
	return out
}

// Alarm is the kind of event that w's alarm is.
func (w Word) Alarm() event.Kind { return words[w].alarm }

// Fault is the kind of event that a fault of it is.
func (w Word) Fault() event.Kind { return words[w].fault }

// A Model says what is normal for a make of device.
type Model struct {
	// Every is how far its signs of life may be apart; silence for longer is an
	// event. 0 means that only its link tells whether it is there.
	Every time.Duration `yaml:"every"`
	// BatteryLow is the percentage at and under which the battery is to be changed.
	BatteryLow int `yaml:"battery_low"`
}

// defaultBatteryLow is for models that say nothing of it.
const defaultBatteryLow = 15

// shortest keeps a silence from being an event before anybody could have spoken.
const shortest = 10 * time.Second

// Validate returns every fault of a device with its field; what Source, Address and
// Input mean is for the source to check.
func (d Device) Validate(models map[string]Model) []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if _, ok := words[d.Kind]; !ok {
		bad("kind: %q is none of: %s", d.Kind, strings.Join(Words(), ", "))
	}
	if _, ok := models[d.Model]; d.Model != "" && !ok {
		bad("model: %q is neither built in nor under sensors.models; built in are: %s", d.Model, strings.Join(slices.Sorted(maps.Keys(Models())), ", "))
	}
	if d.Every != 0 && d.Every < shortest {
		bad("every: %v is shorter than %v", d.Every, shortest)
	}
	if d.Zone != "" && !event.ValidName(d.Zone) {
		bad("zone: %q is no name: %s", d.Zone, event.NameRule)
	}
	if d.Address == "" {
		bad("address: what is the device called at its source?")
	}
	return faults
}

// Validate returns every fault of a model with its field.
func (m Model) Validate() []error {
	var faults []error
	if m.Every != 0 && m.Every < shortest {
		faults = append(faults, fmt.Errorf("every: %v is shorter than %v", m.Every, shortest))
	}
	if m.BatteryLow < 0 || m.BatteryLow > 100 {
		faults = append(faults, fmt.Errorf("battery_low: %d is no percentage", m.BatteryLow))
	}
	return faults
}

// Profile is what is normal for d: its model's words, or what its source takes for
// granted, with d's own put over them.
func (d Device) Profile(models map[string]Model, usual time.Duration) Model {
	m, known := models[d.Model]
	if !known {
		m.Every = usual
	}
	if d.Every != 0 {
		m.Every = d.Every
	}
	if m.BatteryLow == 0 {
		m.BatteryLow = defaultBatteryLow
	}
	return m
}
