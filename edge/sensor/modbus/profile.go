package modbus

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"eastgate/shared/strict"
)

// A Profile says which registers a make of device has and what they mean. They are
// files: those of firmware-configs/modbus are built in.
type Profile struct {
	Name string `yaml:"name"` // for people
	From string `yaml:"from"` // where the registers are known from
	// Every is how often they are read.
	Every  time.Duration `yaml:"every"`
	Points []Point       `yaml:"points"`
}

// A Point is one thing that registers tell.
type Point struct {
	// Input tells the channels of one unit apart; empty means the unit itself.
	Input string `yaml:"input"`
	// Table is coil, discrete, holding or input (function codes 1 to 4), Address counts
	// from 0 as on the wire (the 40001 of a manual is holding 0).
	Table   string `yaml:"table"`
	Address int    `yaml:"address"`
	// Type is bit for coils and discrete inputs, else uint16, int16, uint32, int32 or
	// float32; Order of two registers is high (first; the usual) or low.
	Type  string  `yaml:"type"`
	Order string  `yaml:"order"`
	Scale float64 `yaml:"scale"` // of the value; 0 means 1
	Unit  string  `yaml:"unit"`

	// Means is alarm, fault, test, warmup (alarms do not count), battery (per cent) or
	// heartbeat (a value that must change within Within).
	Means  string        `yaml:"means"`
	Within time.Duration `yaml:"within"`

	// When it is so: one of these. A bit is so when it is 1.
	Bits    Bits  `yaml:"bits"`   // any of them is 1
	Equals  []int `yaml:"equals"` // the number in the register, before scaling
	AtLeast Limit `yaml:"at_least"`
	AtMost  Limit `yaml:"at_most"`
	// Over is where a limit is over again; it defaults to the limit.
	Over Limit  `yaml:"over"`
	Note string `yaml:"note"`
}

// Bits is a mask, written 0x0003 or 3.
type Bits uint32

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bits) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 0, 32)
	*b = Bits(n)
	if err != nil {
		return fmt.Errorf("%.20q is no mask such as 0x0003", text)
	}
	return nil
}

// A Limit is a number that may be absent.
type Limit struct {
	Set   bool
	Value float64
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Limit) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(string(text), 64)
	*l = Limit{true, v}
	if err != nil {
		return fmt.Errorf("%.20q is no number", text)
	}
	return nil
}

// What a point may mean, and of what type it may be with how many registers.
var (
	meanings  = []string{alarm, fault, test, warmup, battery, heartbeat}
	registers = map[string]int{"bit": 1, "uint16": 1, "int16": 1, "uint32": 2, "int32": 2, "float32": 2}
)

const (
	alarm     = "alarm"
	fault     = "fault"
	test      = "test"
	warmup    = "warmup"
	battery   = "battery"
	heartbeat = "heartbeat"
)

// Bounds of a profile. A line of 9600 baud carries some 30 questions a second.
const (
	shortestPoll = 200 * time.Millisecond
	maxPoints    = 64
)

// ReadProfile reads a profile; the error joins every fault.
func ReadProfile(data []byte) (Profile, error) {
	p := Profile{Every: 2 * time.Second}
	faults := strict.Decode(data, &p)
	if !strict.Unreadable(faults) {
		faults = append(faults, p.validate()...)
	}
	return p, errors.Join(faults...)
}

// LoadProfile reads a profile from a file, or one that is built in.
func LoadProfile(name string, builtIn map[string][]byte) (Profile, error) {
	data, ok := builtIn[name]
	if !ok {
		if !strings.ContainsAny(name, "./") {
			return Profile{}, fmt.Errorf("profile %q is not built in; give the path of a file", name)
		}
		var err error
		if data, err = os.ReadFile(name); err != nil {
			return Profile{}, err
		}
	}
	p, err := ReadProfile(data)
	if err != nil {
		return p, fmt.Errorf("profile %s: %w", name, err)
	}
	return p, nil
}

func (p Profile) validate() []error {
	var faults []error
	if p.Name == "" || p.From == "" {
		faults = append(faults, errors.New("name and from are needed"))
	}
	if p.Every < shortestPoll {
		faults = append(faults, fmt.Errorf("every: %v is less than %v", p.Every, shortestPoll))
	}
	if len(p.Points) == 0 || len(p.Points) > maxPoints {
		faults = append(faults, fmt.Errorf("points: 1 to %d are needed", maxPoints))
	}
	for i, pt := range p.Points {
		faults = append(faults, strict.At(fmt.Sprintf("points[%d]", i), pt.validate()...)...)
	}
	return faults
}

func (p Point) validate() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	bits := p.Table == "coil" || p.Table == "discrete"
	if !bits && p.Table != "holding" && p.Table != "input" {
		bad("table: %q is none of coil, discrete, holding, input", p.Table)
	}
	if p.Address < 0 || p.Address+registers[p.Type] > 1<<16 {
		bad("address: %d is not from 0 to 65535", p.Address)
	}
	if n := registers[p.Type]; n == 0 || bits != (p.Type == "bit") {
		bad("type: %q does not go with table %s", p.Type, p.Table)
	}
	if p.Order != "" && (p.Order != "high" && p.Order != "low" || registers[p.Type] != 2) {
		bad("order: is high or low, of types with two registers")
	}
	if !slices.Contains(meanings, p.Means) {
		bad("means: %q is none of %s", p.Means, strings.Join(meanings, ", "))
	}
	if (p.Within > 0) != (p.Means == heartbeat) {
		bad("within: is for heartbeat, which needs it")
	}
	given := 0
	for _, g := range []bool{p.Bits != 0, len(p.Equals) > 0, p.AtLeast.Set, p.AtMost.Set} {
		if g {
			given++
		}
	}
	needs := p.Means != battery && p.Means != heartbeat && p.Type != "bit"
	if needs && given != 1 || !needs && given != 0 {
		bad("give exactly one of bits, equals, at_least, at_most for what is so or not; none for bits, battery and heartbeat")
	}
	if p.Over.Set && (!p.AtLeast.Set && !p.AtMost.Set || p.AtLeast.Set && p.Over.Value > p.AtLeast.Value || p.AtMost.Set && p.Over.Value < p.AtMost.Value) {
		bad("over: is on the good side of at_least or at_most")
	}
	return faults
}

// inputs lists the channels of a profile.
func (p Profile) inputs() []string {
	var out []string
	for _, pt := range p.Points {
		if !slices.Contains(out, pt.Input) {
			out = append(out, pt.Input)
		}
	}
	return out
}
