package modbus

import (
	"context"
	"fmt"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	lib "github.com/simonvetter/modbus"

	"eastgate/edge/sensor"
)

const patienceOfTests = 30 * time.Second

const gasProfile = `
name: gas
from: test
every: 200ms
points:
  - {table: holding, address: 0, type: uint16, scale: 0.1, unit: "%LEL", means: alarm, at_least: 20, over: 15, note: gas}
  - {table: holding, address: 1, type: uint16, means: fault, bits: 0x0004, note: sensor head}
  - {table: holding, address: 1, type: uint16, means: warmup, bits: 0x0008}
  - {table: holding, address: 1, type: uint16, means: test, bits: 0x0010}
  - {input: door, table: discrete, address: 5, type: bit, means: alarm, note: lid}
`

var profiles = map[string][]byte{"gas": []byte(gasProfile)}

// tcp starts a slave on Modbus TCP.
func (s *slave) tcp(t *testing.T) string {
	t.Helper()
	for range 10 { // the library's server cannot be given a port that is free
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := "tcp://" + l.Addr().String()
		l.Close()
		server, err := lib.NewServer(&lib.ServerConfiguration{URL: at, MaxClients: 4}, s)
		if err != nil {
			t.Fatal(err)
		}
		if server.Start() == nil {
			t.Cleanup(func() { server.Stop() })
			return at
		}
	}
	t.Fatal("no port is free")
	return ""
}

// An ear runs an adapter and lets tests wait for what it tells.
type ear struct {
	t     *testing.T
	out   chan sensor.Reading
	ended chan error
}

func listen(t *testing.T, cfg Config, devices map[string]sensor.Device) *ear {
	t.Helper()
	if faults := cfg.Validate(profiles); len(faults) > 0 {
		t.Fatal(faults)
	}
	a, err := New("boiler", cfg, devices, profiles, NewMetrics(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	e := &ear{t: t, out: make(chan sensor.Reading), ended: make(chan error, 1)}
	ctx, stop := context.WithCancel(t.Context())
	go func() { e.ended <- a.Run(ctx, e.out); close(e.ended) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-e.ended:
		case <-time.After(patienceOfTests):
			t.Error("the adapter does not end")
		}
	})
	return e
}

// until reads on until a reading is as wanted: what stays so is told again each time.
func (e *ear) until(device string, what sensor.What, note string) {
	e.t.Helper()
	late := time.After(patienceOfTests)
	var last []string
	for {
		select {
		case r := <-e.out:
			if r.Device == device && r.What == what && strings.Contains(r.Note, note) {
				return
			}
			if last = append(last, fmt.Sprintf("%+v", r)); len(last) > 8 {
				last = last[1:]
			}
		case err := <-e.ended:
			e.t.Fatalf("ended: %v", err)
		case <-late:
			e.t.Fatalf("never told; last were\n%s", strings.Join(last, "\n"))
		}
	}
}

// never reads for a few rounds and wants no such reading.
func (e *ear) never(device string, what sensor.What) {
	e.t.Helper()
	for beats := 0; beats < 3; {
		select {
		case r := <-e.out:
			if r.Device == device && r.What == what {
				e.t.Errorf("told: %+v", r)
			}
			if r.What == sensor.Heartbeat {
				beats++
			}
		case <-time.After(patienceOfTests):
			e.t.Fatal("nothing comes")
		}
	}
}

var devices = map[string]sensor.Device{
	"kitchen-gas": {Kind: "gas", Source: Source, Address: "boiler/3"},
	"kitchen-lid": {Kind: "door", Source: Source, Address: "boiler/3", Input: "door"},
}

