package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// A link is one connection. Only its run loop touches the window.
type link struct {
	u      *Uplink
	client mqtt.Client
	acks   chan wire.Ack
	lost   chan error
	window window
	began  time.Time

	greeting greeting

	foreignEpoch string
	foreignSince time.Time
}

// ackRoom is how many acknowledgements may wait. More are dropped, which is safe:
// what was not taken is sent again and acknowledged again.
const ackRoom = 256

// ioTimeout bounds each exchange with the broker.
const ioTimeout = 10 * time.Second

func newLink(u *Uplink) *link {
	return &link{u: u, acks: make(chan wire.Ack, ackRoom), lost: make(chan error, 1), began: time.Now()}
}

func (l *link) topic(what string) string { return wire.Topic(l.u.cfg.Site, l.u.cfg.Box, what) }

// open connects, says who we are, and listens for acknowledgements.
func (l *link) open(ctx context.Context) error {
	opts, err := l.options()
	if err != nil {
		return err
	}
	l.client = mqtt.NewClient(opts)
	stop := context.AfterFunc(ctx, func() { l.client.Disconnect(0) })
	defer stop()
	if err := wait(l.client.Connect(), "connect"); err != nil {
		l.client.Disconnect(0)
		if errors.Is(err, io.EOF) {
			return errLogin
		}
		return err
	}
	topic := l.topic(wire.Acks)
	sub := l.client.Subscribe(topic, 0, l.hear)
	if err := wait(sub, "subscribe to "+topic); err != nil {
		l.close()
		return err
	}
	// A refused subscription is no error to the client library (MQTT 3.1.1 §3.9.3).
	if s, ok := sub.(*mqtt.SubscribeToken); ok && s.Result()[topic] > 2 {
		l.close()
		return fmt.Errorf("the broker refuses the subscription to %s", topic)
	}
	if err := errors.Join(l.hearCovered(), l.hearCommands(), l.sayOnline()); err != nil {
		l.close()
		return err
	}
	return nil
}

func (l *link) options() (*mqtt.ClientOptions, error) {
	c := l.u.cfg
	will, err := json.Marshal(l.status(false))
	if err != nil {
		return nil, err
	}
	brokers, err := wire.Brokers(c.Broker)
	if err != nil {
		return nil, err
	}
	epoch := l.u.q.Epoch()
	o := mqtt.NewClientOptions()
	for _, b := range brokers {
		o.AddBroker(b)
	}
	o.SetProtocolVersion(4). // 3.1.1; else each refused login is tried twice
					SetClientID(c.Box+"-"+epoch[len(epoch)-8:]).
					SetUsername(c.Site+"/"+c.Box).SetPassword(c.Secret.Reveal()).
					SetCleanSession(true).SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).
					SetKeepAlive(20*time.Second).SetPingTimeout(ioTimeout).SetConnectTimeout(ioTimeout).SetWriteTimeout(ioTimeout).
					SetBinaryWill(l.topic(wire.Status), will, 1, true).
					SetDefaultPublishHandler(func(mqtt.Client, mqtt.Message) {}).
					SetConnectionLostHandler(func(_ mqtt.Client, err error) { l.lost <- err }) // once
	return o.SetTLSConfig(trust.Or(c.TLS)), nil
}

// hear runs in the client library's own goroutine: it must not block.
func (l *link) hear(_ mqtt.Client, m mqtt.Message) {
	a, err := wire.DecodeAck(m.Payload())
	if err != nil {
		l.u.m.badAcks.Inc()
		return
	}
	select {
	case l.acks <- a:
	default:
		l.u.m.badAcks.Inc()
	}
}

func (l *link) status(online bool) wire.BoxStatus {
	host, _ := os.Hostname() //nolint:errcheck // a name for people; empty is allowed
	return wire.BoxStatus{Online: online, Epoch: l.u.q.Epoch(), Version: l.u.cfg.Version, Host: host, Since: l.began.UTC()}
}

// sayOnline publishes that the box is here, retained.
func (l *link) sayOnline() error {
	body, err := json.Marshal(l.status(true))
	if err != nil {
		return err
	}
	return wait(l.client.Publish(l.topic(wire.Status), 1, true, body), "publish "+wire.Status)
}

// sayHealth publishes how the cameras are. Events do not wait for the broker to have
// it: the next one comes soon.
func (l *link) sayHealth() error {
	body, err := json.Marshal(l.u.cfg.Health())
	if err != nil {
		return err
	}
	l.client.Publish(l.topic(wire.Health), 1, false, body)
	return nil
}

// close says that the box goes, and disconnects.
func (l *link) close() {
	if l.client.IsConnectionOpen() {
		body, err := json.Marshal(l.status(false))
		if err == nil {
			l.client.Publish(l.topic(wire.Status), 1, true, body).WaitTimeout(time.Second)
		}
	}
	l.client.Disconnect(100)
}

// wait bounds a token: the client library's own Wait can hang.
func wait(t mqtt.Token, what string) error {
	if !t.WaitTimeout(ioTimeout) {
		return fmt.Errorf("%s: the broker does not answer", what)
	}
	if err := t.Error(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
