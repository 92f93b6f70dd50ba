// Package lossy is a file system that a power cut can hit: what was written and
// not synced is lost, or not, or half.
//
// It passes everything on to a folder and keeps beside it what a disk would hold
// if the power went now. A write counts as on the disk when its file was synced, a
// name when its folder was; both are stricter than ext4, which syncs names along.
// At a cut, of what was not synced a random part survives: whole writes out of
// order, and torn ones at the 512 bytes of a sector; names survive in order up to
// a random one, as a journal keeps them. Folders themselves are kept at once.
// Memory maps are written back when the kernel likes, and count as writes then.
package lossy

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// sector is what a disk writes whole or not at all.
const sector = 512

// mostPending bounds what one file may hold unsynced; the oldest goes to the disk
// then, as a kernel's would in time.
const mostPending = 64 << 20

// A disk is what survives, beside what programs see.
type disk struct {
	shown, kept string // folders

	mu    sync.Mutex
	dead  bool
	files map[uint64]*file // by inode number in shown
	names map[string]*file // what is on the disk, by path
	moves []move           // what is not yet
	next  int              // for naming what is kept
}

// A file is one file's content on the disk and what was written since its sync.
type file struct {
	kept    string
	pending []write
	bytes   int
}

// A write is data at a place, or, without data, a new length.
type write struct {
	at   int64
	data []byte
}

// A move gives a file a name, or takes a name away, or gives one for another.
type move struct {
	from, to string
	file     *file // of a new file
}

// newDisk takes what is in folder shown as being on the disk.
func newDisk(shown, kept string) (*disk, error) {
	d := &disk{shown: shown, kept: kept, files: map[uint64]*file{}, names: map[string]*file{}}
	if err := errors.Join(os.RemoveAll(kept), os.MkdirAll(kept, 0o700), os.MkdirAll(shown, 0o700)); err != nil {
		return nil, err
	}
	return d, filepath.WalkDir(shown, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(shown, path)
		if err != nil {
			return err
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(path, &st); err != nil {
			return err
		}
		f, err := d.born(st.Ino)
		if err != nil {
			return err
		}
		d.names[rel] = f
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(f.kept, data, 0o600)
	})
}

// born notes a file that is new in shown. The caller holds mu, or nobody else has d.
func (d *disk) born(ino uint64) (*file, error) {
	d.next++
	f := &file{kept: filepath.Join(d.kept, fmt.Sprint(d.next))}
	d.files[ino] = f
	return f, os.WriteFile(f.kept, nil, 0o600)
}

// wrote notes a write, or with data nil a new length.
func (d *disk) wrote(f *file, at int64, data []byte) error {
	f.pending = append(f.pending, write{at, append([]byte(nil), data...)})
	f.bytes += len(data)
	for f.bytes > mostPending {
		w := f.pending[0]
		f.pending, f.bytes = f.pending[1:], f.bytes-len(w.data)
		if err := f.apply([]write{w}); err != nil {
			return err
		}
	}
	return nil
}

// sync brings all that was written to a file onto the disk.
func (d *disk) sync(f *file) error {
	err := f.apply(f.pending)
	f.pending, f.bytes = nil, 0
	return err
}

func (f *file) apply(writes []write) error {
	if len(writes) == 0 {
		return nil
	}
	to, err := os.OpenFile(f.kept, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer to.Close()
	for _, w := range writes {
		if len(w.data) == 0 {
			err = to.Truncate(w.at)
		} else {
			_, err = to.WriteAt(w.data, w.at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// syncNames brings the names given up to now onto the disk.
func (d *disk) syncNames() {
	for _, m := range d.moves {
		m.apply(d.names)
	}
	d.moves = nil
}

func (m move) apply(names map[string]*file) {
	switch {
	case m.from == "":
		names[m.to] = m.file
	case m.to == "":
		delete(names, m.from)
	default: // a file, or a folder with all that is in it
		for name, f := range names {
			if rest, ok := strings.CutPrefix(name, m.from); ok && (rest == "" || rest[0] == '/') {
				delete(names, name)
				names[m.to+rest] = f
			}
		}
	}
}

// cut is the power cut: nothing is taken any more, and of what was not synced a
// random part survives.
func (d *disk) cut(dice *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dead = true
	for _, f := range d.files {
		if err := f.apply(survivors(f.pending, dice)); err != nil {
			return err
		}
	}
	for _, m := range d.moves[:dice.IntN(len(d.moves)+1)] {
		m.apply(d.names)
	}
	return nil
}

// survivors returns what of some writes reaches the disk when the power goes.
func survivors(writes []write, dice *rand.Rand) []write {
	var out []write
	share, torn := dice.Float64(), dice.IntN(2) == 0
	switch dice.IntN(4) {
	case 0:
		return nil
	case 1: // in order, up to some moment
		return writes[:dice.IntN(len(writes)+1)]
	}
	for _, w := range writes {
		if !torn || len(w.data) <= sector {
			if dice.Float64() < share {
				out = append(out, w)
			}
			continue
		}
		for from := 0; from < len(w.data); from += sector {
			if dice.Float64() < share {
				out = append(out, write{w.at + int64(from), w.data[from:min(from+sector, len(w.data))]})
			}
		}
	}
	return out
}

// restore makes shown what the disk holds. Nobody may use the file system.
func (d *disk) restore() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := filepath.WalkDir(d.shown, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Remove(path)
	})
	if err != nil {
		return err
	}
	for name, f := range d.names {
		path := filepath.Join(d.shown, name)
		data, err := os.ReadFile(f.kept)
		if err != nil {
			return err
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
			return err
		}
	}
	return nil
}
