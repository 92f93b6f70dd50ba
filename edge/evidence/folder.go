package evidence

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ErrFull says that a picture was not stored for want of room.
var ErrFull = errors.New("no room for a picture")

// A Folder holds the pictures that wait for the cloud. It is the queue: what is
// in it when the box starts is sent as if nothing had happened. Its methods may
// be called at once.
type Folder struct {
	c   Config
	m   *Metrics
	log *slog.Logger

	mu      sync.Mutex
	waiting []Item // the oldest first
	bytes   int64  // of those waiting and those being written
	said    time.Time
	added   chan struct{} // told of a new item; one token at most
}

// An Item is a stored picture.
type Item struct {
	SHA256 string
	Type   string // media type
	Bytes  int64
	since  time.Time
	notYet time.Time // not to be sent before
}

const (
	tmpPrefix = "tmp-"
	extension = ".jpg"
)

// Open opens the folder of c, makes it if need be, and sweeps away what a power
// cut left half written.
func Open(c Config, m *Metrics, log *slog.Logger) (*Folder, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open evidence folder: %w", err)
	}
	f := &Folder{c: c, m: m, log: log, added: make(chan struct{}, 1)}
	if err := f.scan(); err != nil {
		return nil, fmt.Errorf("open evidence folder: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.makeRoom(0)
	f.count()
	return f, nil
}

func (f *Folder) scan() error {
	entries, err := os.ReadDir(f.c.Dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tmpPrefix) {
			if err := os.Remove(filepath.Join(f.c.Dir, e.Name())); err != nil {
				return err
			}
			continue
		}
		sum, isPicture := strings.CutSuffix(e.Name(), extension)
		if raw, err := hex.DecodeString(sum); !isPicture || err != nil || len(raw) != sha256.Size {
			continue // not ours
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		f.waiting = append(f.waiting, Item{SHA256: sum, Type: JPEG, Bytes: info.Size(), since: info.ModTime()})
		f.bytes += info.Size()
	}
	slices.SortStableFunc(f.waiting, func(a, b Item) int { return cmp.Compare(a.since.UnixNano(), b.since.UnixNano()) })
	return nil
}

// Put stores a JPEG and returns its SHA-256 in hex. When it returns without an
// error the picture survives a power cut.
func (f *Folder) Put(data []byte) (string, error) {
	raw := sha256.Sum256(data)
	item := Item{SHA256: hex.EncodeToString(raw[:]), Type: JPEG, Bytes: int64(len(data)), since: time.Now()}
	known, err := f.take(item)
	if known || err != nil {
		return item.SHA256, err
	}
	err = f.write(item, data)
	f.mu.Lock()
	defer f.mu.Unlock()
	defer f.count()
	if err != nil {
		f.bytes -= item.Bytes
		return "", err
	}
	if f.index(item.SHA256) >= 0 { // another camera was faster with the same picture
		f.bytes -= item.Bytes
		return item.SHA256, nil
	}
	f.waiting = append(f.waiting, item)
	f.m.stored.Inc()
	select {
	case f.added <- struct{}{}:
	default:
	}
	return item.SHA256, nil
}

// take sets room for item aside; known is true when it is already waiting.
func (f *Folder) take(item Item) (known bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.index(item.SHA256) >= 0 {
		return true, nil
	}
	if item.Bytes > f.c.MaxBytes {
		return false, fmt.Errorf("%w: %d bytes, the folder may hold %d", ErrFull, item.Bytes, f.c.MaxBytes)
	}
	if err := f.enoughFree(item.Bytes); err != nil {
		return false, err
	}
	f.makeRoom(item.Bytes)
	f.bytes += item.Bytes
	return false, nil
}

// enoughFree reports whether the disk still has the reserve after n more bytes.
// Room that others have taken is not won back by giving pictures up.
func (f *Folder) enoughFree(n int64) error {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(f.c.Dir, &disk); err != nil {
		return fmt.Errorf("ask for free space in %s: %w", f.c.Dir, err)
	}
	if free := int64(disk.Bavail) * disk.Bsize; free-n < f.c.ReserveBytes {
		return fmt.Errorf("%w: %d bytes are free in %s and %d are kept for events: free some disk space",
			ErrFull, free, f.c.Dir, f.c.ReserveBytes)
	}
	return nil
}

// makeRoom gives up the oldest pictures until n more bytes fit.
func (f *Folder) makeRoom(n int64) {
	for len(f.waiting) > 0 && f.bytes+n > f.c.MaxBytes {
		oldest := f.waiting[0]
		f.drop(oldest.SHA256)
		f.m.dropped.WithLabelValues(gaveWay).Inc()
		if now := time.Now(); now.Sub(f.said) >= time.Minute {
			f.said = now
			f.log.Warn("the folder of pictures is full, the oldest give way",
				"dir", f.c.Dir, "max_bytes", f.c.MaxBytes, "sha256", oldest.SHA256, "stored", oldest.since)
		}
	}
}

// write puts data on disk so that the name appears only with all of it.
func (f *Folder) write(item Item, data []byte) error {
	tmp, err := os.CreateTemp(f.c.Dir, tmpPrefix)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil { // the file system's own stamp is too coarse to keep the order
		err = os.Chtimes(tmp.Name(), item.since, item.since)
	}
	if err == nil {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), f.path(item.SHA256))
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return syncDir(f.c.Dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Pending returns what waits for the cloud, the oldest first.
func (f *Folder) Pending() []Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.waiting)
}

// next returns the oldest item that may be sent at now. With none it returns how
// long until one may be, or 0 when nothing waits at all.
func (f *Folder) next(now time.Time) (item Item, wait time.Duration, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.waiting {
		left := it.notYet.Sub(now)
		if left <= 0 {
			return it, 0, true
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return Item{}, wait, false
}

// postpone lets others go before an item until then.
func (f *Folder) postpone(sum string, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := f.index(sum); i >= 0 {
		f.waiting[i].notYet = until
	}
}

// remove takes an item out of the folder.
func (f *Folder) remove(sum string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(sum)
	f.count()
}

func (f *Folder) drop(sum string) {
	i := f.index(sum)
	if i < 0 {
		return
	}
	if err := os.Remove(f.path(sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Error("picture cannot be removed", "err", err)
	}
	f.bytes -= f.waiting[i].Bytes
	f.waiting = slices.Delete(f.waiting, i, i+1)
}

func (f *Folder) index(sum string) int {
	return slices.IndexFunc(f.waiting, func(it Item) bool { return it.SHA256 == sum })
}

func (f *Folder) count() {
	f.m.pending.Set(float64(len(f.waiting)))
	f.m.pendingBytes.Set(float64(f.bytes))
}

// read returns a waiting picture's bytes. An error for which errors.Is(err,
// errSpoiled) holds means that they can never be sent.
func (f *Folder) read(item Item) ([]byte, error) {
	data, err := os.ReadFile(f.path(item.SHA256))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: somebody has removed %s", errSpoiled, f.path(item.SHA256))
	case err != nil:
		return nil, err
	}
	if raw := sha256.Sum256(data); hex.EncodeToString(raw[:]) != item.SHA256 {
		return nil, fmt.Errorf("%w: %s does not hold what its name says", errSpoiled, f.path(item.SHA256))
	}
	return data, nil
}

var errSpoiled = errors.New("picture is spoiled")

func (f *Folder) path(sum string) string { return filepath.Join(f.c.Dir, sum+extension) }
