package modbus

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/edge/sensor"
)

// Source is the word under which devices of this package are configured.
const Source = "modbus"

// Usual is how far answers of a unit may be apart: it is asked every few seconds.
const Usual = 2 * time.Minute

// Config is one line: a serial port, or a host that has one.
type Config struct {
	// URL is tcp://host:502, rtuovertcp://host:port or rtu:///dev/ttyUSB0.
	URL string `yaml:"url"`
	// Speed is the serial line's in baud, Parity none, even or odd, StopBits 1 or 2.
	Speed    int    `yaml:"speed"`
	Parity   string `yaml:"parity"`
	StopBits int    `yaml:"stop_bits"`
	// Timeout is how long a unit may take to answer.
	Timeout time.Duration `yaml:"timeout"`
	// Units are the profiles of the units that are asked, by their number.
	Units map[string]string `yaml:"units"`
}

// withDefaults fills in what most sensors come with: 9600 8N1.
func (c Config) withDefaults() Config {
	if c.Speed == 0 {
		c.Speed = 9600
	}
	if c.Parity == "" {
		c.Parity = "none"
	}
	if c.StopBits == 0 {
		c.StopBits = 1
	}
	if c.Timeout == 0 {
		c.Timeout = time.Second
	}
	return c
}

// Validate returns every fault with its field; builtIn are the profiles that need no file.
func (c Config) Validate(builtIn map[string][]byte) []error {
	c = c.withDefaults()
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme == "rtu" && (u.Host != "" || u.Path == ""):
		bad("url: %q is no line such as tcp://host:502 or rtu:///dev/ttyUSB0", c.URL)
	case u.Scheme == "tcp" || u.Scheme == "rtuovertcp":
		if u.Port() == "" || u.Hostname() == "" {
			bad("url: %q lacks host or port", c.URL)
		}
	case u.Scheme != "rtu":
		bad("url: %q is none of tcp://, rtuovertcp://, rtu://", c.URL)
	}
	if c.Timeout < 20*time.Millisecond || c.Timeout > 5*time.Second {
		bad("timeout: %v is not from 20ms to 5s", c.Timeout)
	}
	if !slices.Contains([]string{"none", "even", "odd"}, c.Parity) {
		bad("parity: %q is none of none, even, odd", c.Parity)
	}
	if c.StopBits < 1 || c.StopBits > 2 || c.Speed < 300 || c.Speed > 1_000_000 {
		bad("speed and stop_bits: %d baud and %d bits are no serial line", c.Speed, c.StopBits)
	}
	if len(c.Units) == 0 {
		bad("units: say which profile each unit has, as in {1: gas-rs485}")
	}
	for _, unit := range slices.Sorted(maps.Keys(c.Units)) {
		if n, err := strconv.Atoi(unit); err != nil || n < 1 || n > 247 {
			bad("units.%s: is no number from 1 to 247", unit)
		}
		if _, err := LoadProfile(c.Units[unit], builtIn); err != nil {
			bad("units.%s: %w", unit, err)
		}
	}
	return faults
}

// Check returns what is wrong with a device of this source: its address is line/unit,
// its input a channel of the unit's profile.
func Check(d sensor.Device, lines map[string]Config, builtIn map[string][]byte) []error {
	name, unit, _ := strings.Cut(d.Address, "/")
	profile, ok := lines[name].Units[unit]
	if !ok {
		return []error{fmt.Errorf("address: %q is no line/unit of sensors.modbus", d.Address)}
	}
	p, err := LoadProfile(profile, builtIn)
	if err != nil {
		return nil // told where the line is
	}
	var faults []error
	if !slices.Contains(p.inputs(), d.Input) {
		faults = append(faults, fmt.Errorf("input: %q is no channel of profile %s: %q", d.Input, profile, p.inputs()))
	}
	if d.Invert {
		faults = append(faults, errors.New("invert: is said in the profile"))
	}
	return faults
}
