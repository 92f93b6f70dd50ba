package mqtt

import (
	"fmt"
	"time"

	"eastgate/edge/sensor"
)

// zigbee reads zigbee2mqtt: a JSON object on {base}/{friendly name}, which the broker
// keeps if the device's `retain` is set, {base}/{friendly name}/availability, and
// {base}/bridge/state.
//
// zigbee2mqtt goes on to show battery devices as online for weeks after they have
// died: online clears an offline and is no more.
type zigbee struct {
	base    string
	devices map[string]sensor.Device
	states  map[string][]string // ids of devices by topic
	links   map[string][]string
	m       *Metrics
}

// alarmKeys are the properties that tell a device's alarm, by its kind.
var alarmKeys = map[sensor.Word][]string{
	"smoke": {"smoke"}, "gas": {"gas", "carbon_monoxide"}, "door": {"contact"}, "water": {"water_leak"},
	"motion": {"occupancy"}, "intrusion": {"vibration"}, "panic": {"action", "sos"}, "button": {"action", "alarm"},
	"equipment": {"alarm"},
}

// press is how long a press counts: buttons never say that they were let go.
const press = time.Minute

func checkZigbee(d sensor.Device) []error {
	if alarmKeys[d.Kind] == nil {
		return []error{fmt.Errorf("kind: zigbee2mqtt has no %s", d.Kind)}
	}
	return nil
}

func newZigbee(cfg Config, devices map[string]sensor.Device, m *Metrics) convention {
	z := &zigbee{base: cfg.Zigbee2MQTT, devices: devices, states: map[string][]string{}, links: map[string][]string{}, m: m}
	for id, d := range devices {
		topic := z.base + "/" + d.Address
		z.states[topic] = append(z.states[topic], id)
		z.links[topic+"/availability"] = append(z.links[topic+"/availability"], id)
	}
	return z
}

func (z *zigbee) bridge() string { return z.base + "/bridge/state" }

func (z *zigbee) topics() []string {
	out := []string{z.bridge()}
	for t := range z.states {
		out = append(out, t, t+"/availability")
	}
	return out
}

// ask asks nothing: battery devices do not answer a /get, and the broker has the rest.
func (z *zigbee) ask() []message { return nil }

func (z *zigbee) read(m message) (told []sensor.Reading, follow []string) {
	if m.topic == z.bridge() {
		if online, ok := availability(m.payload, "online", "offline"); ok {
			told = append(told, linked(online, "zigbee2mqtt has stopped"))
		}
		return told, nil
	}
	for _, id := range z.links[m.topic] {
		if online, ok := availability(m.payload, "online", "offline"); ok {
			told = append(told, attached(id, online, "zigbee2mqtt says that it is offline"))
		}
	}
	for _, id := range z.states[m.topic] {
		told = append(told, z.state(id, m)...)
	}
	if told == nil {
		z.m.unread.WithLabelValues("zigbee2mqtt").Inc()
	}
	return told, nil
}

// linked is the reading of a gateway's own state.
func linked(on bool, note string) sensor.Reading {
	if on {
		return sensor.Reading{What: sensor.Linked}
	}
	return sensor.Reading{What: sensor.Unlinked, Note: note}
}

func (z *zigbee) state(id string, m message) []sensor.Reading {
	fields, ok := object(m.payload)
	if !ok {
		return nil
	}
	z.m.personal("zigbee2mqtt", fields)
	at := seen(fields["last_seen"])
	told := []sensor.Reading{{Device: id, What: sensor.Heartbeat}}
	for _, key := range sides {
		if v, is := fields[key]; is {
			if r, ok := side(id, key, v); ok {
				told = append(told, r)
			}
		}
	}
	if r, ok := z.alarm(id, fields); ok {
		told = append(told, r)
	}
	for i := range told {
		told[i].At = at
	}
	return told
}

// alarm reads the device's own kind. contact is true while a door is closed.
func (z *zigbee) alarm(id string, fields map[string]any) (sensor.Reading, bool) {
	d := z.devices[id]
	keys, so, found := alarmKeys[d.Kind], false, false
	if d.Input != "" && d.Kind != "panic" && d.Kind != "button" {
		keys = []string{d.Input}
	}
	for _, key := range keys {
		if key == "action" {
			if pressed(d, fields[key]) {
				return sensor.Reading{Device: id, What: sensor.Alarm, Lasts: press}, true
			}
			continue
		}
		on, ok := truth(fields[key])
		found = found || ok
		so = so || ok && on != (key == "contact")
	}
	return alarm(id, d, so), found
}

// pressed says whether an action is the one that the device is there for.
func pressed(d sensor.Device, action any) bool {
	word, _ := action.(string)
	want := d.Input
	if want == "" {
		want = "emergency"
	}
	return word == want
}

// seen reads last_seen, which may be a time, or milliseconds, or not there.
func seen(v any) time.Time {
	switch v := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t
		}
	case float64:
		return time.UnixMilli(int64(v))
	}
	return time.Time{}
}
