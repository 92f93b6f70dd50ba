package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/event"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// A link is one connection to the broker; one client object serves it.
type link struct {
	client   mqtt.Client
	messages chan message
	lost     chan error
	canary   chan struct{}
	m        *Metrics
}

type message struct {
	topic   string
	payload []byte
}

// room is how many messages may wait for the store. More are dropped, which is
// safe: they are not acknowledged, so the boxes send them again.
const room = 512

// ioTimeout bounds each exchange with the broker.
const ioTimeout = 10 * time.Second

func listen(ctx context.Context, c Config, m *Metrics) (*link, error) {
	l := &link{messages: make(chan message, room), lost: make(chan error, 1), canary: make(chan struct{}, 1), m: m}
	brokers, err := wire.Brokers(c.Broker)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	o := mqtt.NewClientOptions()
	for _, b := range brokers {
		o.AddBroker(b)
	}
	o.SetProtocolVersion(4).SetClientID(c.ClientID).SetUsername(c.Username).SetPassword(c.Password).
		SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).
		SetKeepAlive(20 * time.Second).SetPingTimeout(ioTimeout).SetConnectTimeout(ioTimeout).SetWriteTimeout(ioTimeout).
		SetDefaultPublishHandler(l.hear).
		SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lost <- err })
	l.client = mqtt.NewClient(o.SetTLSConfig(trust.Or(c.TLS)))
	stop := context.AfterFunc(ctx, func() { l.client.Disconnect(0) })
	defer stop()
	if err := wait(l.client.Connect(), "connect"); err != nil {
		l.client.Disconnect(0)
		return nil, err
	}
	filters := map[string]byte{
		wire.Filter(wire.Event): 1, wire.Filter(wire.Status): 1, wire.Filter(wire.Health): 1, wire.Filter(wire.Hello): 1, wire.Filter(wire.Coverage): 1, wire.Filter(wire.Result): 1, canaryTopic(c): 0,
	}
	t := l.client.SubscribeMultiple(filters, l.hear)
	if err := wait(t, "subscribe"); err != nil {
		l.close()
		return nil, err
	}
	if s, ok := t.(*mqtt.SubscribeToken); ok {
		for filter, code := range s.Result() {
			if code > 2 { // refused, which is no error to the library (MQTT 3.1.1 §3.9.3)
				l.close()
				return nil, fmt.Errorf("the broker refuses the subscription to %s", filter)
			}
		}
	}
	return l, nil
}

// canaryTopic is where the ingest hears itself.
func canaryTopic(c Config) string { return wire.Topic("canary", c.ClientID, "canary") }

// hear runs in the library's own goroutine: it must not block.
func (l *link) hear(_ mqtt.Client, m mqtt.Message) {
	if _, _, what, ok := wire.ParseTopic(m.Topic()); ok && what == "canary" {
		select {
		case l.canary <- struct{}{}:
		default:
		}
		return
	}
	select {
	case l.messages <- message{m.Topic(), m.Payload()}:
	default:
		l.m.dropped.Inc()
	}
}

// say publishes at most once: an acknowledgement that is lost is made again when
// the events come again.
func (l *link) say(topic string, payload []byte) {
	l.client.Publish(topic, 0, false, payload)
}

// silent is how many songs of the canary may go unheard.
const silent = 3

// guard returns when the link broke, or brings nothing though it looks well. It calls
// sound when the link first has brought back what was said on it: until then it only
// looks well.
func (l *link) guard(ctx context.Context, c Config, sound func()) error {
	topic := canaryTopic(c)
	tick := time.NewTicker(c.CanaryEvery / 10) // until the first comes back
	defer tick.Stop()
	l.say(topic, []byte(event.NewID()))
	heard, first := time.Now(), true
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-l.lost:
			return fmt.Errorf("the link broke: %w", err)
		case <-l.canary:
			heard = time.Now()
			if first {
				first = false
				tick.Reset(c.CanaryEvery)
				sound()
			}
		case <-tick.C:
			if time.Since(heard) > silent*c.CanaryEvery+c.CanaryEvery/2 {
				return errors.New("the broker brings back nothing of what is said to it: connecting anew")
			}
			l.say(topic, []byte(event.NewID()))
		}
	}
}

func (l *link) close() { l.client.Disconnect(100) }

// wait bounds a token: the library's own Wait can hang.
func wait(t mqtt.Token, what string) error {
	if !t.WaitTimeout(ioTimeout) {
		return fmt.Errorf("%s: the broker does not answer", what)
	}
	if err := t.Error(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
