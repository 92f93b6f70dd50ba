// Package command does what the cloud asks of this box, such as to take a picture,
// and says what came of it.
//
// It promises that a command is begun at most once, whatever comes twice and
// whenever the box is killed; that what came too late is not begun at all; and that
// every repeat is answered with what came of it the first time. It does not promise
// that a command is done: a box that is too busy, or whose disk cannot remember one,
// leaves it, and it comes again until it expires. DESIGN.md tells how, and what each
// command takes and brings.
package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"eastgate/shared/wire"
)

// A Handler does one command. It must end soon after ctx does. What it returns goes
// to the cloud as JSON, at most wire.MaxData bytes of it; an error goes there in
// words: from Refuse it means that nothing was done, any other that it failed.
type Handler func(ctx context.Context, args json.RawMessage) (any, error)

// Refuse returns a Handler's error that says that nothing was done, and why.
func Refuse(format string, a ...any) error { return refusal(fmt.Sprintf(format, a...)) }

type refusal string

func (r refusal) Error() string { return string(r) }

// Config says where the memory is and how a box judges time.
type Config struct {
	Dir string // of the memory
	// Timeout is how long one command may take. It defaults to 60s.
	Timeout time.Duration
	// Synced says whether the wall clock is right; nil, or a nil answer, means that
	// nobody knows.
	Synced func() *bool
}

// A Runner does commands.
type Runner struct {
	cfg      Config
	memory   *memory
	handlers map[string]entry
	orders   chan order
	results  chan wire.BoxResult
	slots    chan struct{}
	m        *Metrics
	log      *slog.Logger
}

type entry struct {
	do      Handler
	lasting bool // remembered, and done once
}

type order struct {
	wire.BoxCommand
	came time.Time
}

const (
	orderRoom  = 64 // commands that wait to be looked at
	resultRoom = 64 // answers that wait for the link; more are asked for again
	together   = 4  // commands under way
)

// Open reads what was done before. Commands that a crash cut off have failed.
func Open(c Config, m *Metrics, log *slog.Logger) (*Runner, error) {
	if c.Timeout == 0 {
		c.Timeout = time.Minute
	}
	if c.Synced == nil {
		c.Synced = func() *bool { return nil }
	}
	mem, err := openMemory(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("memory of commands: %w", err)
	}
	return &Runner{
		cfg: c, memory: mem, handlers: map[string]entry{}, m: m, log: log,
		orders: make(chan order, orderRoom), results: make(chan wire.BoxResult, resultRoom), slots: make(chan struct{}, together),
	}, nil
}

// Handle says who does a command. It is for before Run.
func (r *Runner) Handle(name string, h Handler) { r.handlers[name] = entry{h, true} }

// HandleEach is Handle for a command that does no harm when it is done again: it is
// not remembered, and its result is told once.
func (r *Runner) HandleEach(name string, h Handler) { r.handlers[name] = entry{h, false} }

// Order takes in a command. It never waits; what has no room comes again.
func (r *Runner) Order(c wire.BoxCommand) {
	select {
	case r.orders <- order{c, time.Now()}:
	default:
		r.m.left.Inc()
	}
}

// Results are what is to be told to the cloud.
func (r *Runner) Results() <-chan wire.BoxResult { return r.results }

// Run does what was ordered until ctx ends, and waits for what is under way.
func (r *Runner) Run(ctx context.Context) error {
	var underWay sync.WaitGroup
	defer underWay.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case o := <-r.orders:
			r.take(ctx, o, &underWay)
		}
	}
}

