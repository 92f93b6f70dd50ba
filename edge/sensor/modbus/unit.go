package modbus

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/simonvetter/modbus"

	"eastgate/edge/sensor"
)

// A unit is one device on a line.
type unit struct {
	number  uint8
	profile Profile
	ids     map[string][]string // configured devices, by input

	due      time.Time
	failures int
	failed   error
	points   []state
}

// state is what is known of a point.
type state struct {
	known, so bool
	value     float64
	moved     time.Time // of a heartbeat: when its value changed last
}

func (u *unit) begin() {
	u.due, u.failures, u.points = time.Time{}, 0, make([]state, len(u.profile.Points))
}

// errExplained marks what a unit refuses while it is there: a wrong profile is no
// broken line.
var errExplained = errors.New("the unit answers, but refuses")

// A value is what a point's registers held.
type value struct {
	raw    uint32  // the bits
	number float64 // scaled
}

// ask reads all points of the profile.
func (u *unit) ask(client *modbus.ModbusClient) ([]value, error) {
	if err := client.SetUnitId(u.number); err != nil {
		return nil, err
	}
	out := make([]value, len(u.profile.Points))
	for i, p := range u.profile.Points {
		if j := slices.IndexFunc(u.profile.Points[:i], p.sameRegisters); j >= 0 {
			out[i] = out[j] // a status word has many bits
			out[i].number = p.scaled(out[i].raw)
			continue
		}
		raw, err := p.read(client)
		if err != nil {
			return nil, p.explain(err)
		}
		out[i] = value{raw, p.scaled(raw)}
	}
	return out, nil
}

func (p Point) sameRegisters(o Point) bool {
	return p.Table == o.Table && p.Address == o.Address && p.Type == o.Type && p.Order == o.Order
}

func (p Point) read(client *modbus.ModbusClient) (uint32, error) {
	at := uint16(p.Address) //nolint:gosec // checked
	switch p.Table {
	case "coil":
		on, err := client.ReadCoil(at)
		return bit(on), err
	case "discrete":
		on, err := client.ReadDiscreteInput(at)
		return bit(on), err
	}
	kind := modbus.HOLDING_REGISTER
	if p.Table == "input" {
		kind = modbus.INPUT_REGISTER
	}
	words, err := client.ReadRegisters(at, uint16(registers[p.Type]), kind) //nolint:gosec // 1 or 2
	switch {
	case err != nil:
		return 0, err
	case len(words) == 1:
		return uint32(words[0]), nil
	case p.Order == "low":
		return uint32(words[1])<<16 | uint32(words[0]), nil
	}
	return uint32(words[0])<<16 | uint32(words[1]), nil
}

func bit(on bool) uint32 {
	if on {
		return 1
	}
	return 0
}

// explain says which register it was, and keeps a refusal apart from silence.
func (p Point) explain(err error) error {
	for _, refusal := range []error{modbus.ErrIllegalFunction, modbus.ErrIllegalDataAddress, modbus.ErrIllegalDataValue} {
		if errors.Is(err, refusal) {
			return fmt.Errorf("%w: %s %d: %w; does the profile fit the device?", errExplained, p.Table, p.Address, err)
		}
	}
	return fmt.Errorf("%s %d: %w", p.Table, p.Address, err)
}

// scaled is the number that bits stand for.
func (p Point) scaled(raw uint32) float64 {
	var n float64
	switch p.Type {
	case "int16":
		n = float64(int16(raw)) //nolint:gosec // the sign is meant
	case "int32":
		n = float64(int32(raw)) //nolint:gosec // the sign is meant
	case "float32":
		n = float64(math.Float32frombits(raw))
	default:
		n = float64(raw)
	}
	if p.Scale != 0 {
		n *= p.Scale
	}
	return n
}

