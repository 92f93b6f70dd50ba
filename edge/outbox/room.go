package outbox

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bolt "go.etcd.io/bbolt"
)

// makeRoom gives up the least urgent messages, the oldest first, until one of a
// priority and a size fits. More urgent ones never give way, and nothing does
// when that would not help.
func (b *Box) makeRoom(l *ledger, priority int, bytes int64) error {
	limit := b.limit(l, priority)
	goal := l.bytes() + bytes - limit
	if goal <= 0 {
		return nil
	}
	if l.yielding(priority) < goal {
		return fmt.Errorf("%w: %d bytes wait, %d are allowed for priority %d", ErrFull, l.bytes(), limit, priority)
	}
	return b.shed(l, priority, goal, slack(limit))
}

// limit is how full the box may be now: a disk that is short stops it from growing.
func (b *Box) limit(l *ledger, priority int) int64 {
	limit := b.cfg.limit(priority)
	if priority == urgent || !b.space.short() {
		return limit
	}
	return min(limit, max(l.bytes(), shortBytes))
}

// yieldFrom is the most urgent priority that gives way to another.
func yieldFrom(priority int) int { return max(priority, urgent+1) }

// yielding is how many bytes would give way to a priority.
func (l *ledger) yielding(priority int) (n int64) {
	for p := Priorities; p >= yieldFrom(priority); p-- {
		n += l.books[p-1].Bytes
	}
	return n
}

// shed gives up what may give way to a priority, until goal bytes and, from the
// same priority, more bytes are free.
func (b *Box) shed(l *ledger, priority int, goal, more int64) error {
	for p := Priorities; p >= yieldFrom(priority) && goal > 0; p-- {
		want := goal + more
		gone, err := l.removeBut(l.reports(p), p, 0, func(_ uint64, bytes int64) bool {
			want -= bytes
			return want+bytes > 0
		})
		if err != nil {
			return err
		}
		if gone.Count == 0 {
			continue
		}
		goal -= gone.Bytes
		l.giveUp(p, gone)
		b.left(l.tx, p, gone, b.m.givenUp)
		l.tx.OnCommit(func() {
			b.log.Warn("outbox full: messages gave way to more urgent ones",
				"priority", p, "messages", gone.Count, "first", gone.First, "last", gone.Last)
		})
	}
	return nil
}

// yieldBytes is what gives way first when the file cannot grow.
const yieldBytes = 256 << 10

// yield makes room inside a file that cannot grow, for a message that was refused.
// It reports whether there is any; the freed pages serve the next write. To delete
// takes a few free pages too: where they lack, deleting more takes less.
func (b *Box) yield(priority int) bool {
	for goal, most := int64(yieldBytes), false; !most; goal *= 4 {
		some := false
		err := b.write(func(tx *bolt.Tx) error {
			l, err := openLedger(tx)
			if err != nil {
				return err
			}
			some, most = l.yielding(priority) > 0, l.yielding(priority) <= goal
			if !some {
				return nil
			}
			return errors.Join(b.shed(l, priority, goal, 0), l.save())
		})
		if !errors.Is(err, errNoRoom) {
			return err == nil && some
		}
	}
	return false
}

// left counts a departure once it is certain.
func (b *Box) left(tx *bolt.Tx, priority int, gone departure, as *prometheus.CounterVec) {
	tx.OnCommit(func() {
		as.WithLabelValues(label(priority)).Add(float64(gone.Count))
		b.m.waiting.WithLabelValues(label(priority)).Sub(float64(gone.Count))
		b.m.bytes.Sub(float64(gone.Bytes))
	})
}

// discard gives up messages whose records are damaged, so that they are counted
// instead of stopping all that come after them.
func (b *Box) discard(priority int, seqs []uint64) error {
	err := b.write(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			gone, err := l.remove(priority, seq, func(s uint64, _ int64) bool { return s == seq })
			if err != nil {
				return err
			}
			if gone.Count > 0 {
				l.giveUp(priority, gone)
				b.left(tx, priority, gone, b.m.givenUp)
			}
		}
		return l.save()
	})
	if err != nil {
		return fmt.Errorf("discard damaged messages: %w", err)
	}
	b.log.Error("messages in the outbox are damaged and given up: the disk may be failing",
		"file", b.cfg.Path, "priority", priority, "messages", len(seqs), "first", seqs[0])
	return nil
}

// Stats says what waits.
type Stats struct {
	Epoch   string            `json:"epoch"`
	Waiting [Priorities]int64 `json:"waiting"` // by priority, 1 first
	GivenUp [Priorities]int64 `json:"given_up"`
	Bytes   int64             `json:"bytes"`
	// Oldest is when the oldest waiting message was put; nil when none waits.
	Oldest *time.Time `json:"oldest"`
}

// Total is how many messages wait.
func (s Stats) Total() (n int64) {
	for _, w := range s.Waiting {
		n += w
	}
	return n
}

// Stats reads the books; it costs no more with many messages than with few.
func (b *Box) Stats() (Stats, error) {
	s := Stats{Epoch: b.epoch}
	err := b.read(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		s.Bytes = l.bytes()
		for i, k := range l.books {
			s.Waiting[i], s.GivenUp[i] = k.Count, k.GivenUp
			_, v := l.bucket(i + 1).Cursor().First()
			if len(v) < recordHead {
				continue
			}
			if at := putAt(v); s.Oldest == nil || at.Before(*s.Oldest) {
				s.Oldest = &at
			}
		}
		return nil
	})
	return s, err
}
