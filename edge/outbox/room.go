package outbox

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bolt "go.etcd.io/bbolt"
)

// makeRoom gives up the least urgent messages, the oldest first, until one of a
// priority and a size fits. More urgent ones never give way, and nothing does
// when that would not help.
func (b *Box) makeRoom(l *ledger, priority int, bytes int64) error {
	goal := l.bytes() + bytes - b.cfg.limit(priority)
	if goal <= 0 {
		return nil
	}
	last := max(priority, urgent+1)
	could := int64(0)
	for p := Priorities; p >= last; p-- {
		could += l.books[p-1].Bytes
	}
	if could < goal {
		return fmt.Errorf("%w: %d bytes wait, %d are allowed for priority %d", ErrFull, l.bytes(), b.cfg.limit(priority), priority)
	}
	for p := Priorities; p >= last && goal > 0; p-- {
		want := goal + b.cfg.slack()
		gone, err := l.remove(p, 0, func(_ uint64, bytes int64) bool {
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

// left counts a departure once it is certain.
func (b *Box) left(tx *bolt.Tx, priority int, gone departure, as *prometheus.CounterVec) {
	tx.OnCommit(func() {
		as.WithLabelValues(label(priority)).Add(float64(gone.Count))
		b.m.waiting.WithLabelValues(label(priority)).Sub(float64(gone.Count))
		b.m.bytes.Sub(float64(gone.Bytes))
	})
}

// Lost says what one priority had to give up. Between First and Last others may
// have been delivered: Count is exact, the ends are bounds.
type Lost struct {
	Priority    int
	Count       int64
	First, Last uint64
	Since       time.Time
}

// Lost returns what was given up and not yet told, at most one for each priority.
// It is kept on disk until Told, so that no loss is silent.
func (b *Box) Lost() ([]Lost, error) {
	var out []Lost
	err := b.read(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		for i, k := range l.books {
			if k.Lost > 0 {
				out = append(out, Lost{i + 1, k.Lost, k.LostFirst, k.LostLast, time.UnixMilli(k.LostSince).UTC()})
			}
		}
		return nil
	})
	return out, err
}

// Told forgets a loss: whoever needs to know has been told of it, durably. What
// was lost since then stays to be told.
func (b *Box) Told(told Lost) error {
	err := b.write(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		k := &l.books[told.Priority-1]
		k.Lost -= min(told.Count, k.Lost)
		if k.Lost == 0 {
			k.LostFirst, k.LostLast, k.LostSince = 0, 0, 0
		} else {
			k.LostFirst = max(k.LostFirst, told.Last+1)
		}
		return l.save()
	})
	if err != nil {
		return fmt.Errorf("note that a loss was told: %w", err)
	}
	return nil
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
