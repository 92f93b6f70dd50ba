package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

var (
	metaBucket = []byte("meta")
	epochKey   = []byte("epoch")
	booksKey   = []byte("books")
	shedKey    = []byte("shed")
)

func bucketName(priority int) []byte { return []byte{'p', byte('0' + priority)} }

// A book is what the file says of one priority. It is written in the same
// transaction as the messages it counts, so it is never wrong and never scanned
// for. All fields are of fixed size: the struct is the format.
type book struct {
	Count, Bytes int64 // waiting
	GivenUp      int64 // since the file was made
	// Of those given up, what has not been told yet.
	Lost                int64
	LostFirst, LostLast uint64
	LostSince           int64 // Unix ms
}

// bounds are the first and the last of the sequences that one priority has given up.
type bounds struct{ First, Last uint64 }

// A ledger is the books of all priorities in one write transaction.
type ledger struct {
	tx    *bolt.Tx
	books [Priorities]book
	shed  [Priorities]bounds
}

func openLedger(tx *bolt.Tx) (*ledger, error) {
	l := &ledger{tx: tx}
	return l, l.read()
}

func (l *ledger) read() error {
	meta := l.tx.Bucket(metaBucket)
	if meta == nil {
		return errNoOutbox
	}
	if _, err := binary.Decode(meta.Get(booksKey), binary.BigEndian, &l.books); err != nil {
		return fmt.Errorf("%w: %w", errNoOutbox, err)
	}
	if v := meta.Get(shedKey); v != nil { // files of the first version have none
		if _, err := binary.Decode(v, binary.BigEndian, &l.shed); err != nil {
			return fmt.Errorf("%w: %w", errNoOutbox, err)
		}
	}
	return nil
}

var errNoOutbox = errors.New("the file holds no outbox")

func (l *ledger) save() error {
	meta := l.tx.Bucket(metaBucket)
	books, err := binary.Append(nil, binary.BigEndian, &l.books)
	if err != nil {
		return err
	}
	shed, err := binary.Append(nil, binary.BigEndian, &l.shed)
	if err != nil {
		return err
	}
	return errors.Join(meta.Put(booksKey, books), meta.Put(shedKey, shed))
}

func (l *ledger) bucket(priority int) *bolt.Bucket { return l.tx.Bucket(bucketName(priority)) }

func (l *ledger) bytes() (n int64) {
	for _, b := range l.books {
		n += b.Bytes
	}
	return n
}

// A departure sums up what left one priority.
type departure struct {
	Count, Bytes int64
	First, Last  uint64
}

// remove deletes messages of a priority, from the first at or after a sequence on
// for as long as more agrees; it is told the sequence and what it would free.
func (l *ledger) remove(priority int, from uint64, more func(seq uint64, bytes int64) bool) (departure, error) {
	return l.removeBut(nil, priority, from, more)
}

// removeBut passes over some sequences.
func (l *ledger) removeBut(spared map[uint64]bool, priority int, from uint64, more func(seq uint64, bytes int64) bool) (departure, error) {
	var gone departure
	var keys [][]byte // a cursor does not outlive a deletion
	bucket := l.bucket(priority)
	c := bucket.Cursor()
	for k, v := c.Seek(key(from)); k != nil; k, v = c.Next() {
		seq := binary.BigEndian.Uint64(k)
		if spared[seq] {
			continue
		}
		if !more(seq, size(v)) {
			break
		}
		if gone.Count == 0 {
			gone.First = seq
		}
		gone.Count, gone.Bytes, gone.Last = gone.Count+1, gone.Bytes+size(v), seq
		keys = append(keys, k)
	}
	for _, k := range keys {
		if err := bucket.Delete(k); err != nil {
			return departure{}, err
		}
	}
	l.books[priority-1].Count -= gone.Count
	l.books[priority-1].Bytes -= gone.Bytes
	return gone, nil
}

// giveUp enters a departure that was no delivery.
func (l *ledger) giveUp(priority int, gone departure) {
	b := &l.books[priority-1]
	b.GivenUp += gone.Count
	if b.Lost == 0 {
		b.LostFirst, b.LostSince = gone.First, time.Now().UnixMilli()
	}
	b.LostFirst, b.LostLast = min(b.LostFirst, gone.First), max(b.LostLast, gone.Last)
	b.Lost += gone.Count
	s := &l.shed[priority-1]
	if s.First == 0 {
		s.First = gone.First
	}
	s.First, s.Last = min(s.First, gone.First), max(s.Last, gone.Last)
}
