package whistle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/chain"
	"eastgate/shared/event"
)

// Store keeps whistles and their histories.
type Store interface {
	Reader
	// ApplyWhistles writes moves as one transaction. One whose whistle has not the
	// version before gives ErrConflict, and a second open whistle to a unit for the
	// same incident ErrAsked; then nothing is written.
	ApplyWhistles(ctx context.Context, moves []Move) error
	// Unanswered returns sent whistles whose response clock has run out, the oldest first.
	Unanswered(ctx context.Context, now time.Time, limit int) ([]Whistle, error)
}

// Reader is the part of the store that is asked for pages.
type Reader interface {
	Whistle(ctx context.Context, id string) (Whistle, error)
	Whistles(ctx context.Context, f Filter) ([]Whistle, error)
	WhistleHistory(ctx context.Context, id string) ([]Step, error)
	// WhistleSteps returns steps after a position, in order: the feed.
	WhistleSteps(ctx context.Context, after int64, limit int) ([]Step, error)
	// Asked tells of each incident that units were asked to come to; those of drafts
	// only are left out.
	Asked(ctx context.Context, incidents []string) (map[string]Asked, error)
}

// A Move is steps of one whistle and how it is after them.
type Move struct {
	Whistle Whistle
	Steps   []Step
}

// A Filter says which whistles, the newest first.
type Filter struct {
	Incident string
	Unit     string
	States   []State
	// Scope is what the asker may see: whistles at its places, or to its units once
	// they were sent.
	Scope access.Scope
	After string // only those older than this id
	Limit int
}

// Parents gives what a whistle must know of its incident; ErrNotFound for none.
type Parents interface {
	Parent(ctx context.Context, incident string) (Parent, error)
}

// Options are what an engine works with.
type Options struct {
	Parents Parents
	// Respond says when a unit must have answered what is sent at a time.
	Respond func(k Kind, sent time.Time) time.Time
	Now     func() time.Time // time.Now without
	Tell    func()           // called after each change, if set
}

// An Engine is the only writer of whistles.
type Engine struct {
	Reader
	store Store
	o     Options
}

// New returns an engine.
func New(s Store, o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Tell == nil {
		o.Tell = func() {}
	}
	return &Engine{Reader: s, store: s, o: o}
}