// holds says whether the point is so; was is whether it was so before.
func (p Point) holds(v value, was bool) bool {
	switch {
	case p.Type == "bit":
		return v.raw == 1
	case p.Bits != 0:
		return v.raw&uint32(p.Bits) != 0
	case len(p.Equals) > 0:
		return slices.Contains(p.Equals, int(v.raw))
	case p.AtLeast.Set:
		return v.number >= p.AtLeast.Value || was && p.Over.Set && v.number >= p.Over.Value
	}
	return v.number <= p.AtMost.Value || was && p.Over.Set && v.number <= p.Over.Value
}

// take turns what a unit answered into readings. An answer is a sign of life, unless
// the profile has a heartbeat: then only its change is.
func (u *unit) take(values []value, err error, now time.Time) []sensor.Reading {
	if err != nil {
		return u.miss(err)
	}
	u.failures, u.failed = 0, nil
	frozen := u.update(values, now)
	var out []sensor.Reading
	for _, input := range u.profile.inputs() {
		for _, id := range u.ids[input] {
			if frozen != "" {
				out = append(out, sensor.Reading{Device: id, What: sensor.Offline, Note: frozen})
				continue
			}
			out = append(out, sensor.Reading{Device: id, What: sensor.Heartbeat})
			out = append(out, u.told(id, input)...)
		}
	}
	return out
}

func (u *unit) miss(err error) []sensor.Reading {
	u.failed = err
	if u.failures++; u.failures != patience {
		return nil
	}
	var out []sensor.Reading
	for _, input := range u.profile.inputs() {
		for _, id := range u.ids[input] {
			out = append(out, sensor.Reading{Device: id, What: sensor.Offline, Note: fmt.Sprintf("unit %d: %v", u.number, err)})
		}
	}
	return out
}

// update notes the values; frozen says why they are not to be believed.
func (u *unit) update(values []value, now time.Time) (frozen string) {
	for i, p := range u.profile.Points {
		s := &u.points[i]
		if p.Means == heartbeat {
			if !s.known || s.value != values[i].number {
				s.moved = now
			}
			if quiet := now.Sub(s.moved); quiet > p.Within {
				frozen = fmt.Sprintf("unit %d answers, but its heartbeat stands still for %v", u.number, quiet.Round(time.Second))
			}
		} else {
			s.so = p.holds(values[i], s.so)
		}
		s.known, s.value = true, values[i].number
	}
	return frozen
}

// told are the readings of one channel: several points may mean the same, and it is so
// when one of them is.
func (u *unit) told(id, input string) []sensor.Reading {
	so, notes, has := map[string]bool{}, map[string]string{}, map[string]bool{}
	var out []sensor.Reading
	for i, p := range u.profile.Points {
		s := u.points[i]
		if p.Input != input && (p.Input != "" || p.Means == alarm) { // what the unit says of itself is so for its channels
			continue
		}
		has[p.Means] = true
		if p.Means == battery {
			out = append(out, sensor.Reading{Device: id, What: sensor.Battery, Percent: int(math.Round(min(max(s.value, 0), 100)))})
		}
		if s.so && !so[p.Means] {
			so[p.Means], notes[p.Means] = true, p.words(s)
		}
	}
	if so[warmup] {
		so[alarm] = false // a gas sensor that warms up shows what it likes
	}
	for _, w := range []struct {
		means   string
		on, off sensor.What
	}{{test, sensor.Test, sensor.TestOver}, {fault, sensor.Fault, sensor.FaultOver}, {alarm, sensor.Alarm, sensor.Restore}} {
		switch {
		case so[w.means]:
			out = append(out, sensor.Reading{Device: id, What: w.on, Note: notes[w.means]})
		case has[w.means]:
			out = append(out, sensor.Reading{Device: id, What: w.off})
		}
	}
	return out
}

// words is the note of a point, with its value where it has one.
func (p Point) words(s state) string {
	if p.AtLeast.Set || p.AtMost.Set {
		return fmt.Sprintf("%s %.4g %s", p.Note, s.value, p.Unit)
	}
	return p.Note
}
