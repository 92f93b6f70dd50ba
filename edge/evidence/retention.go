package evidence

import (
	"cmp"
	"fmt"
	"slices"
	"syscall"
	"time"

	"eastgate/shared/event"
)

// MaxAge is how long a file waits for a cloud that does not take it, by the level
// of what it shows: fire longest, motion shortest.
type MaxAge map[event.Level]time.Duration

const day = 24 * time.Hour

func defaultMaxAge() MaxAge {
	return MaxAge{event.Urgent: 90 * day, event.Serious: 30 * day, event.Ordinary: 14 * day, event.Minor: 3 * day}
}

// expire gives up what is too old and whose event the cloud has. waiting holds the
// events that the cloud has not acknowledged; it is asked only when needed.
func (f *Folder) expire(now time.Time, waiting func() (map[string]bool, error)) error {
	old := slices.DeleteFunc(f.Pending(), func(it Item) bool { return now.Sub(it.since) <= f.c.MaxAge[it.Level] })
	if len(old) == 0 {
		return nil
	}
	unknown, err := waiting()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.count()
	for _, it := range old {
		if !unknown[it.Event] {
			f.giveUp(it, expired)
		}
	}
	return nil
}

// makeRoom gives up less urgent files, and older ones as urgent, until item fits
// into the folder. Where the disk is too full for it only less urgent ones go:
// room that others have taken is not won back by losing one's own. When that does
// not help, nothing is given up and the error says what is lacking.
func (f *Folder) makeRoom(item Item) error {
	if item.Bytes > f.c.MaxBytes {
		return fmt.Errorf("%w: %d bytes, the folder may hold %d", ErrFull, item.Bytes, f.c.MaxBytes)
	}
	free, err := f.free(f.c.Dir)
	if err != nil {
		return fmt.Errorf("ask for free space in %s: %w", f.c.Dir, err)
	}
	over := f.bytes + item.Bytes - f.c.MaxBytes
	short := f.c.ReserveBytes + item.Bytes - free
	gone, enough := f.victims(over, short, item.Level)
	switch {
	case enough:
		f.giveWay(gone)
		return nil
	case short > 0:
		return fmt.Errorf("%w: %d bytes are free in %s and %d are kept for events: free some disk space",
			ErrFull, free, f.c.Dir, f.c.ReserveBytes)
	default:
		return fmt.Errorf("%w: %s holds %d of %d bytes, all of it more urgent", ErrFull, f.c.Dir, f.bytes, f.c.MaxBytes)
	}
}

// victims returns what gives way to something of a level, the least urgent and
// oldest first: bytes that the folder is over, and bytes that the disk is short of.
func (f *Folder) victims(over, short int64, level event.Level) (gone []Item, enough bool) {
	least := slices.Clone(f.waiting)
	slices.SortStableFunc(least, func(a, b Item) int { return cmp.Compare(b.Level, a.Level) })
	freed := int64(0)
	for _, it := range least {
		if freed >= over && freed >= short {
			break
		}
		if it.Level < level || it.Level == level && freed >= over {
			break
		}
		gone = append(gone, it)
		freed += it.Bytes
	}
	return gone, freed >= over && freed >= short
}

func (f *Folder) giveWay(gone []Item) {
	for _, it := range gone {
		f.giveUp(it, gaveWay)
	}
}

// giveUp drops a file that the cloud has not got, counts it, and says so once a
// minute.
func (f *Folder) giveUp(it Item, why string) {
	f.drop(it.SHA256)
	f.m.dropped.WithLabelValues(why, fmt.Sprint(it.Level)).Inc()
	f.lost++
	if now := time.Now(); now.Sub(f.said) >= time.Minute {
		f.said = now
		f.log.Warn("evidence is given up before the cloud has it", "reason", why, "level", int(it.Level),
			"event", it.Event, "sha256", it.SHA256, "stored", it.since, "dir", f.c.Dir, "max_bytes", f.c.MaxBytes)
	}
}

// Stats is how a folder is.
type Stats struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// GivenUp counts files lost since the box started, before the cloud had them.
	GivenUp int `json:"given_up"`
}

// Stats returns how f is.
func (f *Folder) Stats() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Stats{Files: len(f.waiting), Bytes: f.bytes, GivenUp: f.lost}
}

// freeBytes is what an ordinary user may still write to the disk of dir.
func freeBytes(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, err
	}
	return int64(disk.Bavail) * disk.Bsize, nil //nolint:gosec // no disk is that large
}

// spoil gives up a file whose bytes are no longer what its name says.
func (f *Folder) spoil(it Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.giveUp(it, spoiled)
	f.count()
}
