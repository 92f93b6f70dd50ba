package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eastgate/edge/outbox"
	"eastgate/edge/status"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// store is what a keeper needs of the outbox.
type store interface {
	Put(ctx context.Context, m outbox.Message) error
	Lost() ([]outbox.Lost, error)
	Told(outbox.Lost) error
}

// A keeper puts events into the outbox. Cameras never wait for the disk: what
// cannot be written now is held in memory and tried again, the most urgent
// first; when memory is full too, the least urgent gives way and is counted.
type keeper struct {
	box    store
	source event.Source // the box itself, for what it has to say of itself
	m      *metrics
	log    *slog.Logger
	mu     sync.Mutex
	held   []outbox.Message // in the order of their coming
	failed bool             // the last write failed; said once
	broken error            // the outbox must be opened again
}

// maxHeld bounds what waits in memory, some hundred kilobytes.
const maxHeld = 1000

// keepRetry is how often a disk that refuses is tried again.
const keepRetry = time.Second

func newKeeper(box store, source event.Source, m *metrics, log *slog.Logger) *keeper {
	return &keeper{box: box, source: source, m: m, log: log}
}

// keep takes in an event; it is durable, or held and tried again, when keep returns.
func (k *keeper) keep(ctx context.Context, e event.Event) {
	body, err := wire.EncodeEvent(&e)
	if err != nil { // a fault of ours: the confirmer makes only valid events
		k.m.unencodable.Inc()
		k.log.Error("event cannot be sent", "kind", e.Kind, "source", e.Source, "err", err)
		return
	}
	m := outbox.Message{ID: e.ID, Priority: int(e.Kind.Level()), Body: body}
	if k.waiting() == 0 && k.write(ctx, m) {
		return
	}
	k.hold(m)
}

func (k *keeper) write(ctx context.Context, m outbox.Message) bool {
	err := k.box.Put(ctx, m)
	k.mu.Lock()
	defer k.mu.Unlock()
	if errors.Is(err, outbox.ErrBroken) {
		k.broken = err
	}
	switch {
	case err == nil && k.failed:
		k.failed = false
		k.log.Info("outbox takes events again")
	case err != nil && !k.failed:
		k.failed = true
		k.log.Error("outbox refuses an event; it is held in memory and tried again: free some disk space", "err", err)
	}
	return err == nil
}

func (k *keeper) hold(m outbox.Message) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = append(k.held, m)
	if len(k.held) > maxHeld {
		k.giveUpLeast()
	}
	k.m.held.Set(float64(len(k.held)))
}

// giveUpLeast drops the oldest of the least urgent held messages.
func (k *keeper) giveUpLeast() {
	least := 0
	for i, m := range k.held {
		if m.Priority > k.held[least].Priority {
			least = i
		}
	}
	k.log.Error("memory for events is full, one is given up", "id", k.held[least].ID, "priority", k.held[least].Priority)
	k.m.givenUp.Inc()
	k.held = append(k.held[:least], k.held[least+1:]...)
}

func (k *keeper) waiting() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.held)
}

func (k *keeper) isBroken() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.broken
}

// Run writes what is held until ctx ends, and tries once more then. An error says
// that the outbox is broken and must be opened again.
func (k *keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(keepRetry)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			k.flush(last)
			if n := k.waiting(); n > 0 {
				k.log.Error("events that were only in memory are lost", "events", n)
			}
			return nil
		case <-tick.C:
			k.flush(ctx)
			k.tell(ctx)
			if err := k.isBroken(); err != nil {
				return fmt.Errorf("%w (%d events that came since are only in memory)", err, k.waiting())
			}
		}
	}
}

// flush writes held messages, the most urgent first, until one is refused.
func (k *keeper) flush(ctx context.Context) {
	for {
		m, ok := k.take()
		if !ok {
			return
		}
		if !k.write(ctx, m) {
			k.mu.Lock()
			k.held = append([]outbox.Message{m}, k.held...)
			k.m.held.Set(float64(len(k.held)))
			k.mu.Unlock()
			return
		}
	}
}

// tell makes an event of what the outbox had to give up, so that the cloud knows
// what it will never see.
func (k *keeper) tell(ctx context.Context) {
	lost, err := k.box.Lost()
	if err != nil { // the outbox is broken; writing says so
		return
	}
	for _, l := range lost {
		e := k.lossEvent(l)
		body, err := wire.EncodeEvent(&e)
		if err != nil {
			k.log.Error("loss of events cannot be told", "err", err)
			return
		}
		if k.write(ctx, outbox.Message{ID: e.ID, Priority: int(e.Kind.Level()), Body: body}) {
			if err := k.box.Told(l); err != nil {
				k.log.Warn("loss of events will be told again", "err", err)
			}
		}
	}
}

func (k *keeper) lossEvent(l outbox.Lost) event.Event {
	id := event.NewID()
	return event.Event{
		ID: id, Episode: id, Source: k.source, Kind: event.EventsLost, State: event.Start,
		Time: time.Now().UTC(), Since: l.Since.UTC(),
		Certainty: "Observed", Severity: event.EventsLost.Severity(), Urgency: event.EventsLost.Urgency(), Status: "Actual",
		Score: 1, Note: fmt.Sprintf("%d events of priority %d gave way, sequences %d to %d", l.Count, l.Priority, l.First, l.Last),
		Detector: event.Detector{Name: "outbox", Version: "1"}, Clock: status.Clock(),
	}
}

func (k *keeper) take() (outbox.Message, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) == 0 {
		return outbox.Message{}, false
	}
	first := 0
	for i, m := range k.held {
		if m.Priority < k.held[first].Priority {
			first = i
		}
	}
	m := k.held[first]
	k.held = append(k.held[:first], k.held[first+1:]...)
	k.m.held.Set(float64(len(k.held)))
	return m, true
}
