// Package evidence keeps the files that show what happened, each under the
// SHA-256 of what is in it, and takes them from the boxes.
//
// It promises that a file is there whole or not at all, that what it gives out is
// what the hash says, and that a box must prove who it is. Which event a file
// belongs to is written in the event.
package evidence

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Errors that callers tell apart.
var (
	ErrName     = errors.New("no SHA-256 in lower-case hex")
	ErrHash     = errors.New("the content is not what its name says")
	ErrTooLarge = errors.New("the file is too large")
	ErrFull     = errors.New("there is no room for more evidence")
	ErrNotFound = errors.New("the file has not arrived")
)

// MaxFile bounds one file: the largest clip that a box makes is 32 MiB and its head.
const MaxFile = 33 << 20

// reserve is what evidence leaves free on the disk, for the events.
const reserve = 256 << 20

// A Folder keeps files under DIR/ab/abcdef…, and what has come of others under
// DIR/partial.
type Folder struct {
	dir  string
	max  int64
	mu   sync.Mutex
	used int64           // by whole files and parts
	busy map[string]bool // partial files that are being written
	// Arrived, when set, is told which box ("site/box") sent a file that is now there.
	Arrived func(ctx context.Context, sum, box string)
}

// Open opens a folder, making it if need be, and clears away what a crash has
// left half written.
func Open(dir string, maxBytes int64) (*Folder, error) {
	f := &Folder{dir: dir, max: maxBytes, busy: map[string]bool{}}
	if err := os.MkdirAll(filepath.Join(dir, partialDir), 0o700); err != nil {
		return nil, fmt.Errorf("evidence folder: %w", err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if filepath.Ext(path) == unfinished {
			return os.Remove(path)
		}
		info, err := d.Info()
		if err == nil {
			f.used += info.Size()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("evidence folder: %w", err)
	}
	return f, f.expire(time.Now())
}

// Type is the media type of a file that is given out, told from what is in it: what
// is neither a picture nor a clip is only bytes.
func Type(r io.ReaderAt) string {
	head := make([]byte, 512)
	n, _ := r.ReadAt(head, 0) //nolint:errcheck // what could not be read has no type
	switch t := http.DetectContentType(head[:n]); t {
	case "image/jpeg", "image/png", "video/mp4":
		return t
	}
	return "application/octet-stream"
}

// unfinished ends the name of a file that is being written.
const unfinished = ".part"

var name = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (f *Folder) path(sum string) string { return filepath.Join(f.dir, sum[:2], sum) }

// Has reports whether a file is there.
func (f *Folder) Has(sum string) bool {
	if !name.MatchString(sum) {
		return false
	}
	_, err := os.Stat(f.path(sum))
	return err == nil
}

// Put stores a file under its hash; it is durable when Put returns. A file that is
// there already is fine.
func (f *Folder) Put(ctx context.Context, sum string, r io.Reader) error {
	switch {
	case !name.MatchString(sum):
		return ErrName
	case f.Has(sum):
		return nil
	}
	if err := f.room(); err != nil {
		return err
	}
	path := f.path(sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), sum[:8]+"-*"+unfinished)
	if err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	size, err := fill(ctx, tmp, sum, r)
	if err != nil {
		return err
	}
	if err := errors.Join(tmp.Sync(), os.Rename(tmp.Name(), path), syncDir(filepath.Dir(path))); err != nil {
		return fmt.Errorf("store evidence: %w", err)
	}
	f.count(size)
	return nil
}

// fill copies r into w and checks that it is what sum says.
func fill(ctx context.Context, w io.Writer, sum string, r io.Reader) (int64, error) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(r, MaxFile+1))
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case errors.Is(err, unix.ENOSPC):
		return 0, ErrFull
	case err != nil:
		return 0, fmt.Errorf("store evidence: %w", err)
	case n > MaxFile:
		return 0, ErrTooLarge
	case hex.EncodeToString(h.Sum(nil)) != sum:
		return 0, ErrHash
	}
	return n, nil
}

func (f *Folder) room() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.used+MaxFile > f.max {
		return ErrFull
	}
	var s unix.Statfs_t
	if err := unix.Statfs(f.dir, &s); err != nil {
		return fmt.Errorf("evidence folder: %w", err)
	}
	if int64(s.Bavail)*s.Bsize < reserve { //nolint:gosec // no disk is that large
		return ErrFull
	}
	return nil
}

// Room says how much of the disk that holds the folder is free, and how large it is,
// in bytes.
func (f *Folder) Room() (free, size int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(f.dir, &s); err != nil {
		return 0, 0, fmt.Errorf("evidence folder: %w", err)
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, nil //nolint:gosec // no disk is that large
}

// Get opens a file for reading; the caller closes it.
func (f *Folder) Get(sum string) (*os.File, error) {
	if !name.MatchString(sum) {
		return nil, ErrName
	}
	file, err := os.Open(f.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return file, err
}

// Info is how large a file is and when it came here.
func (f *Folder) Info(sum string) (bytes int64, came time.Time, err error) {
	if !name.MatchString(sum) {
		return 0, came, ErrName
	}
	info, err := os.Stat(f.path(sum))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, came, ErrNotFound
	}
	if err != nil {
		return 0, came, err
	}
	return info.Size(), info.ModTime().UTC().Truncate(time.Millisecond), nil
}

// Remove deletes a file, for good. Only retention asks for it.
func (f *Folder) Remove(sum string) error {
	bytes, _, err := f.Info(sum)
	if err != nil {
		return err
	}
	if err := os.Remove(f.path(sum)); err != nil {
		return fmt.Errorf("delete evidence: %w", err)
	}
	f.count(-bytes)
	return syncDir(filepath.Dir(f.path(sum)))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