// TestALineIsHeard: the same over TCP, and over a serial line.
func TestALineIsHeard(t *testing.T) {
	for name, open := range map[string]func(*slave, *testing.T) string{
		"tcp": (*slave).tcp,
		"rtu": func(s *slave, t *testing.T) string { return "rtu://" + s.serial(t) },
	} {
		t.Run(name, func(t *testing.T) {
			s := &slave{unit: 3}
			e := listen(t, Config{URL: open(s, t), Units: map[string]string{"3": "gas"}, Timeout: 2 * time.Second}, devices)
			e.until("", sensor.Linked, "")
			e.until("kitchen-gas", sensor.Restore, "")
			s.set(func(s *slave) { s.words[0] = 254 })
			e.until("kitchen-gas", sensor.Alarm, "gas 25.4 %LEL")
			s.set(func(s *slave) { s.words[0] = 180 }) // between over and at_least: still
			e.until("kitchen-gas", sensor.Alarm, "gas 18 %LEL")
			s.set(func(s *slave) { s.words[0] = 149 })
			e.until("kitchen-gas", sensor.Restore, "")
			s.set(func(s *slave) { s.words[0] = 180 }) // and now it is not
			e.never("kitchen-gas", sensor.Alarm)
			s.set(func(s *slave) { s.words[0], s.words[1] = 0, 0x0004 })
			e.until("kitchen-lid", sensor.Fault, "sensor head") // of the whole unit
			e.until("kitchen-gas", sensor.Fault, "sensor head")
			s.set(func(s *slave) { s.words[0], s.words[1] = 900, 0x0008 })
			e.until("kitchen-gas", sensor.FaultOver, "")
			e.never("kitchen-gas", sensor.Alarm) // it warms up
			s.set(func(s *slave) { s.words[1] = 0x0010 })
			e.until("kitchen-gas", sensor.Test, "")
			s.set(func(s *slave) { s.bits[5] = true })
			e.until("kitchen-lid", sensor.Alarm, "lid")
		})
	}
}

func TestAUnitThatRefusesIsAwayWithItsReason(t *testing.T) {
	s := &slave{unit: 3, refuse: true}
	e := listen(t, Config{URL: s.tcp(t), Units: map[string]string{"3": "gas"}}, devices)
	e.until("kitchen-gas", sensor.Offline, "does the profile fit the device?")
	s.set(func(s *slave) { s.refuse = false })
	e.until("kitchen-gas", sensor.Heartbeat, "")
}

// TestOneUnitThatIsAwayDoesNotTakeTheOthers: and when all are, it is the line.
func TestOneUnitThatIsAwayDoesNotTakeTheOthers(t *testing.T) {
	s := &slave{unit: 3}
	two := map[string]sensor.Device{"a": {Kind: "gas", Address: "boiler/3"}, "b": {Kind: "gas", Address: "boiler/4"}}
	e := listen(t, Config{URL: "rtu://" + s.serial(t), Units: map[string]string{"3": "gas", "4": "gas"}, Timeout: 100 * time.Millisecond}, two)
	e.until("b", sensor.Offline, "unit 4")
	e.until("a", sensor.Heartbeat, "")
	s.set(func(s *slave) { s.mute = true })
	for {
		select {
		case <-e.out:
		case err := <-e.ended:
			if err == nil || !strings.Contains(err.Error(), "no unit answers") {
				t.Error(err)
			}
			return
		case <-time.After(patienceOfTests):
			t.Fatal("goes on")
		}
	}
}

func TestALineThatIsNotThere(t *testing.T) {
	a, err := New("boiler", Config{URL: "rtu:///dev/no-such-line", Units: map[string]string{"3": "gas"}}, devices, profiles, NewMetrics(prometheus.NewRegistry()))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "/dev/no-such-line") {
		t.Error(err)
	}
}

func TestAHeartbeatThatStandsStill(t *testing.T) {
	p, err := ReadProfile([]byte("name: x\nfrom: test\npoints:\n  - {table: input, address: 2, type: uint16, means: heartbeat, within: 1m}\n  - {table: input, address: 3, type: uint16, means: battery}"))
	if err != nil {
		t.Fatal(err)
	}
	u := &unit{number: 1, profile: p, ids: map[string][]string{"": {"pipe"}}}
	u.begin()
	now := time.Now()
	for _, c := range []struct {
		after time.Duration
		count float64
		want  sensor.What
	}{{0, 7, sensor.Heartbeat}, {time.Minute, 7, sensor.Heartbeat}, {61 * time.Second, 7, sensor.Offline}, {62 * time.Second, 8, sensor.Heartbeat}} {
		got := u.take([]value{{number: c.count}, {number: 87}}, nil, now.Add(c.after))
		if len(got) == 0 || got[0].What != c.want {
			t.Errorf("after %v: %+v, want %v", c.after, got, c.want)
		}
	}
}

