// Package push hears sensors that speak to an operator's or a maker's cloud, as smoke
// detectors over NB-IoT do: the cloud posts to the box what they say.
//
// It promises to answer at once; to say that a message is taken only when what follows
// from it is kept, so that the cloud repeats what was lost; that a message which comes
// twice, or late, is no second alarm; and that a sender speaks for its own devices only.
package push

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/sensor"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// Source is the word under which devices of this package are configured.
const Source = "push"

// Usual is how far signs of life may be apart where no model says it: detectors on
// NB-IoT report once a day; two of that and an hour.
const Usual = 49 * time.Hour

// Config says where the box listens and who may post.
type Config struct {
	Listen string `yaml:"listen"` // host:port
	// CertFile and KeyFile are PEM. Without them only the machine itself may post, as a
	// reverse proxy on it does.
	CertFile string            `yaml:"cert_file"`
	KeyFile  string            `yaml:"key_file"`
	Senders  map[string]Sender `yaml:"senders"`
}

// A Sender is a cloud, or a single device: it posts to /push/NAME with its token as
// bearer, or to /push/NAME/TOKEN where it can only be told an address.
type Sender struct {
	// Speaks is aep (China Telecom), onenet (China Mobile) or eastgate.
	Speaks string     `yaml:"speaks"`
	Token  secret.Ref `yaml:"token"`
}

var formats = map[string]func([]byte, secret.Value) ([]message, error){
	"aep": readAEP, "onenet": readOneNET, "eastgate": readPlain,
}

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	host, _, err := net.SplitHostPort(c.Listen)
	switch ip := net.ParseIP(host); {
	case err != nil:
		faults = append(faults, fmt.Errorf("listen: %q is no host:port", c.Listen))
	case (c.CertFile == "") != (c.KeyFile == ""):
		faults = append(faults, errors.New("cert_file: give it and key_file both"))
	case c.CertFile == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		faults = append(faults, errors.New("cert_file: is missing; without it tokens would cross the network in clear, so listen at 127.0.0.1 behind a proxy, or give it"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Senders)) {
		s := c.Senders[name]
		if !event.ValidName(name) {
			faults = append(faults, fmt.Errorf("senders.%s: no name for a sender: %s", name, event.NameRule))
		}
		if formats[s.Speaks] == nil {
			faults = append(faults, fmt.Errorf("senders.%s.speaks: %q is none of %s", name, s.Speaks, strings.Join(slices.Sorted(maps.Keys(formats)), ", ")))
		}
		if !s.Token.Set() {
			faults = append(faults, fmt.Errorf("senders.%s.token: give file or env", name))
		}
	}
	return faults
}

// Check returns what is wrong with a device of this source: its address is SENDER/ID.
func Check(d sensor.Device, c Config) []error {
	var faults []error
	name, id, _ := strings.Cut(d.Address, "/")
	if _, ok := c.Senders[name]; !ok || id == "" {
		faults = append(faults, fmt.Errorf("address: %q is no SENDER/ID with a sender of sensors.push, and the IMEI or number by which it knows the device", d.Address))
	}
	if d.Input != "" || d.Invert {
		faults = append(faults, errors.New("input, invert: are not for pushed devices"))
	}
	return faults
}

// Metrics count what is posted.
type Metrics struct{ requests, messages *prometheus.CounterVec }

// NewMetrics registers the metrics of the listener.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_push_requests_total", Help: "Requests, by what was answered.",
		}, []string{"code"}),
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_push_messages_total", Help: "Messages, by what was made of them: taken, repeated, unknown (no such device) or strange (tells nothing that is known).",
		}, []string{"sender", "fate"}),
	}
	reg.MustRegister(m.requests, m.messages)
	return m
}

// An Adapter is the listener.
type Adapter struct {
	cfg     Config
	tokens  map[string]secret.Value
	devices map[string]string // by SENDER/ID
	m       *Metrics
}

// New returns the listener for devices; tokens are those of the senders.
func New(cfg Config, tokens map[string]secret.Value, devices map[string]sensor.Device, m *Metrics) *Adapter {
	a := &Adapter{cfg: cfg, tokens: tokens, devices: map[string]string{}, m: m}
	for id, d := range devices {
		a.devices[d.Address] = id
	}
	return a
}
