// Package outbox keeps messages on disk until the cloud has acknowledged them.
//
// It promises:
//   - a message for which Put returned nil survives a crash or a power cut;
//   - each priority's messages come out in the order in which they went in, and
//     their sequences count from 1 without gaps;
//   - reading removes nothing: a message leaves by Ack, or, counted and kept for
//     the record in Lost, to make room for one at least as urgent;
//   - a message of priority 1 never gives way.
//
// So every message that did not give way is delivered at least once. Its place
// (epoch, priority, sequence) and its ID tell repeats apart, which is the
// receiver's part. The outbox does not look into messages: bytes in, bytes out.
// DESIGN.md tells the file's layout and what happens when things break.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Errors that callers tell apart.
var (
	// ErrFull says that there is no room, even with all given up that may be.
	// What was put before is safe; room comes with acknowledgements.
	ErrFull = errors.New("outbox full")
	// ErrTooLarge says that a message will never fit.
	ErrTooLarge = errors.New("message larger than the outbox accepts")
	// ErrClosed says that the outbox was closed.
	ErrClosed = errors.New("outbox closed")
	// ErrInUse says that another process, or another Box, holds the file.
	ErrInUse = errors.New("in use by another process")
	// ErrBroken says that the disk failed in the middle of a write, so that what
	// it holds is unknown. The box does nothing more: close it and open it again.
	ErrBroken = errors.New("outbox broken by a failed write; it must be opened again")
)

// Priorities run from 1, the most urgent, to Priorities.
const Priorities = 4

// urgent is the priority that never gives way.
const urgent = 1

// maxBody bounds one message: larger things belong into files of their own.
const maxBody = 32 << 10

// A Message is what the cloud shall receive.
type Message struct {
	ID       string // at most 255 bytes, for people and for logs
	Priority int    // 1 to Priorities
	Body     []byte
}

func (m Message) check() error {
	switch {
	case m.Priority < 1 || m.Priority > Priorities:
		return fmt.Errorf("put message %q: priority %d is not from 1 to %d", m.ID, m.Priority, Priorities)
	case len(m.ID) > 255 || len(m.Body) > maxBody:
		return fmt.Errorf("put message %.30q of %d bytes: %w (%d)", m.ID, len(m.Body), ErrTooLarge, maxBody)
	}
	return nil
}

// Box is an open outbox. Its methods may be called at the same time.
type Box struct {
	cfg         Config
	m           *Metrics
	log         *slog.Logger
	db          *bolt.DB
	epoch       string
	quarantined string
	arrivals    chan struct{}
	space       *space

	behind     sync.WaitGroup // the compaction
	compacting atomic.Bool

	// life is held for reading by whoever uses db, for writing by who changes it.
	life   sync.RWMutex
	closed bool
	broken atomic.Pointer[error]
}

// Epoch names this outbox file, by a ULID. A new file starts a new epoch.
func (b *Box) Epoch() string { return b.epoch }

// Arrivals receives after something was put, once for many, and is closed by
// Close. It serves one reader.
func (b *Box) Arrivals() <-chan struct{} { return b.arrivals }

// Put stores m and returns nil once it is on the disk. Several goroutines share
// one write. A ctx that ends while the disk is written does not undo Put.
//
// After ErrFull nothing has changed. After any other error that is not ErrBroken
// m is not stored; after ErrBroken it may be.
func (b *Box) Put(ctx context.Context, m Message) error {
	return b.store(ctx, m, func(*ledger) error { return nil })
}

// store puts m, and does also in the same write.
func (b *Box) store(ctx context.Context, m Message, also func(*ledger) error) error {
	if err := m.check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	value := appendRecord(nil, record{PutAt: time.Now(), ID: m.ID, Body: m.Body})
	put := func(tx *bolt.Tx) error { return b.put(tx, m.Priority, value, also) }
	err := b.write(put)
	if errors.Is(err, errNoRoom) && b.yield(m.Priority) {
		err = b.write(put)
	}
	if err != nil {
		b.m.refused.WithLabelValues(label(m.Priority)).Inc()
		return fmt.Errorf("put message %s: %w", m.ID, err)
	}
	return nil
}

// put runs inside a transaction that may be run again.
func (b *Box) put(tx *bolt.Tx, priority int, value []byte, also func(*ledger) error) error {
	l, err := openLedger(tx)
	if err != nil {
		return err
	}
	if err := also(l); err != nil {
		return err
	}
	if err := b.makeRoom(l, priority, size(value)); err != nil {
		return err
	}
	bucket := l.bucket(priority)
	seq, err := bucket.NextSequence()
	if err != nil {
		return err
	}
	bucket.FillPercent = fill
	if err := bucket.Put(key(seq), value); err != nil {
		return err
	}
	l.books[priority-1].Count++
	l.books[priority-1].Bytes += size(value)
	tx.OnCommit(func() {
		b.m.put.WithLabelValues(label(priority)).Inc()
		b.m.waiting.WithLabelValues(label(priority)).Inc()
		b.m.bytes.Add(float64(size(value)))
		b.announce()
	})
	return l.save()
}

// announce tells the reader that there is more. The caller holds life.
func (b *Box) announce() {
	select {
	case b.arrivals <- struct{}{}:
	default:
	}
}

// A Range is a run of sequences of one priority, both ends included.
type Range struct {
	Priority    int
	First, Last uint64
}

// Acked is the outcome of Ack.
type Acked struct {
	Deleted int
	// Foreign says that part of the acknowledgement was not for this box: it
	// names another epoch, or sequences that were never given out. Nothing was
	// deleted for that part.
	Foreign bool
}

// Ack removes what the cloud has, all in one write. Messages that are not, or no
// longer, here are passed over.
func (b *Box) Ack(epoch string, ranges ...Range) (Acked, error) {
	if epoch != b.epoch {
		return Acked{Foreign: true}, nil
	}
	var out Acked
	err := b.write(func(tx *bolt.Tx) error {
		out = Acked{}
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		for _, r := range ranges {
			if r.Priority < 1 || r.Priority > Priorities || r.Last > l.bucket(r.Priority).Sequence() {
				out.Foreign = true
				continue
			}
			gone, err := l.remove(r.Priority, r.First, func(seq uint64, _ int64) bool { return seq <= r.Last })
			if err != nil {
				return err
			}
			out.Deleted += int(gone.Count)
			b.left(tx, r.Priority, gone, b.m.acked)
		}
		if out.Deleted == 0 {
			return nil
		}
		b.mayCompact(tx, l.bytes())
		return l.save()
	})
	if err != nil {
		return Acked{}, fmt.Errorf("take acknowledged messages from the outbox: %w", err)
	}
	return out, nil
}

// Close waits for running calls, closes the file and wakes whoever waits for
// arrivals. It may be called again.
func (b *Box) Close() error {
	b.life.Lock()
	if b.closed {
		b.life.Unlock()
		return nil
	}
	b.closed = true
	close(b.arrivals)
	b.life.Unlock()
	b.behind.Wait()
	if err := b.db.Close(); err != nil {
		return fmt.Errorf("close outbox %s: %w", b.cfg.Path, err)
	}
	return nil
}
