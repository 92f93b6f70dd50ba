package sensor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// The words for how a sensor is.
const (
	WordOK      = "ok"
	WordAlarm   = "alarm"
	WordFault   = "fault"
	WordBattery = "battery" // low
	WordOffline = "offline" // silent, or said to be away
)

// Health says how all sensors are, by name. What is not known is nil.
func (c *Core) Health() []wire.SensorHealth {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]wire.SensorHealth, 0, len(c.devices))
	for _, u := range c.devices {
		out = append(out, u.health(time.Now()))
	}
	slices.SortFunc(out, func(a, b wire.SensorHealth) int { return strings.Compare(a.Sensor, b.Sensor) })
	return out
}

func (u *unit) health(now time.Time) wire.SensorHealth {
	h := wire.SensorHealth{Sensor: u.id, Name: u.device.Name, Kind: string(u.device.Kind), Heard: u.Heard, Battery: u.Battery, Test: u.tried(now)}
	word := ""
	switch {
	case !u.linked:
		h.Reason = "its source " + u.source + " cannot be reached"
	case u.on(event.Offline):
		word, h.Reason = WordOffline, u.Conditions[event.Offline].Note
	case u.alarmed():
		word = WordAlarm
	case u.failing():
		word, h.Reason = WordFault, u.Conditions[u.device.Kind.Fault()].Note
	case u.on(event.BatteryLow):
		word = WordBattery
	case u.Heard != nil:
		word = WordOK
	}
	if word != "" {
		h.State = &word
	}
	return h
}

func (u *unit) on(k event.Kind) bool { return u.Conditions[k] != nil && u.Conditions[k].On }

// alarmed reports whether an alarm is told and not over.
func (u *unit) alarmed() bool {
	for k, c := range u.Conditions {
		if c.Episode != "" && k != event.Offline && k != event.BatteryLow && (k != u.device.Kind.Fault() || k == u.device.Kind.Alarm()) {
			return true
		}
	}
	return false
}

// A Link says how a source is.
type Link struct {
	Linked bool   `json:"linked"`
	Fault  string `json:"fault,omitempty"`
}

// Links says how the sources are, by name.
func (c *Core) Links() map[string]Link {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]Link{}
	for name, s := range c.sources {
		if s.source != "" {
			out[name] = Link{s.linked, s.Away}
		}
	}
	return out
}

// maxTest bounds how long a device may be under test: nobody watches it meanwhile.
const maxTest = 4 * time.Hour

// Try puts a device under test for so long, or ends its test when d is 0. All that it
// tells meanwhile has the status Test; an alarm that still stands afterwards is real.
func (c *Core) Try(id string, d time.Duration) (until time.Time, err error) {
	if d < 0 || d > maxTest {
		return time.Time{}, fmt.Errorf("a test of %v: from 0 to %v is possible", d, maxTest)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u := c.devices[id]
	if u == nil {
		return time.Time{}, fmt.Errorf("%.48q is no sensor of this box", id)
	}
	u.TestUntil, c.dirty = time.Now().Add(d), true
	return u.TestUntil, nil
}
