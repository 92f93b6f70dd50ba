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
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"eastgate/shared/event"
)

// ErrFull says that a file was not stored for want of room.
var ErrFull = errors.New("no room for evidence")

// A Folder holds the files that wait for the cloud. It is the queue: what is in it
// when the box starts is sent as if nothing had happened. Its methods may be called
// at once.
type Folder struct {
	c   Config
	m   *Metrics
	log *slog.Logger

	mu      sync.Mutex
	waiting []Item // the oldest first
	bytes   int64  // of those waiting and those being written
	said    time.Time
	added   chan struct{} // told of a new item; one token at most
	free    func(dir string) (int64, error)
	lost    int           // files given up since Open
	turn    chan struct{} // held by the one camera whose clip is being made
}

// A Label says what a file is. It is part of the file's name, so that a restart
// knows it too.
type Label struct {
	Type  string      // media type
	Level event.Level // of the event that it shows
	Event string      // ID of the event that tells of it
}

// An Item is a stored file.
type Item struct {
	Label
	SHA256 string
	Bytes  int64
	since  time.Time
	notYet time.Time // not to be sent before
}

const tmpPrefix = "tmp-"

// extensions are those of the types that are kept.
var extensions = map[string]string{JPEG: ".jpg", MP4: ".mp4"}

var fileName = regexp.MustCompile(`^([0-9a-f]{64})\.([1-4])\.([0-9A-Z]{1,26})(\.jpg|\.mp4)$`)

func (it Item) name() string {
	return fmt.Sprintf("%s.%d.%s%s", it.SHA256, it.Level, it.Event, extensions[it.Type])
}

// parseName returns what a file's name says; ok is false for a file that is not ours.
func parseName(name string) (it Item, ok bool) {
	m := fileName.FindStringSubmatch(name)
	if m == nil {
		return it, false
	}
	it.SHA256, it.Level, it.Event, it.Type = m[1], event.Level(m[2][0]-'0'), m[3], JPEG
	if m[4] == extensions[MP4] {
		it.Type = MP4
	}
	return it, true
}

// Open opens the folder of c, makes it if need be, and sweeps away what a power
// cut left half written.
func Open(c Config, m *Metrics, log *slog.Logger) (*Folder, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open evidence folder: %w", err)
	}
	f := &Folder{c: c, m: m, log: log, free: freeBytes, added: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	if err := f.scan(); err != nil {
		return nil, fmt.Errorf("open evidence folder: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if over := f.bytes - c.MaxBytes; over > 0 { // somebody has made the folder smaller
		gone, _ := f.victims(over, 0, event.Urgent)
		f.giveWay(gone)
	}
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
		it, ours := parseName(e.Name())
		if !ours {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		it.Bytes, it.since = info.Size(), info.ModTime()
		f.waiting = append(f.waiting, it)
		f.bytes += it.Bytes
	}
	slices.SortStableFunc(f.waiting, func(a, b Item) int { return cmp.Compare(a.since.UnixNano(), b.since.UnixNano()) })
	return nil
}

// Put stores a file and returns its SHA-256 in hex. When it returns without an
// error the file survives a power cut. A file that waits already takes the more
// urgent of its labels.
func (f *Folder) Put(l Label, data []byte) (string, error) {
	raw := sha256.Sum256(data)
	item := Item{Label: l, SHA256: hex.EncodeToString(raw[:]), Bytes: int64(len(data)), since: time.Now()}
	if _, ours := parseName(item.name()); !ours {
		return "", fmt.Errorf("store evidence: %+v is no label", l)
	}
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
	f.m.stored.WithLabelValues(item.Type).Inc()
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
	if i := f.index(item.SHA256); i >= 0 {
		return true, f.relabel(i, item.Label)
	}
	if err := f.makeRoom(item); err != nil {
		return false, err
	}
	f.bytes += item.Bytes
	return false, nil
}

// relabel gives a waiting file a more urgent label.
func (f *Folder) relabel(i int, l Label) error {
	old := f.waiting[i]
	if l.Level >= old.Level {
		return nil
	}
	renamed := old
	renamed.Label = l
	if err := os.Rename(f.path(old), f.path(renamed)); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	f.waiting[i] = renamed
	return syncDir(f.c.Dir)
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
		err = os.Rename(tmp.Name(), f.path(item))
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

// next returns the item to send at now: the most urgent, of those pictures before
// clips, of those the oldest. With none it returns how long until one may be sent,
// or 0 when nothing waits at all.
func (f *Folder) next(now time.Time) (item Item, wait time.Duration, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, it := range f.waiting {
		left := it.notYet.Sub(now)
		switch {
		case left > 0:
			if wait == 0 || left < wait {
				wait = left
			}
		case !ok || it.before(item):
			item, ok = it, true
		}
	}
	if ok {
		return item, 0, true
	}
	return Item{}, wait, false
}

// outranked reports whether something else should be sent before item.
func (f *Folder) outranked(item Item) bool {
	first, _, ok := f.next(time.Now())
	return ok && first.before(item)
}

func (it Item) before(other Item) bool {
	if it.Level != other.Level {
		return it.Level < other.Level
	}
	return it.Type == JPEG && other.Type != JPEG
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
	if err := os.Remove(f.path(f.waiting[i])); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.log.Error("evidence cannot be removed", "err", err)
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

// read returns a waiting file's bytes. An error for which errors.Is(err,
// errSpoiled) holds means that they can never be sent.
func (f *Folder) read(item Item) ([]byte, error) {
	path := f.path(item)
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: somebody has removed %s", errSpoiled, path)
	case err != nil:
		return nil, err
	}
	if raw := sha256.Sum256(data); hex.EncodeToString(raw[:]) != item.SHA256 {
		return nil, fmt.Errorf("%w: %s does not hold what its name says", errSpoiled, path)
	}
	return data, nil
}

var errSpoiled = errors.New("evidence is spoiled")

func (f *Folder) path(it Item) string { return filepath.Join(f.c.Dir, it.name()) }
