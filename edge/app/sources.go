package app

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"eastgate/edge/sensor"
	"eastgate/edge/sensor/contact"
	"eastgate/edge/sensor/modbus"
	"eastgate/edge/sensor/pullpoint"
	"eastgate/edge/sensor/push"
	configs "eastgate/firmware-configs"
	"eastgate/shared/secret"
)

// openSources makes what hears sensors in other ways than through a broker: one source
// for each camera, line, listener and chip, so that each can be away alone.
func (b *Box) openSources() error {
	if err := b.openONVIF(); err != nil {
		return err
	}
	if err := b.openModbus(); err != nil {
		return err
	}
	if err := b.openPush(); err != nil {
		return err
	}
	if devices := b.file.Sensors.Of(contact.Source); len(devices) > 0 {
		b.hear(contact.Source, devices, contact.New(b.file.Sensors.Contacts, devices))
	}
	return nil
}

func (b *Box) openONVIF() error {
	all := b.file.Sensors.Of(pullpoint.Source)
	m := pullpoint.NewMetrics(b.reg)
	for _, name := range slices.Sorted(maps.Keys(b.file.Sensors.ONVIF)) {
		cfg, devices := b.file.Sensors.ONVIF[name], heardAt(all, name)
		if len(devices) == 0 {
			continue
		}
		word, err := optional(cfg.Password)
		if err != nil {
			return fmt.Errorf("sensors.onvif.%s.password: %w", name, err)
		}
		b.hear("onvif-"+name, devices, pullpoint.New(cfg, word, devices, m))
	}
	return nil
}

func (b *Box) openModbus() error {
	all := b.file.Sensors.Of(modbus.Source)
	m := modbus.NewMetrics(b.reg)
	for _, name := range slices.Sorted(maps.Keys(b.file.Sensors.Modbus)) {
		devices := heardAt(all, name)
		if len(devices) == 0 {
			continue
		}
		a, err := modbus.New(name, b.file.Sensors.Modbus[name], devices, configs.Modbus(), m)
		if err != nil {
			return fmt.Errorf("sensors.modbus.%s: %w", name, err)
		}
		b.hear("modbus-"+name, devices, a)
	}
	return nil
}

func (b *Box) openPush() error {
	c, devices := b.file.Sensors.Push, b.file.Sensors.Of(push.Source)
	if c.Listen == "" || len(devices) == 0 {
		return nil
	}
	tokens := map[string]secret.Value{}
	for name, s := range c.Senders {
		var err error
		if tokens[name], err = s.Token.Load(); err != nil {
			return fmt.Errorf("sensors.push.senders.%s.token: %w", name, err)
		}
	}
	b.hear(push.Source, devices, push.New(c, tokens, devices, push.NewMetrics(b.reg)))
	return nil
}

// heardAt are the devices whose address begins with a name.
func heardAt(all map[string]sensor.Device, name string) map[string]sensor.Device {
	out := map[string]sensor.Device{}
	for id, d := range all {
		if first, _, _ := strings.Cut(d.Address, "/"); first == name {
			out[id] = d
		}
	}
	return out
}

// optional reads a secret that may be absent.
func optional(r secret.Ref) (secret.Value, error) {
	if !r.Set() {
		return secret.Value{}, nil
	}
	return r.Load()
}
