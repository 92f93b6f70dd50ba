package outbox

import (
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// lookEvery bounds how often the file system is asked.
const lookEvery = time.Second

// shortBytes is what may wait in any case: so much finds room in pages that the
// file has already.
const shortBytes = 1 << 20

// A space watches the file system under the box.
type space struct {
	free  func() (int64, error) // bytes
	least int64                 // with less, the file shall not grow; 0: never mind
	m     *Metrics
	log   *slog.Logger

	mu    sync.Mutex
	asked time.Time
	low   bool
}

func newSpace(c Config, m *Metrics, log *slog.Logger) *space {
	dir := filepath.Dir(c.Path)
	return &space{least: c.MinFree, m: m, log: log, free: func() (int64, error) {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil {
			return 0, err
		}
		return int64(s.Bavail) * s.Bsize, nil //nolint:gosec // no disk is that large
	}}
}

// short reports whether the file system has less room than it shall keep. One that
// cannot be asked is as it was.
func (s *space) short() bool {
	if s.least == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked.IsZero() && time.Since(s.asked) < lookEvery {
		return s.low
	}
	s.asked = time.Now()
	free, err := s.free()
	if err != nil {
		s.log.Warn("free space under the outbox is unknown", "err", err)
		return s.low
	}
	if low := free < s.least; low != s.low {
		s.low = low
		if low {
			s.log.Error("disk is nearly full: events that are not urgent give way to newer ones; free some space", "free_bytes", free, "least_bytes", s.least)
		} else {
			s.log.Info("disk has room again", "free_bytes", free)
		}
		s.m.short(low)
	}
	return s.low
}
