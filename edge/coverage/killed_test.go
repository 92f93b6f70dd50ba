package coverage

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// TestKilled runs a ledger in a process of its own, with the real clocks, kills it
// at any moment, and wants no second of its death counted as seen.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("COVERAGE_DIR"); dir != "" {
		watched(t, dir).Run(t.Context()) //nolint:errcheck // it is killed
		return
	}
	dir := t.TempDir()
	began := time.Now()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
	cmd.Env = append(os.Environ(), "COVERAGE_DIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if files, _ := filepath.Glob(filepath.Join(dir, "*.json")); len(files) > 0 && time.Since(began) > 3*time.Second {
			break
		}
		if time.Now().After(end) {
			t.Fatal("nothing was saved")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	killed := time.Now()
	time.Sleep(2 * time.Second)
	l := watched(t, dir)
	again := time.Now()
	l.Saw("yard")
	var due, seen, off int64
	for _, d := range l.Pending() {
		due, seen, off = due+d.Due, seen+d.Seen, off+d.Blind[wire.BoxOff]
	}
	if least := again.Sub(killed).Milliseconds(); off < least || off > least+4000 { // saved every second, by a machine that may be slow
		t.Errorf("%d ms of box_off, want at least the %d ms that it was dead, and little more", off, least)
	}
	if alive := killed.Sub(began).Milliseconds(); seen <= 0 || seen > alive || due < off+seen {
		t.Errorf("%d ms seen of %d, and it lived for %d", seen, due, alive)
	}
}

// watched is a ledger with a camera that is well, saved every second.
func watched(t *testing.T, dir string) *Ledger {
	t.Helper()
	l, err := Open(Config{Dir: dir, Local: time.UTC, SaveEvery: time.Second}, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	e := l.Watch("yard", func() string { return "" }, true)
	go func() {
		for t.Context().Err() == nil {
			e.See(flow.Observation{Kinds: []event.Kind{event.Motion}})
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return l
}
