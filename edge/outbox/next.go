package outbox

import (
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"
)

// An Entry is a waiting message. It holds copies and stays valid.
type Entry struct {
	Message
	Seq   uint64
	PutAt time.Time
}

// A Cursor is a reader's own place in the box: the last sequence it has seen of
// each priority. The zero value is the beginning.
type Cursor [Priorities]uint64

// A Limit says what a reader wants: priorities From to To, and at most so many
// entries and bytes of their bodies. One entry comes even where it alone is
// larger than Bytes.
type Limit struct {
	From, To       int
	Entries, Bytes int
}

// Next returns what waits after c, the most urgent first and in order within a
// priority, and moves c past it. It does not block: when it returns nothing, the
// reader waits for Arrivals. It removes nothing.
func (b *Box) Next(c *Cursor, l Limit) ([]Entry, error) {
	var out []Entry
	damaged := map[int][]uint64{}
	err := b.read(func(tx *bolt.Tx) error {
		room := l.Bytes
		for p := max(l.From, 1); p <= min(l.To, Priorities); p++ {
			cur := tx.Bucket(bucketName(p)).Cursor()
			for k, v := cur.Seek(key(c[p-1] + 1)); k != nil; k, v = cur.Next() {
				if len(out) >= l.Entries {
					return nil
				}
				seq := binary.BigEndian.Uint64(k)
				r, err := decodeRecord(v)
				if err != nil {
					damaged[p] = append(damaged[p], seq)
					c[p-1] = seq
					continue
				}
				if room -= len(r.Body); room < 0 && len(out) > 0 {
					return nil
				}
				c[p-1] = seq
				out = append(out, Entry{Message{r.ID, p, r.Body}, seq, r.PutAt})
			}
		}
		return nil
	})
	for p, seqs := range damaged {
		if err := b.discard(p, seqs); err != nil {
			return nil, err
		}
	}
	return out, err
}
