package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// partialDir holds what has come of files so far, under their hash and the box that
// sends them: one box cannot spoil what another has begun.
const partialDir = "partial"

// PartialLife is how long a file that does not go on is kept.
const PartialLife = 3 * 24 * time.Hour

// Errors of files that come in parts.
var (
	ErrOffset = errors.New("the file goes on from another place")
	ErrBusy   = errors.New("another part of the file is being written")
)

func (f *Folder) partial(sum, box string) string {
	return filepath.Join(f.dir, partialDir, sum+"."+strings.ReplaceAll(box, "/", "."))
}

// Progress returns how many bytes of a file have come from a box ("site/box"), and
// whether the file is there whole.
func (f *Folder) Progress(sum, box string) (offset int64, whole bool, err error) {
	if !name.MatchString(sum) {
		return 0, false, ErrName
	}
	info, err := os.Stat(f.path(sum))
	if err == nil {
		return info.Size(), true, nil
	}
	info, err = os.Stat(f.partial(sum, box))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("store evidence: %w", err)
	}
	return info.Size(), false, nil
}

// A Part is a piece of a file on its way.
type Part struct {
	Sum    string
	Box    string // "site/box"
	Offset int64  // where it begins
	Last   bool   // nothing comes after it
}

// Append adds a part to what has come before, and returns how much there is now.
// What has come survives a restart, also of a part that broke off. After the last
// part the file is checked; what is not what its name says is dropped. A part that
// begins elsewhere than the file ends so far is ErrOffset.
func (f *Folder) Append(ctx context.Context, p Part, r io.Reader) (offset int64, err error) {
	if offset, whole, err := f.Progress(p.Sum, p.Box); err != nil || whole {
		return offset, err
	}
	path := f.partial(p.Sum, p.Box)
	if !f.lock(path) {
		return 0, ErrBusy
	}
	defer f.unlock(path)
	how := os.O_RDWR | os.O_APPEND
	if p.Offset == 0 {
		how |= os.O_CREATE
		if err := errors.Join(f.expire(time.Now()), f.room()); err != nil {
			return 0, err
		}
	}
	file, err := os.OpenFile(path, how, 0o600)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, ErrOffset
	case err != nil:
		return 0, fmt.Errorf("store evidence: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("store evidence: %w", err)
	}
	if info.Size() != p.Offset {
		return info.Size(), ErrOffset
	}
	n, err := io.Copy(file, io.LimitReader(r, MaxFile-p.Offset+1))
	f.count(n)
	switch offset = p.Offset + n; {
	case offset > MaxFile:
		return 0, errors.Join(ErrTooLarge, f.forget(path, offset))
	case ctx.Err() != nil:
		return offset, ctx.Err()
	case errors.Is(err, unix.ENOSPC):
		return offset, ErrFull
	case err != nil:
		return offset, fmt.Errorf("store evidence: %w", err)
	case !p.Last:
		return offset, nil
	}
	return offset, f.complete(file, p.Sum, offset)
}

// complete puts a file in its place when it is what its name says, and drops it
// otherwise.
func (f *Folder) complete(file *os.File, sum string, size int64) error {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	if hex.EncodeToString(h.Sum(nil)) != sum {
		return errors.Join(ErrHash, f.forget(file.Name(), size))
	}
	if f.Has(sum) { // another box was faster
		return f.forget(file.Name(), size)
	}
	path := f.path(sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	if err := errors.Join(file.Sync(), os.Rename(file.Name(), path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	return nil
}

// expire drops files that have not gone on for PartialLife.
func (f *Folder) expire(now time.Time) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, partialDir))
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || now.Sub(info.ModTime()) < PartialLife {
			continue
		}
		path := filepath.Join(f.dir, partialDir, e.Name())
		if !f.lock(path) {
			continue
		}
		err = f.forget(path, info.Size())
		f.unlock(path)
		if err != nil {
			return err
		}
	}
	return err
}

func (f *Folder) forget(path string, size int64) error {
	f.count(-size)
	return os.Remove(path)
}

func (f *Folder) count(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used += bytes
}

// lock takes a partial file for one writer; it reports false when another has it.
func (f *Folder) lock(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[path] {
		return false
	}
	f.busy[path] = true
	return true
}

func (f *Folder) unlock(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.busy, path)
}
