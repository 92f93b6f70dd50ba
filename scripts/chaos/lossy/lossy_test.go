package lossy

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

func mount(t *testing.T) *Mount {
	t.Helper()
	m, err := New(t.TempDir())
	if err != nil {
		t.Skipf("NOT RUN: %v", err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// put makes a file and syncs what it is told to.
func put(t *testing.T, path string, data []byte, syncFile, syncDir bool) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	if syncFile {
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if syncDir {
		dir, err := os.Open(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		if err := dir.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsSyncedSurvivesAndNothingElseMust cuts the power many times.
func TestWhatIsSyncedSurvivesAndNothingElseMust(t *testing.T) {
	m := mount(t)
	dice := rand.New(rand.NewPCG(1, 2))
	data := bytes.Repeat([]byte("0123456789abcdef"), 1000)
	lost := map[string]int{}
	const rounds = 40
	for range rounds {
		put(t, filepath.Join(m.At, "kept"), data, true, true)
		if err := os.Rename(filepath.Join(m.At, "kept"), filepath.Join(m.At, "renamed")); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(m.At, "nameless"), data, true, false)
		put(t, filepath.Join(m.At, "unsynced"), data, false, false)
		if err := m.Cut(dice); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(m.At, "late"), data, 0o600); err == nil {
			t.Fatal("a disk without power takes a file")
		}
		if err := m.Restore(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(m.At, "kept"))
		if err != nil {
			lost["old name"]++
			got, err = os.ReadFile(filepath.Join(m.At, "renamed"))
		}
		if err != nil || !bytes.Equal(got, data) {
			t.Fatalf("what was synced is %d bytes, %v", len(got), err)
		}
		for _, name := range []string{"nameless", "unsynced"} {
			if got, err := os.ReadFile(filepath.Join(m.At, name)); err != nil {
				lost[name]++
			} else if !bytes.Equal(got, data) {
				lost[name+" in part"]++
			}
		}
		for _, name := range []string{"kept", "renamed", "nameless", "unsynced"} {
			os.Remove(filepath.Join(m.At, name))
		}
	}
	for _, what := range []string{"old name", "nameless", "unsynced", "unsynced in part"} {
		if lost[what] == 0 || lost[what] == rounds {
			t.Errorf("%q happened in %d of %d cuts", what, lost[what], rounds)
		}
	}
	if lost["nameless in part"] > 0 {
		t.Error("a synced file lost content")
	}
}
