package whistle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eastgate/cloud/access"
)

// maxText bounds what people write, in characters.
const maxText = 500

// lacks reports every field of an ask that is missing or wrong for a step.
func (a Ask) lacks(t Transition, now time.Time) error {
	var faults []string
	for _, f := range t.Needs {
		if fault := a.lack(f); fault != "" {
			faults = append(faults, fault)
		}
	}
	for name, text := range map[string]string{"purpose": a.Purpose, "reason": a.Reason, "result": a.Result, "outcome": a.Outcome} {
		if utf8.RuneCountInString(text) > maxText {
			faults = append(faults, fmt.Sprintf("%s is longer than %d characters", name, maxText))
		}
	}
	if a.Deadline != nil && !a.Deadline.After(now) {
		faults = append(faults, "deadline is over")
	}
	if a.OutcomeAt != nil && a.OutcomeAt.After(now) {
		faults = append(faults, "outcome_at is yet to come")
	}
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	return fmt.Errorf("%w: %s", ErrInvalid, strings.Join(faults, "; "))
}

func (a Ask) lack(f Field) string {
	missing := map[Field]bool{
		NeedUnit: a.Unit == "", NeedPurpose: blank(a.Purpose), NeedReason: blank(a.Reason), NeedResult: blank(a.Result),
		NeedOutcome: blank(a.Outcome), NeedTo: a.To == "", NeedUpheld: a.Upheld == nil,
	}[f]
	switch {
	case missing:
		return string(f) + " is needed"
	case f == NeedKind && !slices.Contains(Kinds, a.Kind):
		return fmt.Sprintf("kind must be one of %v", Kinds)
	case f == NeedRating && (a.Rating < 1 || a.Rating > 5):
		return "rating must be 1 to 5"
	}
	return ""
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }

// fits says why a step does not go with a whistle as it is, whoever takes it.
func fits(w Whistle, a Action) error {
	var why string
	switch {
	case a == OfferLead && w.Part != Lead:
		why = "the unit does not lead"
	case a == TakeLead && w.Part == Lead:
		why = "the unit leads"
	case a == RateUnit && w.RatedUnit != 0, a == RateUs && w.RatedCommunity != 0:
		why = "it is rated"
	case a == RateUnit && w.Upheld != nil && *w.Upheld:
		why = "an appeal struck the rating"
	case a == AppealIt && w.Appeal != "":
		why = "it was appealed"
	case a == Decide && (w.Appeal == "" || w.Upheld != nil):
		why = "there is no appeal to decide"
	case a == RecordIt && w.Outcome != "":
		why = "the outcome is recorded"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrState, why)
}

// handOver keeps the lead in one hand: who was sent the lead cannot go while others
// are asked, an offer names one of them, and only who was offered the lead takes it.
func (e *Engine) handOver(ctx context.Context, m mover, a Ask, told *Told) ([]Move, error) {
	all, err := e.store.Whistles(ctx, Filter{Incident: m.incident, Scope: access.Scope{All: true}})
	if err != nil {
		return nil, err
	}
	others := slices.DeleteFunc(all, func(w Whistle) bool { return w.ID == m.id || w.State.Ended() })
	switch a.Action {
	case Release, Withdraw:
		switch {
		case m.w.Part != Lead || len(others) == 0:
		case m.w.SentAt != nil:
			return nil, ErrLead
		default: // nobody was asked yet: the next one leads
			return m.give(ctx, others[len(others)-1], Lead)
		}
	case OfferLead:
		if !slices.ContainsFunc(others, func(w Whistle) bool { return w.Unit == a.To && w.SentAt != nil }) {
			return nil, fmt.Errorf("%w: %s is not asked for this incident", ErrInvalid, a.To)
		}
	case TakeLead:
		at := slices.IndexFunc(others, func(w Whistle) bool { return w.Part == Lead && w.Offered == m.w.Unit })
		if at < 0 {
			return nil, fmt.Errorf("%w: nobody offers the lead to %s", ErrState, m.w.Unit)
		}
		told.Part = Lead
		return m.give(ctx, others[at], Assist)
	}
	return nil, nil
}

// give writes another whistle's new part down, by the same person at the same time.
func (m mover) give(ctx context.Context, w Whistle, p Part) ([]Move, error) {
	other := mover{e: m.e, who: m.who, t: m.t, at: m.at, id: w.ID, incident: m.incident, w: w}
	if err := other.after(ctx); err != nil {
		return nil, err
	}
	other.step(TakeLead, w.State, "", Told{Part: p})
	return []Move{other.move()}, other.err
}
