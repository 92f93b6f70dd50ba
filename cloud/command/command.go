// Package command asks boxes to do things, and knows what came of each.
//
// It promises that a command that Send has taken is on the disk, and is said to its
// box again and again until the box answers or its time is over, also by another
// replica and after a restart; and that it ends in one of done, refused, failed and
// expired. That a box does none twice is the box's promise. It does not know who may
// ask for what; package api does.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("there is no such command")
	// ErrTooMany says that too many commands of a box wait for its answer.
	ErrTooMany = fmt.Errorf("%d commands wait for this box already: it may be offline", MaxWaiting)
	// ErrInvalid says that an order cannot be a command.
	ErrInvalid = errors.New("this is no command")
)

// MaxWaiting is how many commands of one box may wait for its answer.
const MaxWaiting = 100

// Waiting is the state of a command that has not ended; the others are those of
// package wire.
const Waiting = "waiting"

// A Command is one thing that a box was asked to do.
type Command struct {
	ID      string          `json:"id"`
	Site    string          `json:"site"`
	Box     string          `json:"box"`
	Name    string          `json:"name"`
	Args    json.RawMessage `json:"args,omitempty"`
	By      string          `json:"by"` // the account that asked, or the part of the cloud
	Asked   time.Time       `json:"asked"`
	Expires time.Time       `json:"expires"` // the box does not begin it later
	State   string          `json:"state"`
	Problem string          `json:"problem,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
	Ended   *time.Time      `json:"ended,omitempty"`
}

// Over reports whether the command has ended.
func (c Command) Over() bool { return c.State != Waiting }

// A Filter says which commands.
type Filter struct {
	Site, Box string
	Before    string // only those with a lower ID; empty begins at the newest
	Limit     int
}

// Store keeps commands.
type Store interface {
	// AddCommand gives ErrTooMany when MaxWaiting of the box wait.
	AddCommand(ctx context.Context, c Command) error
	// Command gives ErrNotFound.
	Command(ctx context.Context, id string) (Command, error)
	// Commands returns them, the newest first.
	Commands(ctx context.Context, f Filter) ([]Command, error)
	// WaitingCommands returns those of all boxes that have not ended, the oldest first.
	WaitingCommands(ctx context.Context) ([]Command, error)
	// EndCommand writes how a command of a box ended, unless it has ended already. What
	// a box says of one that was given up as expired is taken. ended is false when
	// nothing was written.
	EndCommand(ctx context.Context, site, box string, r wire.BoxResult, at time.Time) (ended bool, err error)
	// ForgetCommands drops those that were asked for before.
	ForgetCommands(ctx context.Context, before time.Time) error
}

// Options join an engine to what is around it.
type Options struct {
	// Say publishes on a box's command topic, at most once, and may fail.
	Say func(topic string, payload []byte) error
	// Mine says which boxes this replica speaks to; nil means all.
	Mine    func(site, box string) bool
	Metrics *Metrics
	Log     *slog.Logger
}

// An Engine asks boxes. Its methods may be called at once.
type Engine struct {
	store Store
	o     Options

	mu    sync.Mutex
	ended chan struct{} // closed, and made anew, when a command has ended
	said  map[string]time.Time
}

// New returns the engine of a store.
func New(s Store, o Options) *Engine {
	if o.Mine == nil {
		o.Mine = func(string, string) bool { return true }
	}
	return &Engine{store: s, o: o, ended: make(chan struct{}), said: map[string]time.Time{}}
}

// An Order is what somebody asks for.
type Order struct {
	Site, Box, Name string
	Args            any           // as JSON
	TTL             time.Duration // until when it may be begun: 1s to wire.MaxTTL
	By              string
}

// Send asks a box to do something. The command is on the disk when it returns nil;
// Wait tells what came of it.
func (e *Engine) Send(ctx context.Context, o Order) (Command, error) {
	c, err := o.command(time.Now())
	if err != nil {
		return c, err
	}
	if err := e.store.AddCommand(ctx, c); err != nil {
		return c, err
	}
	e.o.Metrics.sent.WithLabelValues(c.Name).Inc()
	e.say(c) // if it does not get through, Run says it again
	return c, nil
}

// Tell asks a box for what does no harm when it is lost or done twice: it is said
// once, kept nowhere and waited for by nobody.
func (e *Engine) Tell(o Order) error {
	c, err := o.command(time.Now())
	if err != nil {
		return err
	}
	return e.o.Say(wire.Topic(c.Site, c.Box, wire.Command), message(c))
}

func (o Order) command(now time.Time) (Command, error) {
	now = now.UTC().Truncate(time.Millisecond)
	c := Command{ID: event.NewID(), Site: o.Site, Box: o.Box, Name: o.Name, By: o.By, Asked: now, Expires: now.Add(o.TTL), State: Waiting}
	switch {
	case !event.ValidName(o.Site) || !event.ValidName(o.Box) || !event.ValidName(o.Name):
		return c, fmt.Errorf("%w: %q, %q and %q are names of %s", ErrInvalid, o.Site, o.Box, o.Name, event.NameRule)
	case o.TTL < time.Second || o.TTL > wire.MaxTTL:
		return c, fmt.Errorf("%w: it lives 1s to %s, not %s", ErrInvalid, wire.MaxTTL, o.TTL)
	}
	args, err := json.Marshal(o.Args)
	if err != nil || len(args) > wire.MaxArgs {
		return c, fmt.Errorf("%w: %d bytes of args, at most %d are allowed", ErrInvalid, len(args), wire.MaxArgs)
	}
	c.Args = args
	return c, nil
}

func message(c Command) []byte {
	return wire.BoxCommand{ID: c.ID, Name: c.Name, Expires: c.Expires, Sent: time.Now().UTC(), Args: c.Args}.Encode()
}

// say says a command to its box. A broker that cannot be reached is no fault of the
// command: it is said again.
func (e *Engine) say(c Command) {
	e.mu.Lock()
	e.said[c.ID] = time.Now()
	e.mu.Unlock()
	if err := e.o.Say(wire.Topic(c.Site, c.Box, wire.Command), message(c)); err != nil {
		e.o.Metrics.unsaid.Inc()
	}
}

// lookEvery is how soon Wait sees what another replica has heard.
const lookEvery = 500 * time.Millisecond

// Wait returns a command when it has ended, or as it is when ctx ends.
func (e *Engine) Wait(ctx context.Context, id string) (Command, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		e.mu.Lock()
		ended := e.ended
		e.mu.Unlock()
		c, err := e.store.Command(context.WithoutCancel(ctx), id)
		if err != nil || c.Over() {
			return c, err
		}
		select {
		case <-ctx.Done():
			return c, nil
		case <-ended:
		case <-tick.C:
		}
	}
}

// Get returns a command as it is, and List those of a box, the newest first.
func (e *Engine) Get(ctx context.Context, id string) (Command, error) {
	return e.store.Command(ctx, id)
}

// List returns commands, the newest first.
func (e *Engine) List(ctx context.Context, f Filter) ([]Command, error) {
	return e.store.Commands(ctx, f)
}

// Result takes in what a box says on its result topic. What cannot be stored comes
// again: the box answers each repeat.
func (e *Engine) Result(ctx context.Context, site, box string, payload []byte) error {
	r, err := wire.DecodeResult(payload)
	if err != nil {
		return err
	}
	return e.end(ctx, site, box, r)
}

func (e *Engine) end(ctx context.Context, site, box string, r wire.BoxResult) error {
	ended, err := e.store.EndCommand(ctx, site, box, r, time.Now().UTC().Truncate(time.Millisecond))
	if err != nil || !ended { // a repeat, or of a command that nobody waits for
		return err
	}
	e.o.Metrics.ended.WithLabelValues(r.State).Inc()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.said, r.ID)
	close(e.ended)
	e.ended = make(chan struct{})
	return nil
}
