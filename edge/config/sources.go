package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"eastgate/edge/sensor"
	"eastgate/edge/sensor/contact"
	"eastgate/edge/sensor/modbus"
	"eastgate/edge/sensor/pullpoint"
	"eastgate/edge/sensor/push"
	configs "eastgate/firmware-configs"
	"eastgate/shared/event"
	"eastgate/shared/strict"
)

// Sources are the ways besides the broker in which sensors are heard. The names of
// cameras and lines are ours: a device's address begins with one.
type Sources struct {
	// ONVIF are cameras and recorders whose events and inputs are heard.
	ONVIF map[string]pullpoint.Config `yaml:"onvif"`
	// Modbus are lines.
	Modbus map[string]modbus.Config `yaml:"modbus"`
	// Push is where clouds of NB-IoT devices post to.
	Push push.Config `yaml:"push"`
	// Contacts are the box's own inputs.
	Contacts contact.Config `yaml:"contacts"`
}

// more are the listeners of Sources.
func (Sources) more(out map[string]listener) {
	out[pullpoint.Source] = listener{func(s Sensors, d sensor.Device) []error { return pullpoint.Check(d, s.ONVIF) }, 0}
	out[modbus.Source] = listener{func(s Sensors, d sensor.Device) []error { return modbus.Check(d, s.Modbus, configs.Modbus()) }, modbus.Usual}
	out[push.Source] = listener{func(s Sensors, d sensor.Device) []error { return push.Check(d, s.Push) }, push.Usual}
	out[contact.Source] = listener{func(s Sensors, d sensor.Device) []error { return contact.Check(d, s.Contacts) }, 0}
}

// longestName leaves room for the word that goes before a name.
const longestName = 40

func (s Sources) validate() []error {
	var faults []error
	name := func(path, n string) {
		if !event.ValidName(n) || len(n) > longestName {
			faults = append(faults, fmt.Errorf("%s: no name for it: %s, and not longer than %d", path, event.NameRule, longestName))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(s.ONVIF)) {
		name("onvif."+n, n)
		faults = append(faults, strict.Within("onvif."+n, s.ONVIF[n].Validate())...)
	}
	builtIn := configs.Modbus()
	for _, n := range slices.Sorted(maps.Keys(s.Modbus)) {
		name("modbus."+n, n)
		faults = append(faults, strict.Within("modbus."+n, s.Modbus[n].Validate(builtIn))...)
	}
	if s.Push.Listen != "" {
		faults = append(faults, strict.Within("push", s.Push.Validate())...)
	} else if len(s.Push.Senders) > 0 {
		faults = append(faults, errors.New("push.listen: is missing"))
	}
	return append(faults, strict.Within("contacts", s.Contacts.Validate())...)
}
