package mqtt

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/sensor"
	"eastgate/shared/brokertest"
	"eastgate/shared/secret"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// A voice speaks as the devices do.
type voice struct {
	t testing.TB
	c paho.Client
}

func speak(t testing.TB, url string) *voice {
	t.Helper()
	o := paho.NewClientOptions().AddBroker(strings.Replace(url, "mqtt://", "tcp://", 1)).SetClientID("devices").SetProtocolVersion(4)
	v := &voice{t, paho.NewClient(o)}
	v.await(v.c.Connect())
	t.Cleanup(func() { v.c.Disconnect(0) })
	return v
}

func (v *voice) await(tok paho.Token) {
	v.t.Helper()
	if !tok.WaitTimeout(patience) || tok.Error() != nil {
		v.t.Fatal(tok.Error())
	}
}

func (v *voice) say(topic, payload string, retained bool) {
	v.t.Helper()
	v.await(v.c.Publish(topic, 1, retained, payload))
}

// An ear runs an adapter and keeps what it tells. deaf ears acknowledge nothing.
type ear struct {
	t    testing.TB
	out  chan sensor.Reading
	err  chan error
	stop func()
}

func listen(t testing.TB, a *Adapter) *ear {
	ctx, cancel := context.WithCancel(t.Context())
	e := &ear{t: t, out: make(chan sensor.Reading), err: make(chan error, 1)}
	go func() { e.err <- a.Run(ctx, e.out) }()
	var once sync.Once
	e.stop = func() {
		once.Do(func() {
			cancel()
			<-e.err
		})
	}
	t.Cleanup(cancel)
	return e
}

// next returns the next reading.
func (e *ear) next() sensor.Reading {
	e.t.Helper()
	select {
	case r := <-e.out:
		return r
	case err := <-e.err:
		e.err <- err
		e.t.Fatalf("the adapter ended: %v", err)
	case <-time.After(patience):
		e.t.Fatal("nothing is told")
	}
	return sensor.Reading{}
}

// want waits for readings in any order and acknowledges them.
func (e *ear) want(lines ...string) []sensor.Reading {
	e.t.Helper()
	var got []string
	var all []sensor.Reading
	for range lines {
		r := e.next()
		if r.Done != nil {
			r.Done()
		}
		got, all = append(got, line(r)), append(all, r)
	}
	slices.Sort(got)
	lines = slices.Sorted(slices.Values(lines))
	if !slices.Equal(got, lines) {
		e.t.Fatalf("told %q, want %q", got, lines)
	}
	return all
}

func adapter(url, source string, devices map[string]sensor.Device) *Adapter {
	c := DefaultConfig()
	c.URL, c.Client = url, "eastgate-test"
	return New(c, source, devices, secret.Value{}, NewMetrics(prometheus.NewRegistry()))
}

// TestConventionsOverARealBroker says what the documentation shows over mosquitto:
// what is kept before the box listens, the rest while it does.
func TestConventionsOverARealBroker(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	for _, source := range Sources() {
		t.Run(source, func(t *testing.T) {
			g := readGolden(t, source)
			v := speak(t, broker.URL())
			var kept []string
			for _, m := range g.Messages {
				if m.Retained {
					v.say(m.Topic, m.Payload, true)
					kept = append(kept, m.Want...)
				}
			}
			e := listen(t, adapter(broker.URL(), source, g.Devices))
			defer e.stop()
			e.want(" linked")
			for _, r := range e.want(kept...) {
				if !r.Retained && r.What != sensor.Linked {
					t.Errorf("%s is told as if it had just happened", line(r))
				}
			}
			for _, m := range g.Messages {
				if m.Retained {
					continue
				}
				v.say(m.Topic, m.Payload, false)
				for _, r := range e.want(m.Want...) {
					if r.Retained {
						t.Errorf("%s is told as if it had been kept", line(r))
					}
				}
			}
		})
	}
}

var sos = map[string]sensor.Device{
	"panic": {Kind: "panic", Source: "zigbee2mqtt", Address: "sos"},
	"smoke": {Kind: "smoke", Source: "zigbee2mqtt", Address: "smoke"},
}

const pressed1 = `{"action":"emergency"}`

// TestWhatIsSaidWhileTheBoxIsDownComesLater: the broker keeps a session for the box.
func TestWhatIsSaidWhileTheBoxIsDownComesLater(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	v, a := speak(t, broker.URL()), adapter(broker.URL(), "zigbee2mqtt", sos)
	e := listen(t, a)
	e.want(" linked")
	e.stop()
	v.say("zigbee2mqtt/sos", pressed1, false)
	e = listen(t, a)
	e.want(" linked", "panic heartbeat", "panic alarm for 1m0s")
	e.stop()
}

// TestWhatIsNotKeptIsToldAgain: a box that dies before the outbox has the alarm.
func TestWhatIsNotKeptIsToldAgain(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	v, a := speak(t, broker.URL()), adapter(broker.URL(), "zigbee2mqtt", sos)
	e := listen(t, a)
	e.want(" linked")
	v.say("zigbee2mqtt/sos", pressed1, false)
	e.next()
	e.next() // and Done is never called
	e.stop()
	e = listen(t, a)
	e.want(" linked", "panic heartbeat", "panic alarm for 1m0s")
	v.say("zigbee2mqtt/smoke", `{}`, false) // what was kept does not come again
	e.want("smoke heartbeat")
	e.stop()
}

func TestALinkThatBreaksIsSaidAndStateIsReadAnew(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	proxy := brokertest.NewProxy(t, broker.URL())
	v, a := speak(t, broker.URL()), adapter(proxy.URL(), "zigbee2mqtt", sos)
	e := listen(t, a)
	e.want(" linked")
	proxy.Cut()
	select {
	case err := <-e.err:
		if err == nil || !strings.Contains(err.Error(), "the link broke") {
			t.Errorf("the adapter says %v", err)
		}
		e.err <- nil
	case <-time.After(patience):
		t.Fatal("nobody noticed")
	}
	v.say("zigbee2mqtt/smoke", `{"smoke":true}`, true)
	e = listen(t, a)
	// As it is kept and, in the session, as it was said.
	e.want(" linked", "smoke heartbeat", "smoke alarm", "smoke heartbeat", "smoke alarm")
	e.stop()
}

func TestABrokerThatIsAwayIsNamed(t *testing.T) {
	broker := brokertest.Mosquitto(t)
	broker.Kill()
	a := adapter(broker.URL(), "zigbee2mqtt", sos)
	err := a.Run(t.Context(), make(chan sensor.Reading))
	if err == nil || !strings.Contains(err.Error(), broker.URL()) {
		t.Errorf("got %v", err)
	}
}

func TestAWrongPasswordIsSaid(t *testing.T) {
	broker := brokertest.Start(t, "right")
	a := adapter(broker.URL(), "zigbee2mqtt", sos)
	a.secret = secret.New("wrong")
	if err := a.Run(t.Context(), make(chan sensor.Reading)); err == nil || strings.Contains(err.Error(), "wrong") {
		t.Errorf("got %v", err)
	}
}
