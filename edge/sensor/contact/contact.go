// Package contact hears dry contacts that are wired to the box's own inputs: a door, a
// button behind glass, the alarm relay of a fire panel.
//
// It promises that a contact which bounces tells one thing; that how a contact stands
// when the box starts is state; and that a loop of two inputs which is cut, or shorted,
// is a fault and no all-clear.
package contact

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"eastgate/edge/sensor"
	"eastgate/shared/retry"
)

// Source is the word under which devices of this package are configured.
const Source = "contact"

// Config says where the inputs are.
type Config struct {
	Chip string `yaml:"chip"` // of the GPIO character device, such as gpiochip0
	// Pull is up or down: where an open input is drawn to. A closed contact draws it the
	// other way. None leaves that to resistors on the board, which draw up.
	Pull string `yaml:"pull"`
	// Debounce is how long a contact must stand before it counts.
	Debounce time.Duration `yaml:"debounce"`
}

// DefaultConfig lacks only the chip.
func DefaultConfig() Config { return Config{Pull: "up", Debounce: 50 * time.Millisecond} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if !slices.Contains([]string{"up", "down", "none"}, c.Pull) {
		faults = append(faults, fmt.Errorf("pull: %q is none of up, down, none", c.Pull))
	}
	if c.Debounce < time.Millisecond || c.Debounce > time.Second {
		faults = append(faults, fmt.Errorf("debounce: %v is not from 1ms to 1s", c.Debounce))
	}
	return faults
}

// Check returns what is wrong with a device of this source. Its address is the number
// of an input; closed is an alarm, or with invert open is (a contact that is normally
// closed). With input, the number of a second one, the two are a changeover contact or
// a loop and its return: one of them must be closed, or the wire is cut.
func Check(d sensor.Device, c Config) []error {
	var faults []error
	if c.Chip == "" {
		faults = append(faults, errors.New("source: contact needs sensors.contacts.chip"))
	}
	first, err := number(d.Address)
	if err != nil {
		faults = append(faults, fmt.Errorf("address: %w", err))
	}
	if d.Input != "" {
		if second, err := number(d.Input); err != nil || second == first {
			faults = append(faults, fmt.Errorf("input: %q is no number of a second input", d.Input))
		}
	}
	return faults
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1023 {
		return 0, fmt.Errorf("%q is no number of an input from 0", s)
	}
	return n, nil
}

// A port is a set of inputs.
type port interface {
	// closed says of each input whether its contact is.
	closed() ([]bool, error)
	// changed gets a token when an input may have changed.
	changed() <-chan struct{}
	Close() error
}

// A wire is one device and its inputs, as places in a port.
type wire struct {
	id     string
	device sensor.Device
	second bool
	at     [2]int
}

// An Adapter hears the inputs of one chip.
type Adapter struct {
	cfg   Config
	wires []wire
	lines []int
	open  func(Config, []int) (port, error)
}

// New returns the adapter for devices that Check has found good.
func New(cfg Config, devices map[string]sensor.Device) *Adapter {
	a := &Adapter{cfg: cfg, open: openChip}
	for _, id := range slices.Sorted(maps.Keys(devices)) {
		d := devices[id]
		w := wire{id: id, device: d}
		w.at[0] = a.line(d.Address)
		if d.Input != "" {
			w.second = true
			w.at[1] = a.line(d.Input)
		}
		a.wires = append(a.wires, w)
	}
	return a
}

func (a *Adapter) line(s string) int {
	n, _ := number(s) // checked
	if i := slices.Index(a.lines, n); i >= 0 {
		return i
	}
	a.lines = append(a.lines, n)
	return len(a.lines) - 1
}

// look is how often inputs are read even if nothing says that they changed.
const look = time.Second

// Run hears the inputs until ctx ends or the chip fails.
func (a *Adapter) Run(ctx context.Context, out chan<- sensor.Reading) error {
	p, err := a.open(a.cfg, a.lines)
	if err != nil {
		return fmt.Errorf("inputs of %s: %w", a.cfg.Chip, err)
	}
	defer p.Close()
	told := []sensor.Reading{{What: sensor.Linked}}
	for _, w := range a.wires {
		told = append(told, sensor.Reading{Device: w.id, What: sensor.Online})
	}
	tick := time.NewTicker(look)
	defer tick.Stop()
	var was []bool
	for {
		now, err := a.settle(ctx, p)
		if err != nil {
			return fmt.Errorf("inputs of %s: %w", a.cfg.Chip, err)
		}
		told = append(told, a.read(was, now)...)
		for _, r := range told {
			select {
			case out <- r:
			case <-ctx.Done():
				return nil
			}
		}
		told, was = nil, now
		select {
		case <-p.changed():
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// bounces is after how many reads a contact that never stands is taken as it is.
const bounces = 20

// settle reads until the inputs have stood for the time of Debounce.
func (a *Adapter) settle(ctx context.Context, p port) ([]bool, error) {
	now, err := p.closed()
	for range bounces {
		if err != nil || !retry.Sleep(ctx, a.cfg.Debounce) {
			break
		}
		before := now
		if now, err = p.closed(); slices.Equal(before, now) {
			break
		}
	}
	return now, err
}

// read tells what changed; at first, everything.
func (a *Adapter) read(was, now []bool) []sensor.Reading {
	var out []sensor.Reading
	for _, w := range a.wires {
		first := was == nil
		if !first && was[w.at[0]] == now[w.at[0]] && (!w.second || was[w.at[1]] == now[w.at[1]]) {
			continue
		}
		for _, r := range w.told(now) {
			r.Device, r.Retained = w.id, first
			out = append(out, r)
		}
	}
	return out
}

// told is what the inputs of one device say.
func (w wire) told(closed []bool) []sensor.Reading {
	one := closed[w.at[0]]
	state := sensor.Reading{What: sensor.Restore}
	if one != w.device.Invert {
		state.What = sensor.Alarm
	}
	if !w.second {
		return []sensor.Reading{state}
	}
	switch other := closed[w.at[1]]; {
	case one && other:
		return []sensor.Reading{{What: sensor.Fault, Note: "the wire is shorted: both inputs are closed"}}
	case !one && !other:
		return []sensor.Reading{{What: sensor.Fault, Note: "the wire is cut: neither input is closed"}}
	}
	return []sensor.Reading{{What: sensor.FaultOver}, state}
}
