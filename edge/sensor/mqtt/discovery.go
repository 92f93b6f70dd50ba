package mqtt

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"eastgate/edge/sensor"
	"eastgate/shared/event"
)

// discovery reads what devices tell Home Assistant of themselves: on
// {base}/binary_sensor/{node}/{object}/config, {base}/sensor/… and, in its newer form,
// {base}/device/{node}/config, all kept by the broker. There they say on which topics
// their states are, and the words in them.
//
// A device's Address is the node and its Input, where a node has several things of one
// sort, the object. What an entity tells follows from its device_class.
type discovery struct {
	base     string
	devices  map[string]sensor.Device
	entities map[string][]entity // by the topic that told of them
	online   map[string]bool     // by topic of availability
	m        *Metrics
}

func checkDiscovery(d sensor.Device) []error {
	if strings.Contains(d.Address, "/") {
		return []error{fmt.Errorf("address: %q is no node, the level before the object in homeassistant/binary_sensor/…/config", d.Address)}
	}
	for _, kinds := range classes {
		for _, k := range kinds {
			if k == d.Kind {
				return nil
			}
		}
	}
	return []error{fmt.Errorf("kind: no device_class of Home Assistant tells %s", d.Kind)}
}

func newDiscovery(cfg Config, devices map[string]sensor.Device, m *Metrics) convention {
	return &discovery{base: cfg.HomeAssistant, devices: devices, entities: map[string][]entity{}, online: map[string]bool{}, m: m}
}

// classes are the device classes that are an alarm, and for which kinds of sensors.
var classes = map[string][]sensor.Word{
	"smoke": {"smoke"}, "heat": {"smoke"}, "gas": {"gas"}, "carbon_monoxide": {"gas"},
	"door": {"door"}, "window": {"door"}, "opening": {"door"}, "garage_door": {"door"}, "lock": {"door"},
	"moisture": {"water"}, "motion": {"motion", "intrusion"}, "moving": {"motion", "intrusion"}, "vibration": {"intrusion"},
	"safety": {"panic", "button", "equipment", "gas", "smoke"},
}

func (h *discovery) topics() []string {
	var out []string
	for _, d := range h.devices {
		out = append(out,
			h.base+"/binary_sensor/"+d.Address+"/+/config", h.base+"/sensor/"+d.Address+"/+/config", h.base+"/device/"+d.Address+"/config")
	}
	return out
}

func (h *discovery) ask() []message { return nil }

func (h *discovery) read(m message) (told []sensor.Reading, follow []string) {
	if rest, ok := strings.CutPrefix(m.topic, h.base+"/"); ok && strings.HasSuffix(rest, "/config") {
		return h.meet(m, strings.Split(rest, "/"))
	}
	for _, all := range h.entities {
		for _, e := range all {
			told = append(told, h.state(e, m)...)
		}
	}
	if told == nil {
		h.m.unread.WithLabelValues("homeassistant").Inc()
	}
	return told, nil
}

// meet learns of entities. An empty message takes them away.
func (h *discovery) meet(m message, part []string) (told []sensor.Reading, follow []string) {
	delete(h.entities, m.topic)
	if len(m.payload) == 0 {
		return nil, nil
	}
	var found []described
	if part[0] == "device" {
		found = describedDevice(m.payload)
	} else if len(part) == 4 {
		d := described{component: part[0], object: part[2]}
		if json.Unmarshal(m.payload, &d.words) == nil {
			found = []described{d}
		}
	}
	for id, d := range h.devices {
		if d.Address != part[1] {
			continue
		}
		for _, f := range found {
			if forbidden[f.component] || forbidden[f.text("device_class", "dev_cla")] {
				h.m.drop("homeassistant", f.component)
				continue
			}
			e, ok, err := f.entity(id, d)
			if err != nil {
				told = append(told, sensor.Reading{Device: id, What: sensor.Fault, Note: err.Error()})
			} else if ok {
				h.entities[m.topic] = append(h.entities[m.topic], e)
				follow = append(follow, e.topic)
				for _, a := range e.available {
					follow = append(follow, a.topic)
				}
			}
		}
	}
	return told, follow
}

// state reads a message for one entity.
func (h *discovery) state(e entity, m message) []sensor.Reading {
	for _, a := range e.available {
		if a.topic == m.topic {
			return h.availability(e, a, m)
		}
	}
	if e.topic != m.topic {
		return nil
	}
	word, ok := e.value(m.payload)
	if !ok {
		return nil
	}
	alive := sensor.Reading{Device: e.id, What: sensor.Heartbeat}
	if e.class == "battery" && e.component == "sensor" {
		var percent float64
		if _, err := fmt.Sscanf(word, "%g", &percent); err != nil {
			return nil
		}
		return []sensor.Reading{alive, {Device: e.id, What: sensor.Battery, Percent: int(percent)}}
	}
	on := strings.EqualFold(word, e.on)
	if !on && !strings.EqualFold(word, e.off) {
		return nil
	}
	switch e.class {
	case "battery":
		return []sensor.Reading{alive, either(e.id, on, sensor.Fault, sensor.FaultOver, event.BatteryLow)}
	case "tamper":
		return []sensor.Reading{alive, either(e.id, on, sensor.Alarm, sensor.Restore, event.Tamper)}
	case "problem":
		return []sensor.Reading{alive, either(e.id, on, sensor.Fault, sensor.FaultOver, "")}
	case "connectivity":
		return []sensor.Reading{attached(e.id, on, "it says that it is not connected")}
	}
	r := alarm(e.id, h.devices[e.id], on)
	if r.What == sensor.Alarm {
		r.Lasts = e.lasts
	}
	return []sensor.Reading{alive, r}
}

// availability is online when all of an entity's topics say so.
func (h *discovery) availability(e entity, a available, m message) []sensor.Reading {
	word, ok := a.value(m.payload)
	if !ok || word != a.yes && word != a.no {
		return nil
	}
	h.online[a.topic] = word == a.yes
	for _, other := range e.available {
		if online, known := h.online[other.topic]; known && !online {
			return []sensor.Reading{attached(e.id, false, other.topic+" says "+a.no)}
		}
	}
	return []sensor.Reading{attached(e.id, true, "")}
}

// template is the only sort of value template that is understood: one field of an
// object, as zigbee2mqtt and most firmware write it.
var template = regexp.MustCompile(`^\s*\{\{-?\s*value_json(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"]+)['"]\s*\])\s*-?\}\}\s*$`)

// A valued topic is one whose messages hold a word, whole or in a field.
type valued struct {
	topic string
	field string // empty: the whole message
}

func (v valued) value(payload []byte) (string, bool) {
	if v.field == "" {
		return strings.TrimSpace(string(payload)), true
	}
	fields, ok := object(payload)
	if !ok || fields[v.field] == nil {
		return "", false
	}
	return fmt.Sprint(fields[v.field]), true
}

type available struct {
	valued
	yes, no string
}

// An entity is one thing that a node tells.
type entity struct {
	valued
	id, component, class string
	on, off              string
	lasts                time.Duration
	available            []available
}
