package police

import (
	"context"
	"fmt"
	"time"

	"eastgate/cloud/governance"
)

// A Reconciliation holds a month's counts of both sides against each other (rule 9).
type Reconciliation struct {
	Month string         `json:"month"`
	Ours  map[State]int  `json:"ours"`  // messages that were created in it, by state now
	Sent  int            `json:"sent"`  // that may have reached them
	Heard map[string]int `json:"heard"` // what they said in it, by kind/outcome
	// Unconfirmed are messages that may have reached them, or should have, and for which
	// no receipt came: the first hundred.
	Unconfirmed []Message `json:"unconfirmed"`
	// Theirs is what they say of the month; nil until they do.
	Theirs *Statement `json:"theirs,omitempty"`
	Agrees bool       `json:"agrees"`
	// Differences say in words what does not agree.
	Differences []string `json:"differences"`
}

// Month returns when a month such as 2026-11 begins and ends, in Asia/Shanghai.
func Month(month string) (from, to time.Time, err error) {
	from, err = time.ParseInLocation("2006-01", month, governance.Shanghai)
	if err != nil {
		return from, to, fmt.Errorf("%w, not %.20q", ErrMonth, month)
	}
	return from, from.AddDate(0, 1, 0), nil
}

// Reconcile counts a month and compares it with what the police say of it.
func Reconcile(ctx context.Context, s Store, month string) (r Reconciliation, err error) {
	from, to, err := Month(month)
	if err != nil {
		return r, err
	}
	r = Reconciliation{Month: month, Heard: map[string]int{}, Differences: []string{}}
	if r.Ours, err = s.CountPolice(ctx, OfIncident, from, to); err != nil {
		return r, err
	}
	r.Sent = r.Ours[Sent] + r.Ours[Received] + r.Ours[Refused]
	heard, err := s.CountHeard(ctx, from, to)
	if err != nil {
		return r, err
	}
	feedback := 0
	for what, n := range heard {
		r.Heard[what[0]+"/"+what[1]] += n
		if what[0] == feedbackKind {
			feedback += n
		}
	}
	if r.Unconfirmed, err = s.UnconfirmedPolice(ctx, from, to, 100); err != nil {
		return r, err
	}
	for i := range r.Unconfirmed {
		r.Unconfirmed[i].Body = nil
	}
	var theirs Statement
	if told, err := s.PoliceFact(ctx, statementFact(month), &theirs); err != nil {
		return r, err
	} else if told {
		r.Theirs = &theirs
	}
	r.compare(feedback)
	return r, nil
}

func (r *Reconciliation) compare(feedback int) {
	say := func(format string, a ...any) { r.Differences = append(r.Differences, fmt.Sprintf(format, a...)) }
	if n := len(r.Unconfirmed); n > 0 {
		say("%d messages have no receipt", n)
	}
	if t := r.Theirs; t == nil {
		say("the police have not said how much they had")
	} else {
		if t.Received != r.Ours[Received] {
			say("they received %d messages, we hold %d receipts", t.Received, r.Ours[Received])
		}
		if t.Refused != r.Ours[Refused] {
			say("they refused %d messages, we know of %d", t.Refused, r.Ours[Refused])
		}
		if t.Feedback != feedback {
			say("they sent %d feedbacks, %d came", t.Feedback, feedback)
		}
	}
	r.Agrees = len(r.Differences) == 0
}

// Reconcile is the function, of the bridge's own store.
func (b *Bridge) Reconcile(ctx context.Context, month string) (Reconciliation, error) {
	return Reconcile(ctx, b.o.Store, month)
}
