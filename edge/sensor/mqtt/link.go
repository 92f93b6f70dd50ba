package mqtt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"

	"eastgate/edge/sensor"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// incoming is a message that can be acknowledged.
type incoming = paho.Message

// A link is one connection. One client object serves it and no other.
type link struct {
	a      *Adapter
	client paho.Client
	in     chan incoming
	done   chan incoming // kept, to be acknowledged
	ended  chan struct{}
	lost   chan error
	known  map[string]bool // what is subscribed to
}

const (
	room      = 1024 // messages that may wait; then the link is given up, and state read anew
	ioTimeout = 10 * time.Second
)

func newLink(a *Adapter) *link {
	return &link{
		a: a, in: make(chan incoming, room), done: make(chan incoming, room),
		ended: make(chan struct{}), lost: make(chan error, 2), known: map[string]bool{},
	}
}

// open connects and subscribes.
func (l *link) open(ctx context.Context, topics []string) error {
	opts, err := l.options()
	if err != nil {
		return err
	}
	l.client = paho.NewClient(opts)
	stop := context.AfterFunc(ctx, func() { l.client.Disconnect(0) })
	defer stop()
	if err := wait(l.client.Connect(), "connect"); err != nil {
		l.client.Disconnect(0)
		return err
	}
	go l.acknowledge()
	if err := l.follow(topics); err != nil {
		l.close()
		return err
	}
	return nil
}

func (l *link) options() (*paho.ClientOptions, error) {
	c := l.a.cfg
	brokers, err := wire.Brokers(c.URL)
	if err != nil {
		return nil, err
	}
	o := paho.NewClientOptions()
	for _, b := range brokers {
		o.AddBroker(b)
	}
	o.SetProtocolVersion(4).
		SetClientID(c.Client + "-" + l.a.source).SetUsername(c.User).SetPassword(l.a.secret.Reveal()).
		SetCleanSession(false). // the broker keeps what comes while the box is down
		SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(true).SetAutoAckDisabled(true).
		SetKeepAlive(20 * time.Second).SetPingTimeout(ioTimeout).SetConnectTimeout(ioTimeout).SetWriteTimeout(ioTimeout).
		SetDefaultPublishHandler(l.hear). // all of it: a session's messages come before its subscriptions
		SetConnectionLostHandler(func(_ paho.Client, err error) { l.fail(err) })
	config, err := trust.Client(c.CAFile)
	if err != nil {
		return nil, err
	}
	return o.SetTLSConfig(config), nil
}

// hear runs in the client library's own goroutine: it must not block.
func (l *link) hear(_ paho.Client, m incoming) {
	select {
	case l.in <- m:
	default:
		l.a.m.overflows.Inc()
		l.fail(errFull)
	}
}

func (l *link) fail(err error) {
	select {
	case l.lost <- err:
	default:
	}
}

// acknowledge answers the broker for what is kept, beside the core, which must not
// wait for a network. What is not answered comes again.
func (l *link) acknowledge() {
	for {
		select {
		case m := <-l.done:
			m.Ack()
		case <-l.ended:
			return
		}
	}
}

// handOn hands on what a message tells; it is acknowledged when the last of it is kept.
func (l *link) handOn(ctx context.Context, out chan<- sensor.Reading, told []sensor.Reading, m incoming) bool {
	kept := func() {
		select {
		case l.done <- m:
		default:
		}
	}
	if len(told) == 0 {
		kept()
		return true
	}
	for i, r := range told {
		r.Retained = r.Retained || m.Retained()
		if i == len(told)-1 {
			r.Done = kept
		}
		if !send(ctx, out, r) {
			return false
		}
	}
	return true
}

// filters is how many topics one SUBSCRIBE names.
const filters = 100

// follow subscribes to topics that are not yet subscribed to.
func (l *link) follow(topics []string) error {
	topics = slices.DeleteFunc(slices.Clone(topics), func(t string) bool { return l.known[t] })
	for part := range slices.Chunk(topics, filters) {
		ask := map[string]byte{}
		for _, t := range part {
			ask[t], l.known[t] = 1, true
		}
		sub := l.client.SubscribeMultiple(ask, nil)
		if err := wait(sub, "subscribe"); err != nil {
			return err
		}
		// A refused subscription is no error to the client library (MQTT 3.1.1 §3.9.3).
		s, ok := sub.(*paho.SubscribeToken)
		if !ok {
			return errors.New("subscribe: no answer to read")
		}
		for topic, granted := range s.Result() {
			if granted > 2 {
				return fmt.Errorf("the broker refuses the subscription to %s: let the box's user read it", topic)
			}
		}
	}
	return nil
}

func (l *link) close() {
	l.client.Disconnect(100)
	close(l.ended)
}

// wait bounds a token: the client library's own Wait can hang.
func wait(t paho.Token, what string) error {
	if !t.WaitTimeout(ioTimeout) {
		return fmt.Errorf("%s: the broker does not answer", what)
	}
	if err := t.Error(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
