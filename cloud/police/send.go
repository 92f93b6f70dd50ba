package police

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
)

// A carrier takes an encoded message to the police. The link over MQTT is one; one
// that speaks GB/T 28181 would be another (see gb28181).
type carrier interface {
	// carry returns once their side has taken the message, or refused it (rejected), or
	// the way is broken. unheard says that their broker took it and nobody listens.
	carry(ctx context.Context, topic string, body []byte, expires *time.Time) (unheard bool, err error)
}

// errRejected says that their broker does not take a message, while the way is good.
var errRejected = errors.New("their broker refuses the message")

// sendNext sends what is most urgent now, if there is something. An error means that
// the way is broken, or the database.
func (b *Bridge) sendNext(ctx context.Context, by carrier) (more bool, err error) {
	if off, err := b.killed(ctx); err != nil || off.On {
		return false, err
	}
	m, ok, err := b.o.Store.NextPolice(ctx, b.now())
	if err != nil || !ok {
		return false, err
	}
	m, send, err := b.prepare(ctx, m)
	if err != nil || !send {
		return err == nil, err
	}
	topic := b.o.Topics.Test()
	if m.Kind == OfIncident {
		topic = b.o.Topics.Incident(m.Site, m.Class)
	}
	unheard, broken := by.carry(ctx, topic, m.Body, m.Expires)
	_, err = b.o.Store.EditPolice(context.WithoutCancel(ctx), m.ID, func(m *Message) (bool, error) {
		if m.State.Over() {
			return false, nil // the receipt was faster
		}
		m.Why = ""
		now := b.now()
		if broken != nil {
			m.Why = cut(broken.Error(), maxText)
			if !errors.Is(broken, errRejected) {
				m.Next = now // once there is a way again
			}
			return true, nil
		}
		m.State = Sent
		if m.SentAt == nil {
			m.SentAt = &now
		}
		if unheard {
			m.Why, m.Next = "nobody listens on their side", now.Add(m.unheard())
		}
		return true, nil
	})
	if errors.Is(broken, errRejected) {
		b.o.Metrics.rejected.Inc()
		b.o.Log.Error("their broker refuses a message; tried again later", "message", m.ID, "topic", topic, "err", broken)
		broken = nil
	} else if broken == nil {
		b.o.Metrics.sent.Inc()
		b.listening(!unheard)
	}
	return true, errors.Join(broken, err)
}

// prepare asks what may be told, which is a row of the sharing log before it is, and
// writes the attempt down. false: this message does not go.
func (b *Bridge) prepare(ctx context.Context, m Message) (Message, bool, error) {
	telling, body, refused, err := b.compose(ctx, m)
	if err != nil {
		return m, false, err
	}
	send := refused == nil
	m, err = b.o.Store.EditPolice(ctx, m.ID, func(m *Message) (bool, error) {
		if m.State.Over() {
			send = false
			return false, nil
		}
		if refused != nil {
			m.State, m.Why = Withheld, cut(refused.Error(), maxText)
			return true, nil
		}
		now := b.now()
		m.Body, m.Agreement, m.Fields = body, telling.Agreement, telling.Names()
		m.Attempts++
		if m.TriedAt == nil {
			m.TriedAt = &now
		}
		m.Next = now.Add(m.again())
		return true, nil
	})
	if refused != nil {
		b.o.Metrics.withheld.Inc()
		b.o.Log.Warn("a message for the police is withheld", "message", m.ID, "incident", m.Number, "why", refused)
	}
	return m, send, err
}

// compose returns what a message says: as it was said before, or for the first time.
// refused says why it must not be said.
func (b *Bridge) compose(ctx context.Context, m Message) (t sharing.Telling, body []byte, refused, err error) {
	if m.Kind == OfTest {
		body, err = envelope("test", m.ID, b.o.Topics.Source(), m.Created, map[string]string{"status": "Test", "text": "【测试】社区平台链路测试，无需处警"}).encode()
		return t, body, nil, err
	}
	i, err := b.o.Incidents.Get(ctx, m.Incident)
	if err != nil {
		return t, nil, nil, err
	}
	if !b.concerns(i) {
		return t, nil, errors.New("the incident is not what the police are told of any more"), nil
	}
	matter, err := b.matter(i)
	if err != nil {
		return t, nil, nil, err
	}
	t, err = b.o.Sharing.Tell(ctx, b.me, b.o.Organisation, matter, register.Push)
	switch {
	case errors.Is(err, sharing.ErrNotShared):
		return t, nil, err, nil
	case err != nil: // the row could not be written: nothing goes out
		return t, nil, nil, err
	}
	if m.Body != nil {
		for _, f := range m.Fields {
			if !slices.Contains(t.Names(), f) {
				return t, nil, fmt.Errorf("it tells %s, which the agreement no longer names", f), nil
			}
		}
		return t, m.Body, nil, nil
	}
	msgtype, err := b.msgType(ctx, m)
	if err != nil {
		return t, nil, nil, err
	}
	e := envelope("incident", m.ID, b.o.Topics.Source(), m.Created, b.notice(t.Fields, i, msgtype))
	e.Subject, e.Recorded, e.Sequence = i.Number, stamp(b.now()), fmt.Sprintf("%010d", m.Version)
	if m.Expires != nil {
		e.Expires = stamp(*m.Expires)
	}
	if e.Ref, err = b.dataRef(ctx, t, i); err != nil {
		return t, nil, nil, err
	}
	body, refused = e.encode()
	return t, body, refused, nil
}

// msgType is Alert until one message of the incident was sent, then Update.
func (b *Bridge) msgType(ctx context.Context, m Message) (string, error) {
	all, err := b.o.Store.PoliceMessages(ctx, m.Incident)
	for _, other := range all {
		if other.ID != m.ID && other.TriedAt != nil {
			return "Update", err
		}
	}
	return "Alert", err
}
