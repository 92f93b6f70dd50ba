package outbox

import (
	"errors"
	"os"

	bolt "go.etcd.io/bbolt"
)

// compactFrom is the size of file from which it pays to write a mostly empty one
// anew. bbolt reuses pages but never gives them back.
const compactFrom = 32 << 20

// compact returns a database that is not mostly empty: db, or a copy in its
// place. A copy that fails costs nothing: db goes on.
func (b *Box) compact(db *bolt.DB) *bolt.DB {
	info, err := os.Stat(b.cfg.Path)
	if err != nil || info.Size() < compactFrom {
		return db
	}
	var used int64
	err = db.View(func(tx *bolt.Tx) error {
		l, err := openLedger(tx)
		if err == nil {
			used = l.bytes()
		}
		return err
	})
	if err != nil || used > info.Size()/4 {
		return db
	}
	to, err := b.rewrite(db)
	if err != nil {
		b.log.Warn("outbox file is mostly empty but could not be made smaller", "file", b.cfg.Path, "err", err)
		return db
	}
	b.log.Info("outbox file made smaller", "file", b.cfg.Path, "from_bytes", info.Size(), "used_bytes", used)
	return to
}

// rewrite copies db into a new file and puts it in db's place. Both are locked
// until the old one has lost its name.
func (b *Box) rewrite(db *bolt.DB) (*bolt.DB, error) {
	path := b.cfg.Path + ".compact"
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	to, err := openFile(path, b.cfg)
	if err != nil {
		return nil, err
	}
	const perTx = 8 << 20
	if err = bolt.Compact(to, db, perTx); err == nil {
		err = os.Rename(path, b.cfg.Path)
	}
	if err != nil {
		return nil, errors.Join(err, to.Close(), os.Remove(path))
	}
	return to, db.Close()
}
