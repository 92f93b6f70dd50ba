package memory

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func store(t *testing.T, dir string, log *bytes.Buffer) *Store {
	t.Helper()
	s, err := Open(dir, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written runs s until all is on the disk.
func written(t *testing.T, s *Store) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	s.flush()
}

func TestTheNewestOutlivesTheProgram(t *testing.T) {
	dir, log := filepath.Join(t.TempDir(), "new"), &bytes.Buffer{}
	s := store(t, dir, log)
	yard, gate := s.Of("yard", "stays"), s.Of("gate", "stays")
	if yard.Load() != nil {
		t.Error("something is there from the beginning")
	}
	yard.Save([]byte("old"))
	yard.Save([]byte("new"))
	gate.Save([]byte{})
	if got := string(yard.Load()); got != "new" {
		t.Errorf("before it is on the disk: %q", got)
	}
	written(t, s)
	again := store(t, dir, log)
	if got := string(again.Of("yard", "stays").Load()); got != "new" || len(again.Of("gate", "stays").Load()) != 0 {
		t.Errorf("after a restart: %q", got)
	}
	if log.Len() > 0 {
		t.Error(log)
	}
}

func TestWhatIsDamagedIsPutAsideAndTold(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"cut off":            func(b []byte) []byte { return b[:len(b)-3] },
		"a bit turned":       func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"empty":              func([]byte) []byte { return nil },
		"of a newer form":    func(b []byte) []byte { b[3]++; return b },
		"far too much of it": func(b []byte) []byte { return append(b, make([]byte, Most+100)...) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, log := t.TempDir(), &bytes.Buffer{}
			s := store(t, dir, log)
			s.Of("yard", "stays").Save([]byte("what stands there"))
			written(t, s)
			file := filepath.Join(dir, "yard.stays")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			p := store(t, dir, log).Of("yard", "stays")
			if got := p.Load(); got != nil || strings.Count(log.String(), "begins anew") != 1 {
				t.Errorf("%q, log: %s", got, log)
			}
			if p.Load(); strings.Count(log.String(), "begins anew") != 1 {
				t.Error("told twice")
			}
			if _, err := os.Stat(file + ".bad"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestADiskThatRefusesHoldsNobodyUp(t *testing.T) {
	dir, log := filepath.Join(t.TempDir(), "gone"), &bytes.Buffer{}
	s := store(t, dir, log)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.Of("yard", "stays").Save([]byte("x"))
		written(t, s)
	}
	s.Of("yard", "stays").Save(make([]byte, Most+1))
	if n := strings.Count(log.String(), "cannot be kept"); n != 1 || !strings.Contains(log.String(), "too much") {
		t.Errorf("told %d times: %s", n, log)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.Of("yard", "stays").Save([]byte("y"))
	written(t, s)
	if got := string(store(t, dir, log).Of("yard", "stays").Load()); got != "y" {
		t.Errorf("after the disk came back: %q", got)
	}
}
