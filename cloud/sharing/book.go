package sharing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// Store keeps agreements. Those of an organisation that has ended have ended.
type Store interface {
	// PutAgreement writes an agreement whose version before is one less; ErrConflict
	// otherwise, ErrNotFound for an unknown organisation.
	PutAgreement(ctx context.Context, a Agreement) error
	Agreement(ctx context.Context, id string) (Agreement, error)
	// Agreements returns those of an organisation, or all, the newest first.
	Agreements(ctx context.Context, organisation string) ([]Agreement, error)
}

// A Book is the list of agreements.
type Book struct {
	store Store
	log   register.Writer
}

// New returns the book of a store; what is told under its agreements is written to
// the register.
func New(s Store, log register.Writer) *Book { return &Book{s, log} }

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func mark(who access.User, reason string) Mark {
	return Mark{By: who.Name, Person: who.Person, Unit: who.Unit, At: now(), Reason: strings.TrimSpace(reason)}
}

// same reports whether a mark is by the same person.
func (m Mark) same(who access.User) bool {
	return access.SamePerson(who, access.User{Name: m.By, Person: m.Person, Unit: m.Unit})
}

// Draft writes an agreement down; nothing is told under it before two have signed.
func (b *Book) Draft(ctx context.Context, who access.User, a Agreement) (Agreement, error) {
	if !access.May(who, access.SignSharing, access.Anywhere) {
		return a, fmt.Errorf("draft agreement: %w", access.ErrForbidden)
	}
	if err := a.validate(); err != nil {
		return a, err
	}
	a.ID, a.Version, a.Signatures, a.Suspension, a.End, a.Drafted = event.NewID(), 1, nil, nil, nil, mark(who, "")
	a.From, a.To = a.From.UTC().Truncate(time.Millisecond), a.To.UTC().Truncate(time.Millisecond)
	slices.Sort(a.Fields)
	a.Fields = slices.Compact(a.Fields)
	return a, b.put(ctx, who, a, "drafted", "")
}

// put writes an agreement, and before it the change to the register.
func (b *Book) put(ctx context.Context, who access.User, a Agreement, what, reason string) error {
	if err := b.log.Write(ctx, register.Entry{
		Who: who.Name, Person: who.Person, Unit: who.Unit, Act: register.Change, Object: "agreement/" + a.ID, Basis: a.Basis, Reason: reason,
		Detail: fmt.Sprintf("%s, version %d", what, a.Version),
	}); err != nil {
		return err
	}
	if err := b.store.PutAgreement(ctx, a); err != nil {
		return fmt.Errorf("agreement %s: %w", a.ID, err)
	}
	return nil
}

// A Step is what can be done with an agreement that is there.
type Step string

// The steps.
const (
	Sign    Step = "sign"    // a draft; it takes two people
	Suspend Step = "suspend" // nothing is told from now on; one person alone may
	Resume  Step = "resume"  // by another person than who suspended it
	Finish  Step = "finish"  // for good
)

// from says in which states a step can be taken.
var from = map[Step][]State{
	Sign: {Draft}, Suspend: {Coming, InForce}, Resume: {Suspended}, Finish: {Draft, Coming, InForce, Suspended, Expired},
}

// Do takes a step with an agreement that has a version.
func (b *Book) Do(ctx context.Context, who access.User, id string, version int64, s Step, reason string) (Agreement, error) {
	if !access.May(who, access.SignSharing, access.Anywhere) {
		return Agreement{}, fmt.Errorf("%s agreement %s: %w", s, id, access.ErrForbidden)
	}
	a, err := b.store.Agreement(ctx, id)
	if err != nil {
		return a, err
	}
	if a.Version != version {
		return a, ErrConflict
	}
	next, err := a.after(s, who, reason)
	if err != nil {
		return a, fmt.Errorf("%s agreement %s: %w", s, id, err)
	}
	return next, b.put(ctx, who, next, string(s), reason)
}

// after returns the agreement as it is after a step.
func (a Agreement) after(s Step, who access.User, reason string) (Agreement, error) {
	m := mark(who, reason)
	state := a.State(m.At)
	switch {
	case !slices.Contains(from[s], state):
		return a, fmt.Errorf("%w: it is %s", ErrState, state)
	case s != Sign && m.Reason == "":
		return a, ErrReason
	case s == Sign && slices.ContainsFunc(a.Signatures, func(x Mark) bool { return x.same(who) }), s == Resume && a.Suspension.same(who):
		return a, access.ErrSelf
	}
	a.Version++
	switch s {
	case Sign:
		a.Signatures = append(slices.Clone(a.Signatures), m)
	case Suspend:
		a.Suspension = &m
	case Resume:
		a.Suspension = nil
	case Finish:
		a.End = &m
	}
	return a, nil
}

// List returns agreements of an organisation, or all, the newest first.
func (b *Book) List(ctx context.Context, organisation string) ([]Agreement, error) {
	return b.store.Agreements(ctx, organisation)
}

// Share returns the fields that Tell tells.
func (b *Book) Share(ctx context.Context, who access.User, organisation string, m Matter, act register.Act) (map[string]any, error) {
	t, err := b.Tell(ctx, who, organisation, m, act)
	return t.Fields, err
}

// A Telling is what an organisation is told, and under which agreement.
type Telling struct {
	Agreement string
	Fields    map[string]any
}

// Names are the fields that are told, in order.
func (t Telling) Names() []string { return slices.Sorted(maps.Keys(t.Fields)) }

// Covers reports whether an organisation would be told of a matter now. Nothing is
// told, so nothing is written.
func (b *Book) Covers(ctx context.Context, organisation string, m Matter) (bool, error) {
	all, err := b.store.Agreements(ctx, organisation)
	for _, a := range all {
		if _, refused := Filter(m, a, now()); refused == nil {
			return true, err
		}
	}
	return false, err
}

// Tell returns what an organisation is told of a matter, under the newest of its
// agreements that covers it. The row of the sharing log is committed before, and so
// is the row of a refusal. who is the person or the bridge that tells it, act how.
func (b *Book) Tell(ctx context.Context, who access.User, organisation string, m Matter, act register.Act) (Telling, error) {
	all, err := b.store.Agreements(ctx, organisation)
	if err != nil {
		return Telling{}, err
	}
	refused := fmt.Errorf("%w: %s has no agreement", ErrNotShared, organisation)
	e := register.Entry{
		At: now(), Who: who.Name, Person: who.Person, Unit: who.Unit, Act: act, Object: "incident/" + m.ID, Case: m.Number, Detail: "to " + organisation,
	}
	for _, a := range all {
		out, err := Filter(m, a, e.At)
		if err != nil {
			refused = err
			continue
		}
		t := Telling{Agreement: a.ID, Fields: out}
		e.Agreement, e.Reason, e.Basis, e.Fields, e.Result = a.ID, a.Purpose, a.Basis, t.Names(), register.Done
		if err := b.log.Write(ctx, e); err != nil {
			return Telling{}, err
		}
		return t, nil
	}
	e.Result, e.Detail = register.Denied, "to "+organisation+": "+refused.Error()
	return Telling{}, errors.Join(refused, b.log.Write(ctx, e))
}
