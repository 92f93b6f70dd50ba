package console

import (
	"cmp"
	"fmt"
	"strings"

	"eastgate/cloud/api"
	"eastgate/shared/wire"
)

// sensors says how many of a box's sensors are well, and names those that are not, or
// of which nobody knows.
func (o office) sensors(b api.Box) cell {
	if len(b.Sensors) == 0 {
		return word("–")
	}
	well, rest := 0, []string{}
	for _, s := range b.Sensors {
		if s.State != nil && *s.State == "ok" {
			well++
			continue
		}
		rest = append(rest, cmp.Or(s.Name, s.Sensor)+": "+o.sensorState(s))
	}
	out := cell{Text: fmt.Sprintf("%d / %d", well, len(b.Sensors)), Sub: strings.Join(rest[:min(4, len(rest))], " · ")}
	if len(rest) > 4 {
		out.Sub += " …"
	}
	if len(rest) > 0 {
		out.Badge = "warn"
	}
	return out
}

func (o office) sensorState(s wire.SensorHealth) string {
	state := "unknown"
	if s.State != nil {
		state = *s.State
	}
	text := o.Word("sensor", state)
	if s.Battery != nil && state == "battery" {
		text += fmt.Sprintf(" %d %%", *s.Battery)
	}
	if s.Test {
		text += " (" + o.T["sensor.test"] + ")"
	}
	return text
}
