package outbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestAShortDiskStopsTheLessUrgentFromGrowing(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 32 << 20, MinFree: 1 << 20}
	b := reopen(t, c)
	var free atomic.Int64
	free.Store(1 << 30)
	asked := 0
	b.space.free = func() (int64, error) { asked++; return free.Load(), nil }
	look := func() { b.space.asked = b.space.asked.Add(-2 * lookEvery) } // a second later
	body := strings.Repeat("m", 10_000)
	for range 200 {
		put(t, b, 4, body)
	}
	if asked > 30 {
		t.Errorf("the file system was asked %d times", asked)
	}
	free.Store(1<<20 - 1)
	look()
	before, err := b.Stats()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		put(t, b, 4, body)
		put(t, b, 3, body)
	}
	s, err := b.Stats()
	if err != nil || s.Bytes > before.Bytes || s.Waiting[2] != 100 || s.Waiting[3] > 100 || s.GivenUp[3] < 200 {
		t.Errorf("on a short disk: %+v, %v; before %+v", s, err, before)
	}
	for range 100 {
		put(t, b, 1, body)
	}
	if n := len(all(t, b, 1)); n != 100 || testutil.ToFloat64(b.m.shortage) != 1 {
		t.Errorf("%d of priority 1 are there", n)
	}
	free.Store(1 << 30)
	look()
	for range 100 {
		put(t, b, 4, body)
	}
	if after, err := b.Stats(); err != nil || after.Bytes < s.Bytes+200*10_000 || testutil.ToFloat64(b.m.shortage) != 0 {
		t.Errorf("with room again: %+v, %v", after, err)
	}
}

func TestAnUnknownDiskIsAsItWas(t *testing.T) {
	b, _ := fresh(t)
	b.space.least = 1
	b.space.free = func() (int64, error) { return 0, errors.New("stale handle") }
	for range 10 {
		put(t, b, 4, "m")
	}
	if s, err := b.Stats(); err != nil || s.Total() != 10 {
		t.Errorf("%+v, %v", s, err)
	}
}

// smallDisk mounts a file system of a size, until t ends.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: no small disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	return dir
}

// TestASmallDiskKeepsItsReserve: motion fills a real disk up to the reserve, and the
// reserve takes the fires.
func TestASmallDiskKeepsItsReserve(t *testing.T) {
	c := Config{Path: filepath.Join(smallDisk(t, "16m"), "outbox.db"), MaxBytes: 64 << 20, MinFree: 4 << 20}
	b := reopen(t, c)
	body := strings.Repeat("m", 10_000)
	for range 2000 {
		b.space.asked = b.space.asked.Add(-2 * lookEvery)
		put(t, b, 4, body)
	}
	free, err := b.space.free()
	if err != nil || free < 2<<20 {
		t.Errorf("%d bytes are free (%v), about 4 MiB were to be kept", free, err)
	}
	for range 150 {
		put(t, b, 1, body)
	}
	if n := len(all(t, b, 1)); n != 150 {
		t.Errorf("%d fires of 150", n)
	}
	b.Close()
}

// TestAnUrgentEventGetsInOnAFullDisk: others have filled the disk to the last byte.
func TestAnUrgentEventGetsInOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "8m")
	b := reopen(t, Config{Path: filepath.Join(dir, "outbox.db"), MaxBytes: 64 << 20})
	body := strings.Repeat("m", 4000)
	for range 300 {
		put(t, b, 4, body)
	}
	os.WriteFile(filepath.Join(dir, "others"), make([]byte, 16<<20), 0o600) // as much as there is room for
	for range 100 {
		put(t, b, 1, body)
	}
	s, err := b.Stats()
	if err != nil || s.Waiting[0] != 100 || s.GivenUp[3] == 0 || s.GivenUp[3]+s.Waiting[3] != 300 {
		t.Errorf("%+v, %v", s, err)
	}
	if lost, err := b.Lost(); err != nil || len(lost) != 1 || lost[0].Count != s.GivenUp[3] {
		t.Errorf("to be told: %+v, %v", lost, err)
	}
	b.Close()
}

// TestReportsOfLossesDoNotGiveWay fills a box again and again, telling of every
// loss at once: what is told and what is still to be told must add up.
func TestReportsOfLossesDoNotGiveWay(t *testing.T) {
	b := reopen(t, Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 1 << 20})
	body := strings.Repeat("x", 30_000)
	puts, told := int64(0), int64(0)
	for i := range 300 {
		switch err := b.Put(t.Context(), Message{"id", 2 + i%3, []byte(body)}); {
		case err == nil:
			puts++
		case !errors.Is(err, ErrFull):
			t.Fatal(err)
		}
		lost, err := b.Lost()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lost {
			if err := b.Report(t.Context(), Message{"report", 2, fmt.Appendf(nil, "lost %d", l.Count)}, l); err != nil {
				t.Fatal(err)
			}
		}
	}
	waiting, reports := 0, 0
	for p := 1; p <= Priorities; p++ {
		entries := read(t, b, p)
		for _, e := range entries {
			var n int64
			if _, err := fmt.Sscanf(string(e.Body), "lost %d", &n); err == nil {
				told += n
				reports++
				if _, err := b.Ack(b.Epoch(), Range{p, e.Seq, e.Seq}); err != nil {
					t.Fatal(err)
				}
				continue
			}
			waiting++
		}
	}
	if reports == 0 || reports > Priorities {
		t.Errorf("%d reports wait, want at most one a priority", reports)
	}
	lost, err := b.Lost() // the reports have arrived: the rest is to be told
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lost {
		told += l.Count
	}
	if told+int64(waiting) != puts {
		t.Errorf("of %d messages %d wait and %d are told or to be told as lost", puts, waiting, told)
	}
}