// An Ask is what somebody wants done, and what he tells with it.
type Ask struct {
	Action    Action     `json:"action"`
	Kind      Kind       `json:"kind,omitempty"`
	Unit      string     `json:"unit,omitempty"`
	Purpose   string     `json:"purpose,omitempty"`
	Deadline  *time.Time `json:"deadline,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Result    string     `json:"result,omitempty"`
	Outcome   string     `json:"outcome,omitempty"`
	OutcomeAt *time.Time `json:"outcome_at,omitempty"` // now without
	To        string     `json:"to,omitempty"`
	Rating    int        `json:"rating,omitempty"`
	Upheld    *bool      `json:"upheld,omitempty"`
}

// Begin drafts a whistle for an incident, or sounds one at once. The first unit
// asked for an incident leads. who are the roles held for the incident.
func (e *Engine) Begin(ctx context.Context, who access.Actor, incident string, a Ask) (Whistle, error) {
	p, err := e.o.Parents.Parent(ctx, incident)
	if err != nil {
		return Whistle{}, err
	}
	if a.Action == SoundIt {
		a.Kind = Emergency
	}
	t, ok := find(a.Action, "", Community)
	w := Whistle{Unit: a.Unit}
	switch {
	case !ok:
		return w, fmt.Errorf("%w: a whistle begins with %s or %s", ErrState, DraftIt, SoundIt)
	case !p.Open:
		return w, fmt.Errorf("%w: incident %s is not confirmed, or has ended", ErrState, p.Number)
	}
	if err := errors.Join(t.refuses(w, who), a.lacks(t, e.now())); err != nil {
		return w, err
	}
	siblings, err := e.store.Whistles(ctx, Filter{Incident: p.ID, Scope: access.Scope{All: true}})
	if err != nil {
		return w, err
	}
	told := Told{Number: p.Number, Place: p.Place, Class: p.Class, Test: p.Test, Kind: a.Kind, Unit: a.Unit, Part: Lead, Purpose: a.Purpose, Deadline: a.Deadline}
	for _, s := range siblings {
		if s.Part == Lead && s.State != Withdrawn {
			told.Part = Assist
		}
	}
	m := mover{e: e, who: who, t: t, at: e.now(), id: event.NewID(), incident: p.ID}
	m.step(DraftIt, Drafted, "", told)
	if a.Action == SoundIt {
		m.step(Approve, Approved, "", Told{})
		m.step(Send, Sent, "", Told{RespondBy: e.respondBy(a.Kind)})
	}
	return m.apply(ctx)
}

func (e *Engine) now() time.Time { return e.o.Now().UTC().Truncate(time.Millisecond) }

func (e *Engine) respondBy(k Kind) *time.Time {
	at := e.o.Respond(k, e.now()).UTC().Truncate(time.Millisecond)
	return &at
}

// Do takes one step with a whistle that has a version. who are the roles held for
// the whistle's Object. With ErrConflict the whistle is returned as it is now.
func (e *Engine) Do(ctx context.Context, who access.Actor, id string, version int64, a Ask) (Whistle, error) {
	w, err := e.store.Whistle(ctx, id)
	if err != nil {
		return w, err
	}
	if w.Version != version {
		return w, ErrConflict
	}
	side := sideOf(who, w.Unit)
	t, ok := find(a.Action, w.State, side)
	if !ok {
		return w, fmt.Errorf("%w: %s of a whistle that is %s, by the %s", ErrState, a.Action, w.State, side)
	}
	if err := errors.Join(t.refuses(w, who), fits(w, a.Action), a.lacks(t, e.now())); err != nil {
		return w, err
	}
	m := mover{e: e, who: who, t: t, at: e.now(), id: w.ID, incident: w.Incident, w: w}
	if err := m.after(ctx); err != nil {
		return w, err
	}
	others, told, err := e.told(ctx, m, a)
	if err != nil {
		return w, err
	}
	to := t.To
	if to == "" {
		to = w.State
	}
	m.step(a.Action, to, a.Reason, told)
	return m.apply(ctx, others...)
}

// told is what is written down with a step, and the moves of other whistles that
// come with it.
func (e *Engine) told(ctx context.Context, m mover, a Ask) ([]Move, Told, error) {
	told := Told{Result: a.Result, Outcome: a.Outcome, OutcomeAt: a.OutcomeAt, To: a.To, Rating: a.Rating, Upheld: a.Upheld}
	if a.Outcome != "" && a.OutcomeAt == nil {
		told.OutcomeAt = &m.at
	}
	if a.OutcomeAt != nil && (m.w.SentAt == nil || a.OutcomeAt.Before(*m.w.SentAt)) {
		return nil, told, fmt.Errorf("%w: outcome_at is before the whistle was sent", ErrInvalid)
	}
	switch a.Action {
	case Send, Insist:
		told.RespondBy = e.respondBy(m.w.Kind)
	case Deliver:
		if m.w.Kind == Enforcement && m.w.Outcome == "" && a.Outcome == "" {
			return nil, told, fmt.Errorf("%w: an enforcement is delivered with its outcome", ErrInvalid)
		}
	case Release, Withdraw, OfferLead, TakeLead:
		others, err := e.handOver(ctx, m, a, &told)
		return others, told, err
	}
	return nil, told, nil
}

// Escalate escalates what was not answered in time, and returns how many. Several
// replicas may: each whistle is escalated once.
func (e *Engine) Escalate(ctx context.Context) (int, error) {
	const batch = 100
	list, err := e.store.Unanswered(ctx, e.now(), batch)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, w := range list {
		_, err := e.Do(ctx, access.Actor{Name: "clock", Roles: []access.Role{access.System}}, w.ID, w.Version, Ask{Action: Escalate, Reason: "not answered in time"})
		switch {
		case errors.Is(err, ErrConflict), errors.Is(err, ErrState): // somebody was faster
		case err != nil:
			return n, err
		default:
			n++
		}
	}
	return n, nil
}

// every is how often unanswered whistles are looked for.
const every = 15 * time.Second

// Run escalates what is not answered in time until ctx ends.
func (e *Engine) Run(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if _, err := e.Escalate(ctx); err != nil && ctx.Err() == nil {
			log.Error("unanswered whistles cannot be escalated; tried again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// A mover gathers steps of one whistle.
type mover struct {
	e            *Engine
	who          access.Actor
	t            Transition
	at           time.Time
	id, incident string
	w            Whistle
	prev         string
	steps        []Step
	err          error
}

// after finds the hash that the next step follows.
func (m *mover) after(ctx context.Context) error {
	steps, err := m.e.store.WhistleHistory(ctx, m.id)
	if err != nil {
		return err
	}
	m.prev = chain.First
	if len(steps) > 0 {
		m.prev = steps[len(steps)-1].Hash
	}
	return nil
}

func (m *mover) step(a Action, to State, reason string, told Told) {
	detail, err := json.Marshal(told)
	m.err = errors.Join(m.err, err)
	s := Step{
		Whistle: m.id, Incident: m.incident, Seq: m.w.Version + 1, Action: a, From: m.w.State, To: to,
		Actor: m.who.Name, Role: roleFor(m.t, m.who), Unit: m.who.Unit, At: m.at, Reason: strings.TrimSpace(reason), Detail: detail,
	}.sealed(m.prev)
	m.w, err = m.w.after(s)
	m.err = errors.Join(m.err, err)
	m.prev, m.steps = s.Hash, append(m.steps, s)
}

// roleFor is the first of the table's roles that somebody holds.
func roleFor(t Transition, who access.Actor) access.Role {
	for _, r := range t.Roles {
		for _, held := range who.Roles {
			if r == held {
				return r
			}
		}
	}
	return ""
}

func (m *mover) move() Move { return Move{m.w, m.steps} }

func (m *mover) apply(ctx context.Context, others ...Move) (Whistle, error) {
	if m.err != nil {
		return Whistle{}, m.err
	}
	if err := m.e.store.ApplyWhistles(ctx, append(others, m.move())); err != nil {
		return m.w, err
	}
	m.e.o.Tell()
	return m.w, nil
}
