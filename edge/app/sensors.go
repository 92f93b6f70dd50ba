package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"eastgate/edge/command"
	"eastgate/edge/sensor"
	"eastgate/edge/sensor/mqtt"
	"eastgate/edge/status"
	"eastgate/shared/wire"
)

// openSensors reads what was known of the sensors, and makes what hears them.
func (b *Box) openSensors() error {
	c := b.file.Sensors
	if len(c.Devices) == 0 {
		return nil
	}
	b.sensors = sensor.New(sensor.Config{
		Site: b.file.Site, Box: b.file.Box, Devices: c.Devices, Profiles: c.Profiles(),
		File: filepath.Join(b.file.Data, "sensors.json"), Local: b.local(),
		Keep: b.keepSensor, Coverage: b.coverage, Clock: status.Clock,
	}, sensor.NewMetrics(b.reg), b.log)
	if err := b.openMQTT(); err != nil {
		return err
	}
	return b.openSources()
}

// openMQTT makes what hears devices that speak to a broker, one source each convention.
func (b *Box) openMQTT() error {
	c := b.file.Sensors.MQTT
	if c.URL == "" {
		return nil
	}
	word, err := optional(c.Secret)
	if err != nil {
		return fmt.Errorf("sensors.mqtt.secret: %w", err)
	}
	if c.Client == "" {
		c.Client = "eastgate-" + b.file.Site + "-" + b.file.Box
	}
	m := mqtt.NewMetrics(b.reg)
	for _, name := range mqtt.Sources() {
		if devices := b.file.Sensors.Of(name); len(devices) > 0 {
			b.hear(name, devices, mqtt.New(c, name, devices, word, m))
		}
	}
	return nil
}

// hear adds a source of sensors.
func (b *Box) hear(name string, devices map[string]sensor.Device, a sensor.Adapter) {
	b.sources = append(b.sources, sensor.Source{Name: name, Devices: slices.Sorted(maps.Keys(devices)), Adapter: a})
}

// runSensors hears the sensors until stop ends.
func (b *Box) runSensors(stop context.Context) error {
	if b.sensors == nil {
		return nil
	}
	defer b.shown.Wait()
	defer context.AfterFunc(stop, func() { close(b.ending) })()
	return b.sensors.Run(stop, b.sources)
}

// testSensor puts a sensor under test for some minutes, or ends its test with 0: what it
// tells meanwhile has the status Test.
func (b *Box) testSensor(_ context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Sensor  string `json:"sensor"`
		Minutes int    `json:"minutes"`
	}
	if err := json.Unmarshal(args, &a); err != nil {
		return nil, command.Refuse("args: %v", err)
	}
	if b.sensors == nil {
		return nil, command.Refuse("the box has no sensors")
	}
	until, err := b.sensors.Try(a.Sensor, time.Duration(a.Minutes)*time.Minute)
	if err != nil {
		return nil, command.Refuse("%v", err)
	}
	b.board.Tell()
	return map[string]any{"sensor": a.Sensor, "until": until.UTC()}, nil
}

// sensorCheck is what /healthz shows of the sensors. A source that is away is the
// devices' trouble and not the box's; it is shown, and told as an event.
func (b *Box) sensorCheck() (any, error) {
	return map[string]any{"sources": b.sensors.Links(), "devices": b.sensors.Health()}, nil
}

// withSensors adds the sensors to the box's health. People's words give way where the
// message would be too long: the cloud has names of its own.
func (b *Box) withSensors(h *wire.BoxHealth) {
	if b.sensors == nil {
		return
	}
	h.Sensors = b.sensors.Health()
	if body, err := json.Marshal(h); err == nil && len(body) > wire.MaxBytes {
		for i := range h.Sensors {
			h.Sensors[i].Name, h.Sensors[i].Reason = "", ""
		}
	}
}