func TestNumbersInRegisters(t *testing.T) {
	bits := math.Float32bits(0.25)
	for _, c := range []struct {
		p    Point
		raw  uint32
		want float64
	}{
		{Point{Type: "uint16", Scale: 0.1}, 0xffff, 6553.5},
		{Point{Type: "int16"}, 0xfffe, -2},
		{Point{Type: "uint32"}, 0xffffffff, 4294967295},
		{Point{Type: "int32"}, 0xffffffff, -1},
		{Point{Type: "float32"}, bits, 0.25},
	} {
		if got := c.p.scaled(c.raw); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s %#x is %v, want %v", c.p.Type, c.raw, got, c.want)
		}
	}
	p := Point{Type: "float32", AtLeast: Limit{true, 1}}
	if p.holds(value{number: math.NaN()}, true) {
		t.Error("no number is over no limit")
	}
}

func TestTwoRegistersInBothOrders(t *testing.T) {
	s := &slave{unit: 3}
	s.words[10], s.words[11] = 0x0001, 0x0002
	c, err := lib.NewClient(&lib.ClientConfiguration{URL: s.tcp(t)})
	if err == nil {
		err = c.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetUnitId(3)
	for order, want := range map[string]uint32{"": 0x00010002, "high": 0x00010002, "low": 0x00020001} {
		if got, err := (Point{Table: "input", Address: 10, Type: "uint32", Order: order}).read(c); err != nil || got != want {
			t.Errorf("%q: %#x, %v", order, got, err)
		}
	}
}

func TestFaultsOfAProfile(t *testing.T) {
	for want, text := range map[string]string{
		"name and from": "points: [{table: coil, address: 1, type: bit, means: alarm}]",
		"points: 1 to":  "name: x\nfrom: y",
		"every":         "name: x\nfrom: y\nevery: 1ms\npoints: [{table: coil, address: 1, type: bit, means: alarm}]",
		"table":         "name: x\nfrom: y\npoints: [{table: rom, address: 1, type: uint16, means: battery}]",
		"address":       "name: x\nfrom: y\npoints: [{table: input, address: 65535, type: uint32, means: battery}]",
		"type":          "name: x\nfrom: y\npoints: [{table: coil, address: 1, type: uint16, means: battery}]",
		"order":         "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, order: low, means: battery}]",
		"means":         "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, means: joy, bits: 1}]",
		"within":        "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, means: heartbeat}]",
		"exactly one":   "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, means: alarm}]",
		"over":          "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, means: alarm, at_least: 1, over: 2}]",
		"no mask":       "name: x\nfrom: y\npoints: [{table: input, address: 1, type: uint16, means: alarm, bits: 0xzz}]",
		"unknown key":   "name: x\nfrom: y\nwrite: 1\npoints: [{table: coil, address: 1, type: bit, means: alarm}]",
	} {
		if _, err := ReadProfile([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestFaultsOfALine(t *testing.T) {
	good := Config{URL: "tcp://10.0.0.1:502", Units: map[string]string{"3": "gas"}}
	for want, change := range map[string]func(*Config){
		"url":      func(c *Config) { c.URL = "udp://x" },
		"lacks":    func(c *Config) { c.URL = "tcp://x" },
		"no line":  func(c *Config) { c.URL = "rtu://ttyUSB0" },
		"timeout":  func(c *Config) { c.Timeout = time.Minute },
		"parity":   func(c *Config) { c.Parity = "mark" },
		"speed":    func(c *Config) { c.Speed = 1 },
		"units":    func(c *Config) { c.Units = nil },
		"247":      func(c *Config) { c.Units = map[string]string{"300": "gas"} },
		"built in": func(c *Config) { c.Units = map[string]string{"3": "nosuch"} },
	} {
		c := good
		change(&c)
		if got := c.Validate(profiles); len(got) != 1 || !strings.Contains(got[0].Error(), want) {
			t.Errorf("%s: %v", want, got)
		}
	}
	lines := map[string]Config{"boiler": good}
	for _, d := range devices {
		if got := Check(d, lines, profiles); got != nil {
			t.Error(got)
		}
	}
	for _, d := range []sensor.Device{{Address: "boiler"}, {Address: "boiler/4"}, {Address: "boiler/3", Input: "x"}, {Address: "boiler/3", Invert: true}} {
		if got := Check(d, lines, profiles); len(got) != 1 {
			t.Errorf("%+v: %v", d, got)
		}
	}
}

func FuzzReadProfile(f *testing.F) {
	f.Add([]byte(gasProfile))
	f.Fuzz(func(_ *testing.T, data []byte) { ReadProfile(data) })
}
