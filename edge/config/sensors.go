package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"eastgate/edge/sensor"
	"eastgate/edge/sensor/contact"
	"eastgate/edge/sensor/mqtt"
	"eastgate/shared/event"
	"eastgate/shared/strict"
	"eastgate/shared/wire"
)

// Sensors says which smoke detectors, door contacts and the like there are, and how
// they are heard.
type Sensors struct {
	// MQTT is the broker of the devices that speak to one.
	MQTT    mqtt.Config `yaml:"mqtt"`
	Sources `yaml:",inline"`
	// Models are read over the ones that are built in.
	Models  map[string]sensor.Model  `yaml:"models"`
	Devices map[string]sensor.Device `yaml:"devices"`
}

func defaultSensors() Sensors {
	return Sensors{MQTT: mqtt.DefaultConfig(), Sources: Sources{Contacts: contact.DefaultConfig()}}
}

// A listener is a way in which devices are heard.
type listener struct {
	check func(Sensors, sensor.Device) []error // what is wrong with a device of it
	usual time.Duration                        // between signs of life, where no model says it
}

// listeners are all of them, by the word under `source`.
func listeners() map[string]listener {
	out := map[string]listener{}
	for _, name := range mqtt.Sources() {
		out[name] = listener{func(s Sensors, d sensor.Device) []error {
			faults := mqtt.Check(d)
			if s.MQTT.URL == "" {
				faults = append(faults, fmt.Errorf("source: %s speaks to a broker: give sensors.mqtt.url", d.Source))
			}
			return faults
		}, mqtt.Usual(name)}
	}
	Sources{}.more(out)
	return out
}

// AllModels are the built-in profiles with the file's own read over them.
func (s Sensors) AllModels() map[string]sensor.Model {
	all := sensor.Models()
	maps.Copy(all, s.Models)
	return all
}

// Profiles says what is normal for each device.
func (s Sensors) Profiles() map[string]sensor.Model {
	models, ways := s.AllModels(), listeners()
	out := map[string]sensor.Model{}
	for id, d := range s.Devices {
		out[id] = d.Profile(models, ways[d.Source].usual)
	}
	return out
}

// Of returns the devices of one source.
func (s Sensors) Of(source string) map[string]sensor.Device {
	out := map[string]sensor.Device{}
	for id, d := range s.Devices {
		if d.Source == source {
			out[id] = d
		}
	}
	return out
}

func (s Sensors) validate(cameras map[string]Camera) []error {
	var faults []error
	if s.MQTT.URL != "" {
		faults = append(faults, strict.Within("mqtt", s.MQTT.Validate())...)
	}
	faults = append(faults, s.Sources.validate()...)
	if len(s.Devices) > wire.MaxSensors {
		faults = append(faults, fmt.Errorf("devices: %d of them, at most %d at one box", len(s.Devices), wire.MaxSensors))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Models)) {
		faults = append(faults, strict.Within("models."+name, s.Models[name].Validate())...)
	}
	models, ways := s.AllModels(), listeners()
	for _, id := range slices.Sorted(maps.Keys(s.Devices)) {
		d, path := s.Devices[id], "devices."+id
		if !event.ValidName(id) {
			faults = append(faults, fmt.Errorf("%s: no name for a sensor: %s", path, event.NameRule))
		}
		if _, there := cameras[d.Camera]; d.Camera != "" && !there {
			faults = append(faults, fmt.Errorf("%s.camera: %q is no camera of this file", path, d.Camera))
		}
		if _, taken := cameras[id]; taken {
			faults = append(faults, fmt.Errorf("%s: a camera has this name; each device needs its own", path))
		}
		mine := d.Validate(models)
		if way, known := ways[d.Source]; known {
			mine = append(mine, way.check(s, d)...)
		} else {
			mine = append(mine, fmt.Errorf("source: %q is none of: %s", d.Source, strings.Join(slices.Sorted(maps.Keys(ways)), ", ")))
		}
		faults = append(faults, strict.Within(path, mine)...)
	}
	return append(faults, s.twice()...)
}

// twice finds devices that are heard at the same place and for the same thing: one of
// them is written wrongly.
func (s Sensors) twice() []error {
	var faults []error
	type place struct {
		source, address, input string
		kind                   sensor.Word
	}
	seen := map[place]string{}
	for _, id := range slices.Sorted(maps.Keys(s.Devices)) {
		d := s.Devices[id]
		p := place{d.Source, d.Address, d.Input, d.Kind}
		if other, ok := seen[p]; ok && d.Address != "" {
			faults = append(faults, errors.New("devices."+id+": hears the same as devices."+other))
		}
		seen[p] = id
	}
	return faults
}
