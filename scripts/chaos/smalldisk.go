package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// A smallDisk is a little ext4 file system in a file.
type smallDisk struct{ at string }

func newSmallDisk(dir string, bytes int64) (*smallDisk, error) {
	d := &smallDisk{filepath.Join(dir, "small")}
	image := filepath.Join(dir, "small.img")
	if err := os.MkdirAll(d.at, 0o700); err != nil {
		return nil, err
	}
	for _, argv := range [][]string{
		{"truncate", "-s", strconv.FormatInt(bytes, 10), image},
		{"mkfs.ext4", "-q", "-m", "0", image},
		{"mount", "-o", "loop", image, d.at},
	} {
		if said, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("small disk: %v: %w: %s", argv, err, said)
		}
	}
	return d, nil
}

// fill takes all room but a little with a file of nothing, and free gives it back.
func (d *smallDisk) fill(leave int64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(d.at, &s); err != nil {
		return err
	}
	f, err := os.Create(d.ballast())
	if err != nil {
		return err
	}
	defer f.Close()
	err = syscall.Fallocate(int(f.Fd()), 0, 0, max(int64(s.Bavail)*s.Bsize-leave, 1)) //nolint:gosec // small numbers
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return nil
}

func (d *smallDisk) free() error { return os.Remove(d.ballast()) }

func (d *smallDisk) ballast() string { return filepath.Join(d.at, "ballast") }

func (d *smallDisk) close() (err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = syscall.Unmount(d.at, 0); err == nil {
			return nil
		}
	}
	return fmt.Errorf("unmount %s: %w", d.at, err)
}

func edgeOnSmall(h *hand) (err error) {
	if h.small, err = newSmallDisk(h.site.dir, 48<<20); err == nil {
		h.site.edgeDir = h.small.at
	}
	return err
}

func cloudOnSmall(h *hand) (err error) {
	if h.small, err = newSmallDisk(h.site.dir, 192<<20); err == nil {
		h.site.cloudDir = h.small.at
	}
	return err
}

// full lets the disk be full for a while.
func (h *hand) full(ctx context.Context) error {
	if err := h.small.fill(int64(h.dice.IntN(64 << 10))); err != nil {
		return err
	}
	h.pause(ctx, 4*time.Second, 8*time.Second)
	if err := h.small.free(); err != nil {
		return err
	}
	h.pause(ctx, time.Second, 3*time.Second)
	return nil
}

// fullEdge also cuts the boxes off, so that their events have to stay with them.
func fullEdge(ctx context.Context, h *hand) error {
	h.site.door.Refuse(h.dice.IntN(2) == 0)
	defer h.site.door.Refuse(false)
	return h.full(ctx)
}

func fullCloud(ctx context.Context, h *hand) error { return h.full(ctx) }
