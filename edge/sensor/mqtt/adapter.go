// Package mqtt hears sensors that speak to a broker on the box's own network, each in
// the convention of its make: zigbee2mqtt, Tasmota, ESPHome, Home Assistant's
// discovery, Frigate.
//
// It promises to subscribe to nothing but the topics of configured devices; to read
// out of their messages only what tells of places and things, and to count and drop
// the rest; and to acknowledge a message only when what it says is kept. The broker
// holds a session for the box: what is told with QoS 1 while the box is down comes
// when it is back, and what the broker keeps (retained) is read anew at each link.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/edge/sensor"
	"eastgate/shared/secret"
)

// A message is what came on a topic.
type message struct {
	topic    string
	payload  []byte
	retained bool
}

// A convention knows topics and words of one make. It serves one connection.
type convention interface {
	// topics are what to subscribe to from the beginning.
	topics() []string
	// read returns what a message tells, and what to subscribe to besides.
	read(m message) (told []sensor.Reading, follow []string)
	// ask is what to publish at the beginning so that devices tell how they are.
	ask() []message
}

// A maker begins a convention anew.
type maker struct {
	make  func(Config, map[string]sensor.Device, *Metrics) convention
	check func(sensor.Device) []error
	usual time.Duration // how far signs of life may be apart where no model says it
}

var makers = map[string]maker{
	"zigbee2mqtt":   {newZigbee, checkZigbee, 25 * time.Hour},     // after which it gives battery devices up itself
	"tasmota":       {newTasmota, checkTasmota, 11 * time.Minute}, // two TelePeriods and a minute
	"esphome":       {newESPHome, checkESPHome, 0},
	"homeassistant": {newDiscovery, checkDiscovery, 0},
	"frigate":       {newFrigate, checkFrigate, 0},
}

// Sources lists the sources of devices that this package hears.
func Sources() []string {
	var out []string
	for name := range makers {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Usual is how far the signs of life of a source's devices may be apart where no model
// says it; 0 where a device's own link tells whether it is there.
func Usual(source string) time.Duration { return makers[source].usual }

// Check returns what is wrong with a device of one of Sources, with its field.
func Check(d sensor.Device) []error {
	var faults []error
	if strings.ContainsAny(d.Address, "+#\x00") || len(d.Address) > 200 || strings.HasPrefix(d.Address, "$") {
		faults = append(faults, fmt.Errorf("address: %.60q can be no part of a topic", d.Address))
	}
	if word := forbiddenTopic(d.Address + "/" + d.Input); word != "" {
		faults = append(faults, fmt.Errorf("address: %q is about persons (%s); Eastgate hears places and things only", d.Address, word))
	}
	return append(faults, makers[d.Source].check(d)...)
}

// An Adapter hears the devices of one convention.
type Adapter struct {
	cfg     Config
	source  string
	devices map[string]sensor.Device
	secret  secret.Value
	m       *Metrics
}

// New returns the adapter of a source and of its devices. word is the broker's
// password; empty for none.
func New(cfg Config, source string, devices map[string]sensor.Device, word secret.Value, m *Metrics) *Adapter {
	return &Adapter{cfg: cfg, source: source, devices: devices, secret: word, m: m}
}

// Run serves one connection.
func (a *Adapter) Run(ctx context.Context, out chan<- sensor.Reading) error {
	conv := makers[a.source].make(a.cfg, a.devices, a.m)
	l := newLink(a)
	if err := l.open(ctx, conv.topics()); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("%s: %w", a.cfg.URL, err)
	}
	defer l.close()
	if !send(ctx, out, sensor.Reading{What: sensor.Linked}) {
		return nil
	}
	for _, q := range conv.ask() {
		l.client.Publish(q.topic, 0, false, q.payload)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-l.lost:
			return fmt.Errorf("%s: the link broke: %w", a.cfg.URL, err)
		case m := <-l.in:
			told, follow := a.read(conv, m)
			if err := l.follow(follow); err != nil {
				return fmt.Errorf("%s: %w", a.cfg.URL, err)
			}
			if !l.handOn(ctx, out, told, m) {
				return nil
			}
		}
	}
}

// errFull says that messages came faster than they could be kept.
var errFull = errors.New("messages come faster than they are kept")

// maxPayload is more than any sensor has to say; pictures and lists are not read.
const maxPayload = 64 << 10

// read reads a message unless it is about persons.
func (a *Adapter) read(conv convention, m incoming) (told []sensor.Reading, follow []string) {
	a.m.messages.WithLabelValues(a.source).Inc()
	msg := message{m.Topic(), m.Payload(), m.Retained()}
	if word := forbiddenTopic(msg.topic); word != "" {
		a.m.drop(a.source, word)
		return nil, nil
	}
	if len(msg.payload) > maxPayload {
		a.m.unread.WithLabelValues(a.source).Inc()
		return nil, nil
	}
	return conv.read(msg)
}

func send(ctx context.Context, out chan<- sensor.Reading, r sensor.Reading) bool {
	select {
	case out <- r:
		return true
	case <-ctx.Done():
		return false
	}
}
