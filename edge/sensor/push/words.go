package push

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"eastgate/edge/sensor"
	"eastgate/shared/event"
)

// A message is what a device said, whoever hands it on.
type message struct {
	ids    []string // by which the sender knows it: IMEI, device number
	at     time.Time
	online *bool          // of a message about its link
	fields map[string]any // JSON values
}

// A meaning is what fields of certain names tell when they are so, and when not.
type meaning struct {
	names   []string
	on, off sensor.What
	kind    event.Kind
	note    string
}

// meanings are the fields that makers of smoke and gas detectors use: Tuya's standard
// instruction set, and the profiles of devices at Chinese operators. What is not here
// is not read.
var meanings = []meaning{
	{
		[]string{
			"alarm", "alarm_state", "smoke", "smoke_alarm", "smoke_state", "smoke_sensor_state", "smoke_sensor_status",
			"gas", "gas_alarm", "gas_state", "gas_sensor_state", "gas_sensor_status", "co_state", "co_status",
			"water_state", "watersensor_state", "sos", "sos_state",
		},
		sensor.Alarm, sensor.Restore, "", "",
	},
	{[]string{"tamper", "tamper_state", "tamper_alarm", "temper_alarm"}, sensor.Alarm, sensor.Restore, event.Tamper, "taken from its place"},
	{[]string{"fault", "fault_state", "sensor_fault", "error_code"}, sensor.Fault, sensor.FaultOver, "", "says that it does not work"},
	{[]string{"battery_low", "low_battery", "battery_state"}, sensor.Fault, sensor.FaultOver, event.BatteryLow, ""},
	{[]string{"test", "self_test", "test_state"}, sensor.Test, sensor.TestOver, "", ""},
}

// percents are fields that hold what is left of the battery.
var percents = []string{"battery", "battery_percentage", "battery_value"}

// truth says whether a field's value says yes.
func truth(v any) (on, known bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n != 0, err == nil
	case string:
		switch strings.ToLower(v) {
		case "1", "true", "on", "alarm", "low", "fault":
			return true, true
		case "0", "false", "off", "normal", "high", "middle", "ok":
			return false, true
		}
	}
	return false, false
}

// readings are what a message tells of a device: that it lives, and what its fields
// say. known is false when no field says anything.
func (m message) readings(id string) (out []sensor.Reading, known bool) {
	add := func(r sensor.Reading) {
		r.Device, r.At = id, m.at
		out = append(out, r)
	}
	if m.online != nil {
		if !*m.online {
			add(sensor.Reading{What: sensor.Offline, Note: "its cloud says that it is offline"})
			return out, true
		}
		known = true
	}
	add(sensor.Reading{What: sensor.Heartbeat})
	for _, name := range percents {
		if n, ok := m.fields[name].(json.Number); ok {
			if p, err := n.Float64(); err == nil && p >= 0 && p <= 100 {
				known = true
				add(sensor.Reading{What: sensor.Battery, Percent: int(math.Round(p))})
			}
		}
	}
	for _, w := range meanings {
		if r, ok := m.tells(w); ok {
			known = true
			add(r)
		}
	}
	if r, ok := m.check(); ok {
		known = true
		add(r)
	}
	// A test is said before the alarm that it makes.
	slices.SortStableFunc(out, func(a, b sensor.Reading) int { return first(b) - first(a) })
	return out, known
}

func first(r sensor.Reading) int {
	if r.What == sensor.Test {
		return 1
	}
	return 0
}

// tells looks a meaning's fields up; it is so when one of them says so.
func (m message) tells(w meaning) (r sensor.Reading, ok bool) {
	r = sensor.Reading{What: w.off, Kind: w.kind}
	for _, name := range w.names {
		on, known := truth(m.fields[name])
		ok = ok || known
		if known && on {
			r.What, r.Note = w.on, w.note
		}
	}
	return r, ok
}

// check reads Tuya's checking_result: what a press on the test button came to.
func (m message) check() (sensor.Reading, bool) {
	switch m.fields["checking_result"] {
	case "checking":
		return sensor.Reading{What: sensor.Test}, true
	case "check_success":
		return sensor.Reading{What: sensor.TestOver}, true
	case "check_failure":
		return sensor.Reading{What: sensor.Fault, Note: "its own test failed"}, true
	}
	return sensor.Reading{}, false
}