// take answers a command at once, or begins it, or leaves it.
func (r *Runner) take(ctx context.Context, o order, underWay *sync.WaitGroup) {
	if before, known := r.memory.of(o.ID); known {
		if before.Result != nil { // else it is under way
			r.answer(*before.Result)
		}
		return
	}
	e, known := r.handlers[o.Name]
	switch late := r.late(o); {
	case late != "":
		r.end(o, wire.BoxResult{ID: o.ID, State: wire.Expired, Problem: late})
		return
	case !known:
		r.end(o, wire.BoxResult{ID: o.ID, State: wire.Refused, Problem: fmt.Sprintf("this box does not know the command %s: is its program older than the cloud's?", o.Name)})
		return
	}
	select {
	case r.slots <- struct{}{}:
	default:
		r.m.left.Inc()
		return
	}
	if e.lasting {
		if err := r.memory.begin(o); err != nil {
			<-r.slots
			r.m.left.Inc()
			r.log.Error("command is not begun: the box could not remember it", "command", o.Name, "id", o.ID, "err", err)
			return
		}
	}
	underWay.Go(func() {
		defer func() { <-r.slots }()
		r.do(ctx, o, e)
	})
}

// late says by how much a command came too late; empty when it did not.
func (r *Runner) late(o order) string {
	synced := r.cfg.Synced()
	if o.Sent.IsZero() || (synced != nil && *synced) {
		if by := time.Since(o.Expires); by > 0 {
			return fmt.Sprintf("it came %s after its end, by this box's clock", by.Round(time.Second))
		}
		return ""
	}
	if left := o.Expires.Sub(o.Sent) - time.Since(o.came); left <= 0 {
		return fmt.Sprintf("its end had come %s before; this box's clock is not synchronised and was not asked", (-left).Round(time.Second))
	}
	return ""
}

// do runs a handler and tells what came of it.
func (r *Runner) do(ctx context.Context, o order, e entry) {
	ctx, stop := context.WithTimeout(ctx, r.cfg.Timeout)
	defer stop()
	data, err := r.guarded(ctx, o, e.do)
	res := wire.BoxResult{ID: o.ID, State: wire.Done}
	var refused refusal
	switch {
	case errors.As(err, &refused):
		res.State, res.Problem = wire.Refused, bounded(refused.Error())
	case errors.Is(ctx.Err(), context.DeadlineExceeded) && err != nil:
		res.State, res.Problem = wire.Failed, bounded(fmt.Sprintf("not done within %s: %v", r.cfg.Timeout, err))
	case ctx.Err() != nil && err != nil:
		res.State, res.Problem = wire.Failed, bounded(fmt.Sprintf("the box was told to stop: %v", err))
	case err != nil:
		res.State, res.Problem = wire.Failed, bounded(err.Error())
	default:
		if res.Data, err = json.Marshal(data); err != nil || len(res.Data) > wire.MaxData {
			res.State, res.Problem, res.Data = wire.Failed, fmt.Sprintf("done, but what it brought cannot be told: %d bytes", len(res.Data)), nil
		}
	}
	if e.lasting {
		if err := r.memory.end(res); err != nil {
			r.log.Error("what came of a command is told but not on disk", "command", o.Name, "id", o.ID, "err", err)
		}
	}
	r.end(o, res)
}

// guarded makes an error of a handler that panics.
func (r *Runner) guarded(ctx context.Context, o order, h Handler) (data any, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			r.log.Error("command is broken", "command", o.Name, "id", o.ID, "fault", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("a fault in this box's program: %v", fault)
		}
	}()
	return h(ctx, o.Args)
}

func (r *Runner) end(o order, res wire.BoxResult) {
	r.m.results.WithLabelValues(r.label(o.Name), res.State).Inc()
	r.log.Info("command", "name", o.Name, "id", o.ID, "state", res.State, "problem", res.Problem)
	r.answer(res)
}

// label keeps what strangers say out of the names of metrics.
func (r *Runner) label(name string) string {
	if _, known := r.handlers[name]; known {
		return name
	}
	return "unknown"
}

func (r *Runner) answer(res wire.BoxResult) {
	select {
	case r.results <- res:
	default: // the link is down; it is asked for again
	}
}

// bounded makes a sentence fit a result.
func bounded(s string) string {
	if len(s) > wire.MaxProblem {
		s = s[:wire.MaxProblem]
	}
	return strings.ToValidUTF8(s, "")
}
