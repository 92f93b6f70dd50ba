// Package watch knows which desks are manned, and tells when none is.
//
// A desk is armed when its sound runs, its page can be seen and somebody has touched
// it lately: only then does an alarm reach a person. It promises that a minute without
// an armed desk is an alarm of its own, once, with an end; also when the cloud was
// restarted meanwhile, and with several clouds on one database.
package watch

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"eastgate/shared/event"
)

// A Desk is what one page says of itself.
type Desk struct {
	ID       string    `json:"-"` // its page's own; others have no use for it
	Who      string    `json:"who"`
	Sound    Sound     `json:"sound"`
	Visible  bool      `json:"visible"`
	Input    time.Time `json:"last_input_at"`
	SelfTest time.Time `json:"self_test_at,omitzero"` // when its sound was last heard to work
	Looking  string    `json:"looking,omitempty"`     // the incident that is open there
	Told     time.Time `json:"told_at"`
}

// Sound is how a page's sound is.
type Sound string

// The states of sound: a browser keeps it blocked until somebody touches the page.
const (
	Running Sound = "running"
	Blocked Sound = "blocked"
	Off     Sound = "off"
)

// How often desks tell, and when it is said that nobody is on watch.
const (
	// Every is how often a desk tells, and Gone after how long it counts no more.
	Every = 15 * time.Second
	Gone  = 40 * time.Second
	// Present is how long after the last touch somebody still counts as being there.
	Present = time.Hour
	// Patience is how long there may be no armed desk before that is told.
	Patience = time.Minute
	// forget is when a desk that has gone is forgotten.
	forget = 24 * time.Hour
)

// Armed reports whether an alarm at this desk reaches somebody.
func (d Desk) Armed(now time.Time) bool {
	return d.Sound == Running && d.Visible && now.Sub(d.Told) < Gone && now.Sub(d.Input) < Present
}

// A State is the last time that a desk was armed, and the episode that tells that
// none is, if that has been told.
type State struct {
	Armed   time.Time // zero while none ever was
	Episode string
}

// A Store keeps what desks say.
type Store interface {
	PutDesk(ctx context.Context, d Desk) error
	// Desks are those that told after a time, the newest first.
	Desks(ctx context.Context, after time.Time) ([]Desk, error)
	ForgetDesks(ctx context.Context, before time.Time) error
	Watch(ctx context.Context) (State, error)
	KeepWatch(ctx context.Context, s State) error
	RecordOwn(ctx context.Context, e event.Event) error
}

// A Watch looks after the desks.
type Watch struct {
	store Store
	wake  func() // there is an event
	alarm bool
	now   func() time.Time
	log   *slog.Logger

	began time.Time // since when this cloud looks: earlier no desk could tell
}

// New returns a watch. Without alarm nothing is told when no desk is armed.
func New(s Store, alarm bool, wake func(), log *slog.Logger) *Watch {
	return &Watch{store: s, alarm: alarm, wake: wake, now: time.Now, log: log}
}

// Tell keeps what a desk says of itself now.
func (w *Watch) Tell(ctx context.Context, d Desk) error {
	d.Told = w.now()
	return w.store.PutDesk(ctx, d)
}

// Desks are those that are there now.
func (w *Watch) Desks(ctx context.Context) ([]Desk, error) {
	return w.store.Desks(ctx, w.now().Add(-Gone))
}

// lookEvery is how often it is judged.
const lookEvery = 5 * time.Second

// Run looks after the desks until ctx ends. Of several clouds one does.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	w.began = w.now()
	for {
		if err := w.look(ctx); err != nil && ctx.Err() == nil {
			w.log.Error("desks are not looked after", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look judges. Nothing is told before a first desk was ever armed: until then a place
// is being set up, and has no watch to lose.
func (w *Watch) look(ctx context.Context) error {
	now := w.now()
	desks, err := w.store.Desks(ctx, now.Add(-Gone))
	if err != nil {
		return err
	}
	s, err := w.store.Watch(ctx)
	if err != nil {
		return err
	}
	armed := false
	for _, d := range desks {
		armed = armed || d.Armed(now)
	}
	switch {
	case armed:
		if s.Episode != "" {
			if err := w.tell(ctx, s, event.End, "a desk is on watch again"); err != nil {
				return err
			}
		}
		err = w.store.KeepWatch(ctx, State{Armed: now})
	case w.alarm && !s.Armed.IsZero() && s.Episode == "" && now.Sub(s.Armed) >= Patience && now.Sub(w.began) >= Patience:
		err = w.begin(ctx, s)
	}
	if err != nil {
		return err
	}
	return w.store.ForgetDesks(ctx, now.Add(-forget))
}

// begin tells first and keeps then: after a crash between the two it is told again, and
// joins the incident of the first.
func (w *Watch) begin(ctx context.Context, s State) error {
	s.Episode = event.NewID()
	if err := w.tell(ctx, s, event.Start, fmt.Sprintf("no desk with sound and somebody at it for %v", w.now().Sub(s.Armed).Round(time.Second))); err != nil {
		return err
	}
	w.log.Warn("nobody is on watch", "since", s.Armed)
	return w.store.KeepWatch(ctx, s)
}

// Site is under which name the centre speaks of itself.
const Site = "centre"

func (w *Watch) tell(ctx context.Context, s State, state event.State, note string) error {
	e := event.Event{
		ID: event.NewID(), Episode: s.Episode, Source: event.NewSource(Site, "desks", ""), Kind: event.Unwatched, State: state,
		Time: w.now().UTC(), Since: s.Armed.UTC(),
		Certainty: "Observed", Severity: event.Unwatched.Severity(), Urgency: event.Unwatched.Urgency(), Status: "Actual",
		Score: 1, Note: note, Detector: event.Detector{Name: "watch", Version: "1"},
	}
	if state == event.Start {
		e.ID = s.Episode
	}
	if err := w.store.RecordOwn(ctx, e); err != nil {
		return fmt.Errorf("tell of the watch: %w", err)
	}
	w.wake()
	return nil
}
