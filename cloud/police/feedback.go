package police

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"eastgate/cloud/access"
	"eastgate/cloud/whistle"
)

// words are what people read of a feedback.
var words = map[string]string{"accepted": "已接警", "rejected": "不予受理", "attending": "已出警到场", "handled": "已处置", "closed": "已结案"}

// steps are what a feedback is to a whistle that asked the police to come. Nothing
// else moves: the police decline, deliver and hand over in person.
var steps = map[string]whistle.Action{"accepted": whistle.Acknowledge, "attending": whistle.Attend, "handled": whistle.RecordIt, "closed": whistle.RecordIt}

// apply does what the police have said, in the order in which it came. While the
// bridge is switched off it waits.
func (b *Bridge) apply(ctx context.Context) error {
	if off, err := b.killed(ctx); err != nil || off.On {
		return err
	}
	list, err := b.o.Store.Unapplied(ctx, batch)
	if err != nil {
		return fmt.Errorf("feedback of the police: %w", err)
	}
	for _, h := range list {
		outcome, err := b.applyOne(ctx, h)
		if err == nil {
			err = b.o.Store.SettleHeard(ctx, h.Key, outcome)
		}
		if err != nil {
			return fmt.Errorf("feedback of the police on %s: %w", h.Number, err)
		}
		b.o.Metrics.feedback.WithLabelValues(outcome).Inc()
	}
	return nil
}

func (b *Bridge) applyOne(ctx context.Context, h Heard) (outcome string, err error) {
	f, err := decode[Feedback](h)
	if err != nil {
		return "", err
	}
	told, err := b.o.Store.PoliceOfNumber(ctx, h.Number)
	if errors.Is(err, ErrNotFound) {
		return Unknown, nil
	}
	if err != nil {
		return "", err
	}
	before, err := b.o.Store.HeardBefore(ctx, h.Number)
	if err != nil {
		return "", err
	}
	if h.Sequence <= before {
		return Outdated, nil
	}
	outcome, why, err := b.whistle(ctx, told.Incident, f)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("公安反馈：%s（%s）", words[f.Feedback], f.Feedback)
	for _, more := range []string{f.Code, f.Text, why} {
		if more != "" {
			text += " · " + more
		}
	}
	_, id, _ := strings.Cut(h.Key, " ")
	return outcome, b.remark(ctx, told.Incident, fmt.Sprintf("%s [%s]", text, id))
}

// whistle takes the step that a feedback means with the whistle to the police, if
// there is one. What the whistle's table does not allow is said, and not done.
func (b *Bridge) whistle(ctx context.Context, incident string, f Feedback) (outcome, why string, err error) {
	action, ok := steps[f.Feedback]
	if !ok {
		return Applied, "", nil
	}
	list, err := b.o.Whistles.Whistles(ctx, whistle.Filter{Incident: incident, Scope: access.Scope{All: true}, Unit: b.o.Organisation})
	if err != nil {
		return "", "", err
	}
	for _, w := range list {
		if w.Unit != b.o.Organisation || w.SentAt == nil || w.State.Ended() {
			continue
		}
		ask := whistle.Ask{Action: action}
		if action == whistle.RecordIt {
			ask.Outcome = cut(strings.TrimSpace(words[f.Feedback]+" "+f.Text), maxText)
		}
		who := access.Actor{Name: b.me.Name, Unit: b.me.Unit, Roles: []access.Role{access.PoliceBridge}}
		switch _, err := b.o.Whistles.Do(ctx, who, w.ID, w.Version, ask); {
		case err == nil:
			return Applied, "", nil
		case errors.Is(err, whistle.ErrState), errors.Is(err, whistle.ErrForbidden), errors.Is(err, whistle.ErrInvalid), errors.Is(err, whistle.ErrSamePerson):
			return Unmoved, "吹哨状态未变 · the whistle stays " + string(w.State), nil
		default:
			return "", "", err
		}
	}
	return Applied, "", nil
}
