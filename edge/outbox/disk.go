package outbox

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// batchDelay is how long a write waits for others to share its fsync. None at all
// is ten times slower under load.
const batchDelay = 2 * time.Millisecond

// fill is how full pages become: keys only ever rise.
const fill = 0.9

// write runs f in a shared transaction, perhaps more than once.
func (b *Box) write(f func(tx *bolt.Tx) error) error {
	b.life.RLock()
	defer b.life.RUnlock()
	if err := b.usable(); err != nil {
		return err
	}
	began := time.Now()
	err := b.db.Batch(f)
	b.m.commit.Observe(time.Since(began).Seconds())
	return b.judge(err)
}

func (b *Box) read(f func(tx *bolt.Tx) error) error {
	b.life.RLock()
	defer b.life.RUnlock()
	if err := b.usable(); err != nil {
		return err
	}
	return b.db.View(f)
}

func (b *Box) usable() error {
	if b.closed {
		return ErrClosed
	}
	if cause := b.broken.Load(); cause != nil {
		return *cause
	}
	return nil
}

// judge says what an error of a write means. A transaction that finds no room
// was rolled back. Any other error of the disk may have come before or after the
// transaction took effect (measured: a commit that returned EIO was there
// afterwards), so the box must be opened again to know.
func (b *Box) judge(err error) error {
	switch {
	case err == nil || errors.Is(err, ErrFull):
		return err
	case errors.Is(err, berrors.ErrMaxSizeReached):
		return fmt.Errorf("%w: %w: %s may not grow past %d bytes", ErrFull, errNoRoom, b.cfg.Path, b.cfg.maxFile())
	case noSpace(err):
		return fmt.Errorf("%w on the disk of %s, free some: %w", errNoRoom, b.cfg.Path, err)
	}
	cause := fmt.Errorf("%w: %s: %w", ErrBroken, b.cfg.Path, err)
	if b.broken.CompareAndSwap(nil, &cause) {
		b.log.Error("outbox stops: the outcome of a write is unknown", "file", b.cfg.Path, "err", err)
	}
	return *b.broken.Load()
}

// errNoRoom says that the file cannot grow.
var errNoRoom = errors.New("no room")

// noSpace also looks at the words, because bbolt does not wrap the errors of
// growing its file.
func noSpace(err error) bool {
	for _, no := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT} {
		if errors.Is(err, no) || strings.Contains(err.Error(), no.Error()) {
			return true
		}
	}
	return false
}
