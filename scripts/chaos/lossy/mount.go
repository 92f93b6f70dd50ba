package lossy

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// A Mount is the file system, from New to Close.
type Mount struct {
	// At is where programs see it.
	At string

	dir    string
	disk   *disk
	server *fuse.Server
}

// New mounts an empty file system that uses folder dir for all it needs. It needs
// root and /dev/fuse.
func New(dir string) (*Mount, error) {
	m := &Mount{At: filepath.Join(dir, "disk"), dir: dir}
	if err := errors.Join(os.MkdirAll(m.At, 0o700), os.MkdirAll(m.shown(), 0o700)); err != nil {
		return nil, err
	}
	return m, m.mount()
}

func (m *Mount) shown() string { return filepath.Join(m.dir, "shown") }

func (m *Mount) mount() error {
	d, err := newDisk(m.shown(), filepath.Join(m.dir, "kept"))
	if err != nil {
		return err
	}
	root, err := fs.NewLoopbackRoot(m.shown())
	if err != nil {
		return err
	}
	loopback, ok := root.(*fs.LoopbackNode)
	if !ok {
		return errors.New("lossy disk: another version of the FUSE library is needed")
	}
	second := time.Second
	m.server, err = fs.Mount(m.At, &node{LoopbackNode: loopback, d: d}, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, FsName: "lossy", Name: "lossy"},
		EntryTimeout: &second, AttrTimeout: &second,
	})
	if err != nil {
		return fmt.Errorf("lossy disk: %w", err)
	}
	m.disk = d
	return nil
}

// Cut takes the power away: from now on every call fails. Whoever uses the file
// system must be killed before Restore.
func (m *Mount) Cut(dice *rand.Rand) error { return m.disk.cut(dice) }

// Restore gives the power back: programs see what the disk holds.
func (m *Mount) Restore() error {
	if err := m.Close(); err != nil {
		return err
	}
	if err := m.disk.restore(); err != nil {
		return err
	}
	return m.mount()
}

// Close takes the file system away. It waits a little for the last of its users.
func (m *Mount) Close() (err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = m.server.Unmount(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("lossy disk: unmount %s: %w", m.At, err)
}
