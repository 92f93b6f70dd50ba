package outbox

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// Lost says what one priority had to give up. Between First and Last others may
// have been delivered: Count is exact, the ends are bounds.
type Lost struct {
	Priority    int
	Count       int64
	First, Last uint64
	Since       time.Time
	// File is where a damaged file was moved, with all that waited in it; then
	// nothing else but Since is known.
	File string
}

// Lost returns what was given up and not yet reported, at most one for each
// priority, and a damaged file. It is kept on disk until Report, so that no loss is
// silent. While a report still waits for the cloud, losses of the same priority add
// up for the next one: a full box holds one report each, not one a second.
func (b *Box) Lost() ([]Lost, error) {
	var out []Lost
	err := b.read(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		if v := tx.Bucket(metaBucket).Get(damagedKey); v != nil {
			file, at := parseDamaged(v)
			out = append(out, Lost{File: file, Since: at})
		}
		for i, k := range l.books {
			if k.Lost > 0 && !reportWaits(tx, i+1) {
				out = append(out, Lost{i + 1, k.Lost, k.LostFirst, k.LostLast, time.UnixMilli(k.LostSince).UTC(), ""})
			}
		}
		return nil
	})
	return out, err
}

// Report puts the message that tells of a loss and forgets the loss, in one write:
// it is told once, whatever breaks. What was lost since then stays to be told.
func (b *Box) Report(ctx context.Context, m Message, told Lost) error {
	if told.File == "" && (told.Priority < 1 || told.Priority > Priorities) {
		return fmt.Errorf("report of a loss: priority %d is not from 1 to %d", told.Priority, Priorities)
	}
	return b.store(ctx, m, func(l *ledger) error {
		if err := l.noteReport(told.Priority, m.Priority); err != nil {
			return err
		}
		if told.File != "" {
			return l.tx.Bucket(metaBucket).Delete(damagedKey)
		}
		k := &l.books[told.Priority-1]
		k.Lost -= min(told.Count, k.Lost)
		if k.Lost == 0 {
			k.LostFirst, k.LostLast, k.LostSince = 0, 0, 0
		} else {
			k.LostFirst = max(k.LostFirst, told.Last+1)
		}
		return nil
	})
}

// reportKey holds where the newest report of a priority's losses stands: its own
// priority, 1 byte · sequence, 8. That of a damaged file counts as priority 0.
func reportKey(of int) []byte { return []byte{'r', byte('0' + of)} }

// noteReport notes that the next message of priority in is a report.
func (l *ledger) noteReport(of, in int) error {
	at := append([]byte{byte(in)}, key(l.bucket(in).Sequence()+1)...)
	return l.tx.Bucket(metaBucket).Put(reportKey(of), at)
}

func reportAt(tx *bolt.Tx, of int) (priority int, k []byte) {
	v := tx.Bucket(metaBucket).Get(reportKey(of))
	if len(v) != 9 || v[0] < 1 || v[0] > Priorities {
		return 0, nil
	}
	return int(v[0]), v[1:]
}

func reportWaits(tx *bolt.Tx, of int) bool {
	p, k := reportAt(tx, of)
	return p > 0 && tx.Bucket(bucketName(p)).Get(k) != nil
}

// reports returns the sequences of a priority that are reports. They never give
// way: with them the count of what did would be gone.
func (l *ledger) reports(priority int) map[uint64]bool {
	out := map[uint64]bool{}
	for of := 0; of <= Priorities; of++ {
		if p, k := reportAt(l.tx, of); p == priority {
			out[binary.BigEndian.Uint64(k)] = true
		}
	}
	return out
}

// damagedKey holds where a damaged file went: when, Unix ms, 8 bytes · path.
var damagedKey = []byte("damaged")

func appendDamaged(file string, at time.Time) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(at.UnixMilli())), file...)
}

func parseDamaged(v []byte) (file string, at time.Time) {
	if len(v) < 8 {
		return "?", time.Time{}
	}
	return string(v[8:]), time.UnixMilli(int64(binary.BigEndian.Uint64(v))).UTC()
}

// A Stream says where one priority stands: First is the lowest sequence that waits,
// Next the one that the next message gets; they are equal when nothing waits.
type Stream struct {
	Priority    int
	First, Next uint64
	// Shed counts what was given up since the file was made, and bounds it.
	Shed                int64
	ShedFirst, ShedLast uint64
}

// Streams returns where each priority stands, 1 first.
func (b *Box) Streams() ([]Stream, error) {
	var out []Stream
	err := b.read(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err != nil {
			return err
		}
		for p := 1; p <= Priorities; p++ {
			k, bucket := l.books[p-1], l.bucket(p)
			s := Stream{
				Priority: p, Next: bucket.Sequence() + 1,
				Shed: k.GivenUp, ShedFirst: l.shed[p-1].First, ShedLast: l.shed[p-1].Last,
			}
			s.First = s.Next
			if first, _ := bucket.Cursor().First(); first != nil {
				s.First = binary.BigEndian.Uint64(first)
			}
			out = append(out, s)
		}
		return nil
	})
	return out, err
}
