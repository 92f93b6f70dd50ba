// Package pullpoint hears what cameras tell by themselves, over ONVIF: their digital
// inputs, and what their own analytics say of places and things.
//
// It promises that topics about persons are dropped unread and only counted; that what
// a device tells when a subscription begins is state and never a new alarm; that a
// subscription which dies, as all do when the device restarts, is made anew; and that
// a device which goes away is told as such.
package pullpoint

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/onvif"
	"eastgate/edge/sensor"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// Source is the word under which devices of this package are configured.
const Source = "onvif"

// Config says how to reach one camera or recorder.
type Config struct {
	Address  string     `yaml:"address"` // host, host:port or http://host/onvif/device_service
	Username string     `yaml:"username"`
	Password secret.Ref `yaml:"password"`
}

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if err := onvif.CheckAddress(c.Address); err != nil {
		faults = append(faults, err)
	}
	if c.Password.Set() != (c.Username != "") {
		faults = append(faults, errors.New("username: give it and password both, or neither"))
	}
	return faults
}

// Check returns what is wrong with a device of this source: its address names one of
// the cameras, its input a digital input there; without input it is the camera's own
// analytics.
func Check(d sensor.Device, cameras map[string]Config) []error {
	var faults []error
	if _, ok := cameras[d.Address]; !ok {
		faults = append(faults, fmt.Errorf("address: %q is none of sensors.onvif", d.Address))
	}
	if d.Input == "" && d.Kind != "motion" && d.Kind != "intrusion" {
		faults = append(faults, errors.New("input: give the token of a digital input; only kind motion or intrusion stands for the camera's own analytics"))
	}
	if d.Input == "" && d.Invert {
		faults = append(faults, errors.New("invert: is only for inputs"))
	}
	return faults
}

// Metrics count what cameras tell.
type Metrics struct{ messages, dropped *prometheus.CounterVec }

// NewMetrics registers the metrics of all cameras.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_onvif_messages_total", Help: "Messages of cameras, by what was made of them.",
		}, []string{"verdict"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "edge_sensor_onvif_forbidden_total", Help: "Messages about persons, dropped unread, by the rule that names them.",
		}, []string{"rule"}),
	}
	reg.MustRegister(m.messages, m.dropped)
	return m
}

// An Adapter hears one camera.
type Adapter struct {
	cfg     Config
	word    secret.Value
	devices map[string]sensor.Device
	m       *Metrics
}

// New returns the adapter of one camera and of the devices that are heard there.
func New(cfg Config, word secret.Value, devices map[string]sensor.Device, m *Metrics) *Adapter {
	return &Adapter{cfg: cfg, word: word, devices: devices, m: m}
}

const (
	pullFor  = 20 * time.Second // how long the camera may hold back an answer
	crossing = 10 * time.Second // how long a moment such as a line crossed lasts
	holdOff  = 30 * time.Second // before a picture that is too dark is tampering
)

// Run serves one subscription.
func (a *Adapter) Run(ctx context.Context, out chan<- sensor.Reading) error {
	d, err := onvif.Dial(ctx, onvif.Config{Address: a.cfg.Address, Username: a.cfg.Username, Password: a.word})
	if err != nil {
		return ended(ctx, err)
	}
	defer d.Close()
	s, err := d.Subscribe(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	defer a.leave(ctx, s)
	b := &book{devices: a.devices, clock: d.Clock(), m: a.m, on: map[string]map[string]bool{}, due: map[string]pending{}}
	told := []sensor.Reading{{What: sensor.Linked}}
	for _, id := range b.ids() {
		told = append(told, sensor.Reading{Device: id, What: sensor.Online})
	}
	for {
		for _, r := range told {
			select {
			case out <- r:
			case <-ctx.Done():
				return nil
			}
		}
		messages, err := s.Pull(ctx, b.patience(time.Now()))
		if err != nil {
			return ended(ctx, err)
		}
		told = b.read(messages, time.Now())
	}
}

// ended is nil where it was us who ended it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// leave gives the subscription back: cameras have few.
func (a *Adapter) leave(ctx context.Context, s *onvif.Subscription) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = s.Unsubscribe(ctx) // a camera that is away has forgotten it already
}

