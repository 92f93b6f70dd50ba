package mqtt

import (
	"fmt"
	"regexp"
	"strings"

	"eastgate/edge/sensor"
)

// tasmota reads Tasmota: the state of inputs in tele/{topic}/SENSOR, on change and
// every TelePeriod; stat/{topic}/RESULT, POWER, SWITCH and BUTTON; the last will on
// tele/{topic}/LWT. Its times have no zone and are not read.
//
// A device's Input is Switch1 (a contact: ON is an alarm, unless inverted), Button1
// (a press) or POWER1; empty means Switch1.
type tasmota struct {
	full    string
	devices map[string]sensor.Device
	ids     map[string][]string // by topic
	m       *Metrics
}

var tasmotaInput = regexp.MustCompile(`^(Switch|Button|POWER)[0-9]{0,2}$`)

func checkTasmota(d sensor.Device) []error {
	if d.Input != "" && !tasmotaInput.MatchString(d.Input) {
		return []error{fmt.Errorf("input: %q is none of Switch1, Button1, POWER1 and so on", d.Input)}
	}
	return nil
}

func newTasmota(cfg Config, devices map[string]sensor.Device, m *Metrics) convention {
	t := &tasmota{full: cfg.Tasmota, devices: devices, ids: map[string][]string{}, m: m}
	for id, d := range devices {
		for _, topic := range t.of(d) {
			t.ids[topic] = append(t.ids[topic], id)
		}
	}
	return t
}

// topic is FullTopic filled in.
func (t *tasmota) topic(prefix, address, what string) string {
	full := strings.NewReplacer("%prefix%", prefix, "%topic%", address).Replace(t.full)
	return strings.TrimSuffix(full, "/") + "/" + what
}

// of are the topics of one device; the last level says what is told.
func (t *tasmota) of(d sensor.Device) []string {
	return []string{
		t.topic("tele", d.Address, "LWT"), t.topic("tele", d.Address, "SENSOR"),
		t.topic("stat", d.Address, "RESULT"), t.topic("stat", d.Address, "STATUS10"), t.topic("stat", d.Address, strings.ToUpper(input(d))),
	}
}

func input(d sensor.Device) string {
	if d.Input == "" {
		return "Switch1"
	}
	return d.Input
}

func (t *tasmota) topics() []string {
	var out []string
	for topic := range t.ids {
		out = append(out, topic)
	}
	return out
}

// ask asks each device for its inputs; it answers on STATUS10.
func (t *tasmota) ask() []message {
	var out []message
	for _, d := range t.devices {
		out = append(out, message{topic: t.topic("cmnd", d.Address, "STATUS"), payload: []byte("10")})
	}
	return out
}

func (t *tasmota) read(m message) (told []sensor.Reading, follow []string) {
	what := m.topic[strings.LastIndexByte(m.topic, '/')+1:]
	for _, id := range t.ids[m.topic] {
		if what == "LWT" {
			if online, ok := availability(m.payload, "Online", "Offline"); ok {
				told = append(told, attached(id, online, "its last will: Offline"))
			}
			continue
		}
		told = append(told, t.state(id, what, m)...)
	}
	if told == nil {
		t.m.unread.WithLabelValues("tasmota").Inc()
	}
	return told, nil
}

func (t *tasmota) state(id, what string, m message) []sensor.Reading {
	d := t.devices[id]
	key := input(d)
	var v any = string(m.payload)
	if fields, ok := object(m.payload); ok {
		if inner, is := fields["StatusSNS"].(map[string]any); is {
			fields = inner
		}
		t.m.personal("tasmota", fields)
		v = field(fields, key)
		if what == strings.ToUpper(key) && v == nil { // {"ACTION":"SINGLE"} on BUTTON1
			v = fields
		}
	} else if what != strings.ToUpper(key) {
		return nil
	}
	told := []sensor.Reading{{Device: id, What: sensor.Heartbeat}}
	if action, is := v.(map[string]any); is { // with SetOption73 or SetOption114
		v = field(action, "Action")
	}
	word, _ := v.(string)
	switch on, ok := truth(v); {
	case strings.HasPrefix(key, "Button"):
		if word != "" && word != "CLEAR" && word != "OFF" {
			told = append(told, sensor.Reading{Device: id, What: sensor.Alarm, Lasts: press})
		}
	case ok:
		told = append(told, alarm(id, d, on))
	}
	return told
}

// field looks a key up whatever its case: Tasmota has POWER1, Switch1, ACTION and
// Action for the same things in different places.
func field(fields map[string]any, key string) any {
	for k, v := range fields {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}
