package outbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"
	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Open opens the outbox at c.Path and makes it if need be. Only one Box can hold
// the file; a second gets ErrInUse at once.
//
// A file that is damaged is moved to "PATH.corrupt-TIME" and a new one, with a new
// epoch, takes its place: a box that cannot send yesterday's events shall still
// send today's. Lost tells of it until it was reported.
func Open(c Config, m *Metrics, log *slog.Logger) (*Box, error) {
	if err := errors.Join(c.Validate()...); err != nil {
		return nil, fmt.Errorf("open outbox: %w", err)
	}
	b := &Box{cfg: c, m: m, log: log, arrivals: make(chan struct{}, 1), space: newSpace(c, m, log)}
	err := b.open()
	if isDamage(err) {
		if b.quarantined, err = quarantine(c.Path, err, log); err == nil {
			err = b.open()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open outbox %s: %w", c.Path, err)
	}
	s, err := b.Stats()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open outbox %s: %w", c.Path, err), b.db.Close())
	}
	m.start(s)
	return b, nil
}

func (b *Box) open() error {
	if err := probe(b.cfg.Path); err != nil {
		return err
	}
	db, err := openFile(b.cfg.Path, b.cfg)
	if err != nil {
		return err
	}
	if b.epoch, err = setUp(db, b.quarantined); err != nil {
		return errors.Join(err, db.Close())
	}
	b.db = b.compactAtStart(db)
	return syncDir(b.cfg.Path)
}

// openFile turns a panic, by which bbolt reports some damage, into an error.
func openFile(path string, c Config) (db *bolt.DB, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damage{fmt.Errorf("%v", r)}
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout:        1, // try the lock once: a second process shall hear of it at once
		NoFreelistSync: true,
		FreelistType:   bolt.FreelistMapType,
		MaxSize:        c.maxFile(),
	})
	if err != nil {
		return nil, classify(err)
	}
	db.MaxBatchDelay = batchDelay
	return db, nil
}

// setUp makes what a new file lacks and returns the epoch. damaged is the file that
// it replaces, if any.
func setUp(db *bolt.DB, damaged string) (epoch string, err error) {
	err = db.View(func(tx *bolt.Tx) error {
		if meta := tx.Bucket(metaBucket); meta != nil {
			epoch = string(meta.Get(epochKey))
		}
		return nil
	})
	if epoch != "" || err != nil {
		return epoch, err
	}
	epoch = ulid.Make().String()
	return epoch, db.Update(func(tx *bolt.Tx) error {
		meta, err := tx.CreateBucket(metaBucket)
		if err != nil {
			return err
		}
		for p := 1; p <= Priorities; p++ {
			if _, err := tx.CreateBucket(bucketName(p)); err != nil {
				return err
			}
		}
		l := &ledger{tx: tx}
		if damaged != "" {
			err = meta.Put(damagedKey, appendDamaged(damaged, time.Now()))
		}
		return errors.Join(err, meta.Put(epochKey, []byte(epoch)), l.save())
	})
}

// damage is an error that moving the file away can mend.
type damage struct{ error }

func (d damage) Unwrap() error { return d.error }

func isDamage(err error) bool { return errors.As(err, new(damage)) }

// classify tells a damaged file from one that cannot be had: what the operating
// system refuses is no damage.
func classify(err error) error {
	var no syscall.Errno
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.As(err, &no):
		return err
	}
	return damage{err}
}

// probe reads a whole file before bbolt does, read-only. bbolt scans the file in
// a goroutine of its own, where a wild pointer would end the process, again and
// again; here it is an error.
func probe(path string) (err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damage{fmt.Errorf("%v", r)}
		}
	}()
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 1, ReadOnly: true})
	if err != nil {
		return classify(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.View(func(tx *bolt.Tx) error {
		if tx.Size() > info.Size() {
			return damage{fmt.Errorf("file ends at %d of %d bytes", info.Size(), tx.Size())}
		}
		return walk(tx)
	})
}

// walk checks that everything an outbox needs is there and can be reached.
func walk(tx *bolt.Tx) error {
	if k, _ := tx.Cursor().First(); k == nil {
		return nil // made, but never set up
	}
	l, err := openLedger(tx)
	if err != nil {
		return damage{err}
	}
	if _, err := ulid.ParseStrict(string(tx.Bucket(metaBucket).Get(epochKey))); err != nil {
		return damage{fmt.Errorf("epoch: %w", err)}
	}
	for p := 1; p <= Priorities; p++ {
		bucket := l.bucket(p)
		if bucket == nil {
			return damage{errNoOutbox}
		}
		var n int64
		var last uint64
		for c, k := bucket.Cursor(), []byte(nil); ; n++ {
			if n == 0 {
				k, _ = c.First()
			} else {
				k, _ = c.Next()
			}
			if k == nil {
				break
			}
			if len(k) != 8 || binary.BigEndian.Uint64(k) <= last {
				return damage{fmt.Errorf("priority %d: key %x out of order", p, k)}
			}
			last = binary.BigEndian.Uint64(k)
		}
		if n != l.books[p-1].Count || last > bucket.Sequence() {
			return damage{fmt.Errorf("priority %d: %d messages up to %d, the books say %d up to %d",
				p, n, last, l.books[p-1].Count, bucket.Sequence())}
		}
	}
	return nil
}

func quarantine(path string, why error, log *slog.Logger) (string, error) {
	to := path + ".corrupt-" + time.Now().UTC().Format("20060102T150405.000Z")
	if err := os.Rename(path, to); err != nil {
		return "", fmt.Errorf("move the damaged file away: %w", err)
	}
	log.Error("outbox file is damaged: it was moved away and a new one begun; what it held is lost unless the file can be saved",
		"file", path, "moved_to", to, "err", why)
	return to, syncDir(path)
}

// syncDir makes the names in a file's folder durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
