package mqtt

import (
	"encoding/json"
	"fmt"
	"strings"

	"eastgate/edge/sensor"
	"eastgate/shared/event"
)

// object reads a JSON object; ok is false for anything else.
func object(payload []byte) (fields map[string]any, ok bool) {
	err := json.Unmarshal(payload, &fields)
	return fields, err == nil && fields != nil
}

// truth reads the ways in which devices say yes and no.
func truth(v any) (on, ok bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case float64:
		return v == 1, v == 0 || v == 1
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "on", "true", "1", "yes":
			return true, true
		case "off", "false", "0", "no":
			return false, true
		}
	}
	return false, false
}

// alarm is the reading of an input of the device's own kind.
func alarm(id string, d sensor.Device, on bool) sensor.Reading {
	what := sensor.Restore
	if on != d.Invert {
		what = sensor.Alarm
	}
	return sensor.Reading{Device: id, What: what}
}

// either is a reading of a pair: what it is when so, and when not.
func either(id string, on bool, so, not sensor.What, kind event.Kind) sensor.Reading {
	if !on {
		so = not
	}
	return sensor.Reading{Device: id, What: so, Kind: kind}
}

// side are the inputs that many makes have beside their alarm, and what they tell.
func side(id, key string, v any) (sensor.Reading, bool) {
	if key == "battery" {
		percent, ok := v.(float64)
		return sensor.Reading{Device: id, What: sensor.Battery, Percent: int(percent)}, ok
	}
	on, ok := truth(v)
	if !ok {
		return sensor.Reading{}, false
	}
	switch key {
	case "tamper":
		return either(id, on, sensor.Alarm, sensor.Restore, event.Tamper), true
	case "battery_low":
		return either(id, on, sensor.Fault, sensor.FaultOver, event.BatteryLow), true
	case "fault", "trouble", "problem":
		return either(id, on, sensor.Fault, sensor.FaultOver, ""), true
	case "test":
		return either(id, on, sensor.Test, sensor.TestOver, ""), true
	}
	return sensor.Reading{}, false
}

// sides are the keys of side; a test comes first, so that the alarm that goes with it
// is part of it.
var sides = []string{"test", "tamper", "battery_low", "battery", "fault", "trouble", "problem"}

// link reads an availability, as a plain word or as {"state": "online"}.
func availability(payload []byte, on, off string) (online, ok bool) {
	word := strings.TrimSpace(string(payload))
	if fields, is := object(payload); is {
		word = fmt.Sprint(fields["state"])
	}
	return word == on, word == on || word == off
}

// attached is the reading of an availability.
func attached(id string, online bool, note string) sensor.Reading {
	if online {
		return sensor.Reading{Device: id, What: sensor.Online}
	}
	return sensor.Reading{Device: id, What: sensor.Offline, Note: note}
}
