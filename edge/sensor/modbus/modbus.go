// Package modbus hears sensors that are asked for their registers, over Modbus TCP or a
// serial line: gas controllers, smoke loops, pumps, pressure gauges.
//
// It promises to read and never to write; that a unit which does not answer, or answers
// the same frozen heartbeat, is told to be away while the others of the line are heard;
// and that a value which stays in a register is one alarm, however often it is read.
package modbus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/simonvetter/modbus"

	"eastgate/edge/sensor"
	"eastgate/shared/retry"
)

// Metrics count what is asked.
type Metrics struct{ asked, failed *prometheus.CounterVec }

// NewMetrics registers the metrics of all lines.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		asked: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_modbus_polls_total", Help: "Rounds in which a unit was asked.",
		}, []string{"line"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_modbus_failures_total", Help: "Rounds in which a unit did not answer, or refused.",
		}, []string{"line"}),
	}
	reg.MustRegister(m.asked, m.failed)
	return m
}

// patience is how often a unit may fail to answer before it is away: one frame is
// easily lost on a serial line.
const patience = 3

// An Adapter hears the units of one line.
type Adapter struct {
	name  string
	cfg   Config
	units []*unit
	m     *Metrics
}

// New returns the adapter of a line and of the devices that are heard there. Profiles
// that cannot be read are an error: Validate has told it.
func New(name string, cfg Config, devices map[string]sensor.Device, builtIn map[string][]byte, m *Metrics) (*Adapter, error) {
	a := &Adapter{name: name, cfg: cfg.withDefaults(), m: m}
	for _, number := range slices.Sorted(maps.Keys(cfg.Units)) {
		p, err := LoadProfile(cfg.Units[number], builtIn)
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseUint(number, 10, 8)
		if err != nil {
			return nil, fmt.Errorf("unit %q: %w", number, err)
		}
		u := &unit{number: uint8(n), profile: p, ids: map[string][]string{}}
		for _, id := range slices.Sorted(maps.Keys(devices)) {
			if d := devices[id]; d.Address == name+"/"+number {
				u.ids[d.Input] = append(u.ids[d.Input], id)
			}
		}
		if len(u.ids) > 0 {
			a.units = append(a.units, u)
		}
	}
	return a, nil
}

var parities = map[string]uint{"none": modbus.PARITY_NONE, "even": modbus.PARITY_EVEN, "odd": modbus.PARITY_ODD}

// Run serves one connection.
func (a *Adapter) Run(ctx context.Context, out chan<- sensor.Reading) error {
	client, err := modbus.NewClient(&modbus.ClientConfiguration{
		URL: a.cfg.URL, Timeout: a.cfg.Timeout,
		Speed: uint(a.cfg.Speed), DataBits: 8, Parity: parities[a.cfg.Parity], StopBits: uint(a.cfg.StopBits), //nolint:gosec // checked
		Logger: log.New(io.Discard, "", 0), // what fails is told here
	})
	if err == nil {
		err = client.Open()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", a.cfg.URL, err)
	}
	defer client.Close()
	for _, u := range a.units {
		u.begin()
	}
	linked := false
	for {
		told, err := a.round(client, time.Now())
		if err != nil {
			return fmt.Errorf("%s: no unit answers: %w", a.cfg.URL, err)
		}
		if !linked && len(told) > 0 {
			told = append([]sensor.Reading{{What: sensor.Linked}}, told...)
			linked = true
		}
		for _, r := range told {
			select {
			case out <- r:
			case <-ctx.Done():
				return nil
			}
		}
		if !retry.Sleep(ctx, a.pause(time.Now())) {
			return nil
		}
	}
}

// pause is how long until a unit is due.
func (a *Adapter) pause(now time.Time) time.Duration {
	wait := time.Minute
	for _, u := range a.units {
		wait = min(wait, u.due.Sub(now))
	}
	return max(wait, 10*time.Millisecond)
}

// round asks the units that are due. It fails when every unit of the line is away:
// then it is the line.
func (a *Adapter) round(client *modbus.ModbusClient, now time.Time) ([]sensor.Reading, error) {
	var out []sensor.Reading
	var last error
	away := 0
	for _, u := range a.units {
		if !now.Before(u.due) {
			u.due = now.Add(u.profile.Every)
			a.m.asked.WithLabelValues(a.name).Inc()
			values, err := u.ask(client)
			if err != nil {
				a.m.failed.WithLabelValues(a.name).Inc()
			}
			out = append(out, u.take(values, err, now)...)
		}
		if u.failures >= patience {
			away++
			last = u.failed
		}
	}
	if away == len(a.units) && !errors.Is(last, errExplained) {
		return nil, last
	}
	return out, nil
}