// A book knows what holds at a camera. Several topics tell of one kind: it is over
// when the last is.
type book struct {
	devices map[string]sensor.Device
	clock   onvif.Clock
	m       *Metrics
	on      map[string]map[string]bool // by device and kind: the properties that hold
	due     map[string]pending         // by property: what counts if it lasts
}

type pending struct {
	at   time.Time
	r    sensor.Reading
	key  string
	prop string
}

func (b *book) ids() []string {
	ids := make([]string, 0, len(b.devices))
	for id := range b.devices {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// patience is how long to wait for messages: until something held off is due.
func (b *book) patience(now time.Time) time.Duration {
	wait := pullFor
	for _, p := range b.due {
		wait = min(wait, max(p.at.Sub(now), time.Second))
	}
	return wait
}

func (b *book) read(messages []onvif.Notification, now time.Time) []sensor.Reading {
	var out []sensor.Reading
	for _, n := range messages {
		u, v, rule := judge(n.Topic)
		b.m.messages.WithLabelValues(string(v)).Inc()
		if v == banned {
			b.m.dropped.WithLabelValues(rule).Inc()
		}
		if v != used {
			continue
		}
		for _, id := range b.ids() {
			out = append(out, b.one(id, u, n, now)...)
		}
	}
	for prop, p := range b.due {
		if !now.Before(p.at) {
			delete(b.due, prop)
			out = append(out, b.set(p.key, prop, true, p.r)...)
		}
	}
	return out
}

// one is what a message tells of one device.
func (b *book) one(id string, u use, n onvif.Notification, now time.Time) []sensor.Reading {
	d := b.devices[id]
	if isInput := u.kind == ""; isInput != (d.Input != "") || isInput && n.Source["InputToken"] != d.Input {
		return nil
	}
	r := sensor.Reading{Device: id, What: u.what, Kind: u.kind, Note: u.note, Retained: n.Operation == onvif.Initialized, At: b.when(n)}
	if u.kind == d.Kind.Alarm() {
		r.Kind = event.Kind("") // the device's own: its schedule counts
	}
	if u.item == "" {
		if n.Operation == onvif.Initialized || n.Operation == onvif.Deleted {
			return nil // a moment has no state
		}
		r.Lasts = crossing
		return []sensor.Reading{r}
	}
	on, ok := u.truth(n)
	if !ok {
		return nil
	}
	if d.Input != "" {
		on = on != d.Invert && n.Operation != onvif.Deleted
	}
	key, prop := id+" "+string(u.kind), fmt.Sprint(id, n.Topic, n.Source)
	if u.held && on && !b.on[key][prop] {
		if _, waits := b.due[prop]; !waits {
			b.due[prop] = pending{now.Add(holdOff), r, key, prop}
		}
		return nil
	}
	delete(b.due, prop)
	return b.set(key, prop, on, r)
}

// set notes that a property holds, or not, and returns what follows for its kind.
func (b *book) set(key, prop string, on bool, r sensor.Reading) []sensor.Reading {
	if b.on[key] == nil {
		b.on[key] = map[string]bool{}
	}
	if on {
		b.on[key][prop] = true
		return []sensor.Reading{r}
	}
	delete(b.on[key], prop)
	if len(b.on[key]) > 0 {
		return nil
	}
	r.What, r.Note = sensor.Restore, ""
	if r.Kind == event.DeviceFault {
		r.What = sensor.FaultOver
	}
	return []sensor.Reading{r}
}

// when is the time of a message by our clock; zero where the camera's is not known.
func (b *book) when(n onvif.Notification) time.Time {
	if n.At.IsZero() || !b.clock.Known {
		return time.Time{}
	}
	return n.At.Add(-b.clock.Offset)
}
