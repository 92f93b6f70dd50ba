package police

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"eastgate/shared/retry"
)

// MQTT 5 as the contract has it (§5.2, rules 5 and 7).
const (
	sessionFor  = 24 * time.Hour // what they say meanwhile waits for us at their broker
	inFlight    = 32
	keepAlive   = 20 // seconds
	maxIncoming = 256 << 10
	// noListener is the reason code of a PUBACK for what nobody has subscribed to (MQTT
	// 5 §3.4.2.1).
	noListener = 0x10
)

// A link is one connection to the police's broker; one client object serves it.
type link struct {
	client *paho.Client
	lost   chan error
}

// connect keeps a link until ctx ends. A lost one is no error.
func (b *Bridge) connect(ctx context.Context) error {
	backoff := retry.Backoff{Min: 500 * time.Millisecond, Max: 20 * time.Second}
	for ctx.Err() == nil {
		err := b.connection(ctx, backoff.Reset)
		if ctx.Err() != nil {
			return nil
		}
		b.o.Metrics.connected.Set(0)
		b.note(ctx, LinkState{Fault: cut(err.Error(), maxText)})
		backoff.Wait(ctx)
	}
	return nil
}

// connection lives as long as one link does.
func (b *Bridge) connection(ctx context.Context, working func()) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer b.leave(ctx, l)
	t := &teller{began: b.now()}
	if err := b.tellStatus(ctx, l, t); err != nil {
		return err
	}
	working()
	b.o.Metrics.connected.Set(1)
	b.note(ctx, LinkState{Connected: true})
	beat := time.NewTicker(lookEvery)
	defer beat.Stop()
	for {
		for more := true; more; {
			if more, err = b.sendNext(ctx, l); err != nil {
				return err
			}
			select {
			case err := <-l.lost:
				return err
			default:
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-l.lost:
			return err
		case <-b.work:
		case <-beat.C:
		}
		if err := b.tellStatus(ctx, l, t); err != nil {
			return err
		}
		b.beat(ctx)
	}
}

// open connects, with a will that says offline for us, and listens.
func (b *Bridge) open(ctx context.Context) (*link, error) {
	conn, name, err := b.o.Remote.dial(ctx)
	if err != nil {
		return nil, err
	}
	will, err := b.status("offline", "", b.now(), nil)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	l := &link{lost: make(chan error, 1)}
	l.client = paho.NewClient(paho.ClientConfig{
		ClientID: name, Conn: conn, PacketTimeout: ioTimeout, EnableManualAcknowledgment: true,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			return true, b.incoming(ctx, l, p.Packet)
		}},
		OnClientError: func(err error) { l.fail(fmt.Errorf("the link broke: %w", err)) },
		OnServerDisconnect: func(d *paho.Disconnect) {
			l.fail(fmt.Errorf("their broker ends the link: reason 0x%02x", d.ReasonCode))
		},
	})
	session, receive, packet := uint32(sessionFor/time.Second), uint16(inFlight), uint32(maxIncoming)
	_, err = l.client.Connect(ctx, &paho.Connect{
		ClientID: name, KeepAlive: keepAlive, CleanStart: false,
		Properties:     &paho.ConnectProperties{SessionExpiryInterval: &session, ReceiveMaximum: &receive, MaximumPacketSize: &packet, RequestProblemInfo: true},
		WillMessage:    &paho.WillMessage{Topic: b.o.Topics.Status(), Payload: will, QoS: 1, Retain: true},
		WillProperties: &paho.WillProperties{ContentType: ContentType},
	})
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	_, err = l.client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{
		{Topic: b.o.Topics.Ack(), QoS: 1}, {Topic: b.o.Topics.Feedback(), QoS: 1}, {Topic: b.o.Topics.Test(), QoS: 1, NoLocal: true},
	}})
	if err != nil {
		b.leave(ctx, l)
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	return l, nil
}

// incoming confirms a message once it is kept: what is not comes again.
func (b *Bridge) incoming(ctx context.Context, l *link, p *paho.Publish) error {
	if err := b.hear(ctx, p.Topic, p.Payload); err != nil {
		if ctx.Err() == nil {
			b.o.Metrics.failures.Inc()
			b.o.Log.Error("what the police say cannot be kept; it comes again", "topic", p.Topic, "err", err)
		}
		l.fail(fmt.Errorf("what they say cannot be kept: %w", err))
		return err
	}
	return l.client.Ack(p)
}

func (l *link) fail(err error) {
	select {
	case l.lost <- err:
	default:
	}
}

// carry implements carrier.
func (l *link) carry(ctx context.Context, topic string, body []byte, expires *time.Time) (unheard bool, err error) {
	p := &paho.Publish{Topic: topic, QoS: 1, Payload: body, Properties: &paho.PublishProperties{ContentType: ContentType}}
	if expires != nil {
		left := uint32(max(time.Until(*expires)/time.Second, 1)) //nolint:gosec // at most days
		p.Properties.MessageExpiry = &left
	}
	return l.publish(ctx, p)
}

func (l *link) publish(ctx context.Context, p *paho.Publish) (unheard bool, err error) {
	answer, err := l.client.Publish(ctx, p)
	switch {
	case answer != nil && answer.ReasonCode >= 0x80:
		return false, fmt.Errorf("%w: reason 0x%02x", errRejected, answer.ReasonCode)
	case err != nil:
		return false, fmt.Errorf("publish: %w", err)
	}
	return answer.ReasonCode == noListener, nil
}

// leave says offline itself where the link still works, and ends it.
func (b *Bridge) leave(ctx context.Context, l *link) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer stop()
	if body, err := b.status("offline", "", b.now(), nil); err == nil {
		l.publish(ctx, &paho.Publish{Topic: b.o.Topics.Status(), QoS: 1, Retain: true, Payload: body, Properties: &paho.PublishProperties{ContentType: ContentType}}) //nolint:errcheck // the broker says it for us
	}
	l.client.Disconnect(&paho.Disconnect{ReasonCode: 0}) //nolint:errcheck // it may be gone
}
