package police

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"eastgate/cloud/incident"
)

// late gives up what is too old, and tells people of receipts that did not come.
func (b *Bridge) late(ctx context.Context) error {
	list, err := b.o.Store.LatePolice(ctx, b.now(), batch)
	if err != nil {
		return fmt.Errorf("late receipts: %w", err)
	}
	for _, m := range list {
		if err := b.lateOne(ctx, m); err != nil {
			return fmt.Errorf("late receipt of %s: %w", m.ID, err)
		}
	}
	return nil
}

func (b *Bridge) lateOne(ctx context.Context, m Message) error {
	expired := m.Expires != nil && !m.Expires.After(b.now())
	phone, told, err := b.mustPhone(ctx, m)
	if err != nil {
		return err
	}
	if phone && !told {
		b.o.Metrics.phones.Inc()
		b.o.Log.Warn("the police link has not confirmed an incident: phone", "incident", m.Number, "level", m.Level)
		if err := b.remark(ctx, m.Incident, fmt.Sprintf("警务链路未确认，请电话报警 · police link not confirmed: phone [%s]", m.ID)); err != nil {
			return err
		}
	}
	_, err = b.o.Store.EditPolice(ctx, m.ID, func(m *Message) (bool, error) {
		if m.State.Over() {
			return false, nil
		}
		now := b.now()
		m.Handled = true
		if phone && m.PhonedAt == nil {
			m.PhonedAt = &now
		}
		if expired {
			m.State = Expired
		}
		return true, nil
	})
	if expired {
		b.o.Metrics.expired.Inc()
	}
	return err
}

// mustPhone reports whether people must phone because of a message: the police have
// confirmed nothing of its incident. told says that they know already.
func (b *Bridge) mustPhone(ctx context.Context, m Message) (phone, told bool, err error) {
	if m.Kind != OfIncident {
		return false, false, nil
	}
	all, err := b.o.Store.PoliceMessages(ctx, m.Incident)
	for _, other := range all {
		if other.State == Received {
			return false, false, err
		}
		told = told || other.PhonedAt != nil
	}
	return err == nil, told, err
}

// remark writes a comment into an incident's history, once.
func (b *Bridge) remark(ctx context.Context, id, text string) error {
	text = plain(text) // as the engine keeps it
	steps, err := b.o.Incidents.History(ctx, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(s incident.Step) bool { return s.Action == incident.Comment && s.Reason == text }) {
		return nil // before a crash
	}
	i, err := b.o.Incidents.Get(ctx, id)
	if err != nil {
		return err
	}
	_, err = b.o.Incidents.Do(ctx, b.actor(), id, i.Version, incident.Command{Action: incident.Comment, Reason: text})
	if errors.Is(err, incident.ErrForbidden) || errors.Is(err, incident.ErrInvalid) {
		b.o.Log.Error("a remark of the police bridge is refused", "incident", i.Number, "err", err)
		return nil
	}
	return err
}
