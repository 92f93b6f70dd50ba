package outbox

import (
	"bytes"
	"errors"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
)

// bbolt reuses pages but never gives them back. It pays to write a file anew that
// is larger than compactFrom and mostly empty; what it still holds is copied, so
// a running box waits until that is little.
const (
	compactFrom = 32 << 20
	compactMost = 16 << 20
)

// compactAgain is how long a compaction that failed is not tried again.
const compactAgain = 10 * time.Minute

// hollow reports whether the file of tx is worth to be written anew.
func hollow(tx *bolt.Tx, used int64) bool { return tx.Size() >= compactFrom && used <= tx.Size()/4 }

// compactAtStart returns a database that is not mostly empty: db, or a copy in its
// place. A copy that fails costs nothing: db goes on.
func (b *Box) compactAtStart(db *bolt.DB) *bolt.DB {
	worth := false
	err := db.View(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err == nil {
			worth = hollow(tx, l.bytes())
		}
		return err
	})
	if err != nil || !worth {
		return db
	}
	to, err := b.copyOf(func(to *bolt.DB) error { return followWhole(to, db) })
	if err != nil {
		b.log.Warn("outbox file is mostly empty but could not be made smaller", "file", b.cfg.Path, "err", err)
		return db
	}
	if err := os.Rename(to.Path(), b.cfg.Path); err != nil {
		b.log.Warn("outbox file could not be replaced by a smaller one", "file", b.cfg.Path, "err", errors.Join(err, discardCopy(to)))
		return db
	}
	db.Close() //nolint:errcheck // it has no name any more
	return to
}

// mayCompact is asked in a write that removed messages, and makes the file smaller
// behind the back of those who go on writing.
func (b *Box) mayCompact(tx *bolt.Tx, used int64) {
	if used > compactMost || !hollow(tx, used) {
		return
	}
	tx.OnCommit(func() { // the caller of the write holds life, so Close comes later
		if !b.compacting.CompareAndSwap(false, true) {
			return
		}
		b.behind.Go(func() {
			if err := b.compact(); err != nil {
				b.log.Warn("outbox file is mostly empty but could not be made smaller; tried again later", "file", b.cfg.Path, "err", err)
				time.AfterFunc(compactAgain, func() { b.compacting.Store(false) })
				return
			}
			b.compacting.Store(false)
		})
	})
}

// compact copies the file while others write to it, and lets them wait only for
// what has changed since.
func (b *Box) compact() error {
	began := time.Now()
	to, err := b.copyOf(b.followPiecemeal)
	if err != nil {
		return err
	}
	held := time.Now()
	old, err := b.replace(to)
	if err != nil {
		return errors.Join(ignoreClosed(err), discardCopy(to))
	}
	waited := time.Since(held)
	if err := old.Close(); err != nil { // nobody waits while the system frees its blocks
		return err
	}
	b.m.compactions.Inc()
	b.log.Info("outbox file made smaller", "file", b.cfg.Path, "took", time.Since(began).String(), "writers_waited", waited.String())
	return nil
}

// replace puts a copy in the file's place once it holds the same.
func (b *Box) replace(to *bolt.DB) (old *bolt.DB, err error) {
	b.life.Lock()
	defer b.life.Unlock()
	if err := b.usable(); err != nil {
		return nil, err
	}
	if err := followWhole(to, b.db); err != nil {
		return nil, err
	}
	if err := os.Rename(to.Path(), b.cfg.Path); err != nil {
		return nil, err
	}
	old, b.db = b.db, to
	if err := syncDir(b.cfg.Path); err != nil { // after a power cut the old file could have the name
		b.judge(err) //nolint:errcheck // whoever writes next is told
	}
	return old, nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

// copyOf opens a new file beside the box's own and fills it.
func (b *Box) copyOf(fill func(to *bolt.DB) error) (*bolt.DB, error) {
	path := b.cfg.Path + ".compact"
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	to, err := openFile(path, b.cfg)
	if err != nil {
		return nil, err
	}
	if err := fill(to); err != nil {
		return nil, errors.Join(err, discardCopy(to))
	}
	return to, nil
}

func discardCopy(to *bolt.DB) error { return errors.Join(to.Close(), os.Remove(to.Path())) }

// pieceBytes is what one transaction copies: a reader keeps the writers of a file
// that grows waiting.
const pieceBytes = 2 << 20

// followPiecemeal copies while others write; what they do meanwhile may be missed.
func (b *Box) followPiecemeal(to *bolt.DB) error {
	for {
		var more bool
		if err := b.read(func(src *bolt.Tx) (err error) {
			more, err = follow(to, src, pieceBytes)
			return err
		}); err != nil || !more {
			return err
		}
	}
}

func followWhole(to, from *bolt.DB) error {
	return from.View(func(src *bolt.Tx) error {
		for more := true; more; {
			var err error
			if more, err = follow(to, src, pieceBytes); err != nil {
				return err
			}
		}
		return nil
	})
}

// follow brings to nearer to what src holds: it drops what is gone and adds at most
// room bytes of what is new. It reports whether there is more.
func follow(to *bolt.DB, src *bolt.Tx, room int) (more bool, err error) {
	err = to.Update(func(dst *bolt.Tx) error {
		return src.ForEach(func(name []byte, from *bolt.Bucket) error {
			into, err := dst.CreateBucketIfNotExists(name)
			if err != nil {
				return err
			}
			// Before anything is deleted: bbolt seeks for ever for the last key of a
			// bucket whose keys were all deleted in this transaction.
			last, _ := into.Cursor().Last()
			last = bytes.Clone(last)
			if err := prune(into, from); err != nil {
				return err
			}
			if bytes.Equal(name, metaBucket) {
				return from.ForEach(into.Put)
			}
			if room, err = extend(into, from, last, room); err != nil {
				return err
			}
			more = more || room < 0
			return into.SetSequence(from.Sequence())
		})
	})
	return more, err
}

// prune deletes from into what from has not.
func prune(into, from *bolt.Bucket) error {
	var gone [][]byte
	if err := into.ForEach(func(k, _ []byte) error {
		if from.Get(k) == nil {
			gone = append(gone, k)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, k := range gone {
		if err := into.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// extend puts into into what from has beyond a key, the last it had: sequences only
// rise, so nothing new comes before. What is left of room is below 0 when it did not do.
func extend(into, from *bolt.Bucket, last []byte, room int) (int, error) {
	into.FillPercent = fill
	after := []byte{}
	if last != nil {
		after = append(last, 0) // the smallest key after it
	}
	c := from.Cursor()
	for k, v := c.Seek(after); k != nil && room >= 0; k, v = c.Next() {
		if room -= len(v); room < 0 {
			break
		}
		if err := into.Put(k, v); err != nil {
			return 0, err
		}
	}
	return room, nil
}
