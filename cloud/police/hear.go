package police

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"eastgate/cloud/register"
)

// hear takes in what came on a topic. It returns nil once that is kept, or cannot be
// used by anybody; an error means that it must come again.
func (b *Bridge) hear(ctx context.Context, topic string, payload []byte) error {
	s, err := b.o.Topics.Read(topic, payload, b.now())
	if err != nil {
		return b.aside(ctx, topic, err, payload)
	}
	b.o.Metrics.heard.WithLabelValues(s.Kind).Inc()
	switch s.Kind {
	case receiptKind:
		return b.receipt(ctx, topic, s, payload)
	case testKind:
		return b.keep(ctx, s, Heard{Outcome: Applied, Body: payload})
	case statementKind:
		if err := b.o.Store.PutPoliceFact(ctx, statementFact(s.State.Month), s.State); err != nil {
			return err
		}
		return b.keep(ctx, s, Heard{Outcome: Applied, Body: payload})
	}
	if err := b.keep(ctx, s, Heard{Number: s.Feedback.Incident, Body: payload}); err != nil {
		return err
	}
	b.wake()
	return nil
}

func (b *Bridge) keep(ctx context.Context, s Said, h Heard) error {
	h.Key, h.Kind, h.Sequence, h.At = s.Key, s.Kind, s.Sequence, b.now()
	fresh, err := b.o.Store.KeepHeard(ctx, h)
	if err == nil && !fresh {
		b.o.Metrics.repeats.Inc()
	}
	return err
}

// aside keeps what cannot be used for people to look at: bounded, and never applied.
func (b *Bridge) aside(ctx context.Context, topic string, why error, payload []byte) error {
	b.o.Metrics.aside.Inc()
	if !b.rate.Allow() {
		return nil
	}
	_, err := b.o.Store.KeepAside(ctx, Aside{At: b.now(), Topic: topic, Why: cut(plain(why.Error()), maxText), Body: payload[:min(len(payload), maxAsideBytes)]})
	return err
}

// plain makes words that may hold anything fit for every database.
func plain(s string) string {
	return strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD"))
}

// receipt notes that the police have a message. The row of the register is committed
// before; the first receipt counts.
func (b *Bridge) receipt(ctx context.Context, topic string, s Said, payload []byte) error {
	m, err := b.o.Store.PoliceMessage(ctx, s.Receipt.Message)
	if errors.Is(err, ErrNotFound) || err == nil && m.TriedAt == nil {
		return b.aside(ctx, topic, errors.New("a receipt for what was never sent"), payload)
	}
	if err != nil {
		return err
	}
	if (m.Kind == OfTest) != (s.Receipt.Status == "Test") {
		return b.aside(ctx, topic, fmt.Errorf("a receipt with status %s for what is of a %s", s.Receipt.Status, m.Kind), payload)
	}
	if m.Answered == nil {
		if err := b.answered(ctx, m, *s.Receipt); err != nil {
			return err
		}
	}
	return b.keep(ctx, s, Heard{Number: m.Number, Outcome: Applied, Body: payload})
}

func (b *Bridge) answered(ctx context.Context, m Message, r Receipt) error {
	result := State(r.Result)
	if m.Kind == OfIncident {
		if err := b.o.Register.Write(ctx, register.Entry{
			Who: b.me.Name, Unit: b.me.Unit, Act: register.Receipt, Object: "incident/" + m.Incident, Case: m.Number, Agreement: m.Agreement, Fields: m.Fields,
			Detail: fmt.Sprintf("message %s: %s %s", m.ID, r.Result, r.Reason),
		}); err != nil {
			return err
		}
	}
	m, err := b.o.Store.EditPolice(ctx, m.ID, func(m *Message) (bool, error) {
		if m.Answered != nil {
			return false, nil
		}
		now := b.now()
		m.Answered, m.State, m.Why = &now, result, r.Reason
		return true, nil
	})
	if err != nil {
		return err
	}
	b.o.Metrics.receipts.WithLabelValues(r.Result).Inc()
	if m.Answered != nil && m.TriedAt != nil {
		b.o.Metrics.delay.Observe(m.Answered.Sub(m.Created).Seconds())
	}
	b.listening(true)
	switch {
	case m.Kind != OfIncident:
	case result == Refused:
		return b.remark(ctx, m.Incident, fmt.Sprintf("公安平台未接收，请电话报警 · the police refuse the message: phone (%s) [%s]", r.Reason, m.ID))
	case m.PhonedAt != nil:
		return b.remark(ctx, m.Incident, fmt.Sprintf("警务链路已补确认 · the police have confirmed it now [%s]", m.ID))
	}
	return nil
}

// decode reads the data of what was kept.
func decode[T any](h Heard) (v T, err error) {
	var e struct{ Data json.RawMessage }
	if err := json.Unmarshal(h.Body, &e); err != nil {
		return v, err
	}
	return v, json.Unmarshal(e.Data, &v)
}
