package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"eastgate/shared/event"
	"eastgate/shared/strict"
)

// The roles of a stream. One that names none has both.
const (
	roleDetect = "detect" // the detectors look at it
	roleRecord = "record" // clips are cut from it, and it is never decoded
)

func (c Camera) validate() []error {
	var faults []error
	detecting, recording := 0, 0
	for i, in := range c.Inputs {
		path := fmt.Sprintf("inputs[%d]", i)
		faults = append(faults, strict.Within(path, in.Validate())...)
		if in.HasPassword() {
			faults = append(faults, fmt.Errorf("%s.url: holds a password; give username and password: {file: …} or {env: …}", path))
		}
		for _, r := range in.Roles {
			if r != roleDetect && r != roleRecord {
				faults = append(faults, fmt.Errorf("%s.roles: %q is none of: %s, %s", path, r, roleDetect, roleRecord))
			}
		}
		if in.has(roleRecord) {
			recording++
		}
		if in.has(roleDetect) {
			detecting++
		}
	}
	if detecting != 1 {
		faults = append(faults, errors.New("inputs: exactly one is needed whose roles hold detect, or that names no roles"))
	}
	if recording > 1 {
		faults = append(faults, errors.New("inputs: more than one is to be recorded"))
	}
	return append(faults, c.validateSection()...)
}

func (in Input) has(role string) bool { return len(in.Roles) == 0 || slices.Contains(in.Roles, role) }

// DetectInput returns the stream that the detectors look at.
func (c Camera) DetectInput() Input {
	for _, in := range c.Inputs {
		if in.has(roleDetect) {
			return in
		}
	}
	return Input{}
}

// RecordInput returns the stream that clips are cut from where it is another than the
// detectors'.
func (c Camera) RecordInput() (Input, bool) {
	for _, in := range c.Inputs {
		if in.has(roleRecord) {
			return in, !in.has(roleDetect)
		}
	}
	return Input{}, false
}

// validateSection checks all of a camera's section but where its pictures come from.
func (c Camera) validateSection() []error {
	return slices.Concat(c.validateAreas(), strict.Within("gate", c.Gate.Validate()), strict.Within("clips", c.Clips.Validate()))
}

func (c Camera) validateAreas() []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(c.Zones)) {
		path := "zones." + name
		if !event.ValidName(name) {
			faults = append(faults, fmt.Errorf("%s: no name for a zone: %s", path, event.NameRule))
		}
		faults = append(faults, strict.Within(path, c.Zones[name].Validate())...)
	}
	for i, m := range c.Masks {
		if err := m.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("masks[%d]: %w", i, err))
		}
	}
	faults = append(faults, validatePrivacy(c.Privacy)...)
	return append(faults, c.Detect.validate()...)
}

func (d Detect) validate() []error {
	var faults []error
	for _, s := range []struct {
		name   string
		faults []error
	}{
		{"motion", d.Motion.Validate()},
		{"fire", d.Fire.Validate()},
		{"parking", d.Parking.Validate()},
		{"tamper", d.Tamper.Validate()},
	} {
		faults = append(faults, strict.Within("detect."+s.name, s.faults)...)
	}
	return faults
}
