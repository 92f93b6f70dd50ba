package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
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
	Report(ctx context.Context, m outbox.Message, told outbox.Lost) error
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
	gone   []outbox.Lost    // given up here, not yet told; at most one a priority
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

func (k *keeper) write(ctx context.Context, m outbox.Message) bool { return k.judge(k.box.Put(ctx, m)) }

// judge remembers how the outbox is and reports whether it took an event.
func (k *keeper) judge(err error) bool {
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
	k.regret(k.held[least].Priority)
	k.held = append(k.held[:least], k.held[least+1:]...)
}

// regret notes that an event was given up that never was on the disk.
func (k *keeper) regret(priority int) {
	for i := range k.gone {
		if k.gone[i].Priority == priority {
			k.gone[i].Count++
			return
		}
	}
	k.gone = append(k.gone, outbox.Lost{Priority: priority, Count: 1, Since: time.Now()})
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
			k.tell(last)
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

// tell makes an event of what was given up, so that the cloud knows what it will
// never see.
func (k *keeper) tell(ctx context.Context) {
	lost, err := k.box.Lost()
	if err != nil { // the outbox is broken; writing says so
		return
	}
	for _, l := range lost {
		if m, ok := k.lossMessage(l); !ok || !k.judge(k.box.Report(ctx, m, l)) {
			return
		}
	}
	k.mu.Lock()
	gone := k.gone
	k.gone = nil
	k.mu.Unlock()
	for i, l := range gone {
		if m, ok := k.lossMessage(l); ok && !k.write(ctx, m) {
			k.mu.Lock()
			k.gone = append(k.gone, gone[i:]...)
			k.mu.Unlock()
			return
		}
	}
}

func (k *keeper) lossMessage(l outbox.Lost) (outbox.Message, bool) {
	id := event.NewID()
	e := event.Event{
		ID: id, Episode: id, Source: k.source, Kind: event.EventsLost, State: event.Start,
		Time: time.Now().UTC(), Since: l.Since.UTC(),
		Certainty: "Observed", Severity: event.EventsLost.Severity(), Urgency: event.EventsLost.Urgency(), Status: "Actual",
		Score: 1, Note: lossNote(l), Detector: event.Detector{Name: "outbox", Version: "1"}, Clock: status.Clock(),
	}
	body, err := wire.EncodeEvent(&e)
	if err != nil {
		k.log.Error("loss of events cannot be told", "err", err)
		return outbox.Message{}, false
	}
	return outbox.Message{ID: e.ID, Priority: int(e.Kind.Level()), Body: body}, true
}

func lossNote(l outbox.Lost) string {
	switch {
	case l.File != "":
		return fmt.Sprintf("the file of waiting events was damaged and is kept as %.80s; what waited in it is lost unless it can be read", filepath.Base(l.File))
	case l.Last == 0:
		return fmt.Sprintf("%d events of priority %d were lost: disk and memory were full", l.Count, l.Priority)
	}
	return fmt.Sprintf("%d events of priority %d gave way, sequences %d to %d", l.Count, l.Priority, l.First, l.Last)
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
