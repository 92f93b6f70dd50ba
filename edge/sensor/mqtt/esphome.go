package mqtt

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"eastgate/edge/sensor"
)

// esphome reads ESPHome's own topics: {prefix}/binary_sensor/{name}/state with ON and
// OFF, kept by the broker; {prefix}/sensor/…; {prefix}/status with online and, by last
// will, offline.
//
// A device's Address is its topic prefix and its Input the name of the binary sensor;
// empty means the kind. Beside it the names test, tamper, fault, battery_low and the
// sensors battery and uptime are read where the node has them: uptime is its sign of
// life.
type esphome struct {
	devices map[string]sensor.Device
	ids     map[string][]string // by prefix
}

var esphomeName = regexp.MustCompile(`^[a-z0-9_-]{1,60}$`)

func checkESPHome(d sensor.Device) []error {
	if d.Input != "" && !esphomeName.MatchString(d.Input) {
		return []error{fmt.Errorf("input: %q is no name of a binary sensor, as it stands in the topic", d.Input)}
	}
	return nil
}

func newESPHome(_ Config, devices map[string]sensor.Device, _ *Metrics) convention {
	e := &esphome{devices: devices, ids: map[string][]string{}}
	for id, d := range devices {
		e.ids[d.Address] = append(e.ids[d.Address], id)
	}
	return e
}

func named(d sensor.Device) string {
	if d.Input == "" {
		return string(d.Kind)
	}
	return d.Input
}

func (e *esphome) topics() []string {
	var out []string
	for prefix, ids := range e.ids {
		out = append(out, prefix+"/status", prefix+"/sensor/battery/state", prefix+"/sensor/uptime/state")
		for _, key := range sides {
			out = append(out, prefix+"/binary_sensor/"+key+"/state")
		}
		for _, id := range ids {
			out = append(out, prefix+"/binary_sensor/"+named(e.devices[id])+"/state")
		}
	}
	return out
}

func (e *esphome) ask() []message { return nil }

func (e *esphome) read(m message) (told []sensor.Reading, follow []string) {
	if prefix, ok := strings.CutSuffix(m.topic, "/status"); ok {
		online, ok := availability(m.payload, "online", "offline")
		for _, id := range e.ids[prefix] {
			if ok {
				told = append(told, attached(id, online, "its last will: offline"))
			}
		}
		return told, nil
	}
	for prefix, ids := range e.ids {
		rest, ok := strings.CutPrefix(m.topic, prefix+"/")
		if !ok {
			continue
		}
		part := strings.Split(rest, "/") // binary_sensor, name, state
		for _, id := range ids {
			if len(part) == 3 {
				told = append(told, e.state(id, part[0], part[1], string(m.payload))...)
			}
		}
	}
	return told, nil
}

func (e *esphome) state(id, component, name, payload string) []sensor.Reading {
	d := e.devices[id]
	if component == "sensor" {
		v, err := strconv.ParseFloat(strings.TrimSpace(payload), 64)
		if err != nil {
			return nil
		}
		if name == "battery" {
			return []sensor.Reading{{Device: id, What: sensor.Battery, Percent: int(v)}}
		}
		return []sensor.Reading{{Device: id, What: sensor.Heartbeat}}
	}
	if on, ok := truth(payload); ok && name == named(d) {
		return []sensor.Reading{alarm(id, d, on)}
	}
	if r, ok := side(id, name, payload); ok {
		return []sensor.Reading{r}
	}
	return nil
}
