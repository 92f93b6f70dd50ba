package evidence

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/shared/event"
)

// made counts the files of a test, none like another.
var made int

func put30(t *testing.T, f *Folder, level event.Level) (name string, err error) {
	t.Helper()
	made++
	_, err = f.Put(Label{MP4, level, fmt.Sprintf("E%d", made)}, fmt.Appendf(nil, "%030d", made))
	return fmt.Sprintf("%d:E%d", level, made), err
}

// names returns what waits, as level:event.
func names(f *Folder) string {
	var out []string
	for _, it := range f.Pending() {
		out = append(out, fmt.Sprintf("%d:%s", it.Level, it.Event))
	}
	return strings.Join(out, " ")
}

func TestTheLeastUrgentGivesWay(t *testing.T) {
	c, m := config(t), metrics()
	c.MaxBytes, made = 100, 0
	f := open(t, c, m)
	for _, step := range []struct {
		put  event.Level
		want string
		full bool
	}{
		{put: event.Minor, want: "4:E1"},
		{put: event.Ordinary, want: "4:E1 3:E2"},
		{put: event.Urgent, want: "4:E1 3:E2 1:E3"},
		{put: event.Urgent, want: "3:E2 1:E3 1:E4"},
		{put: event.Minor, want: "3:E2 1:E3 1:E4", full: true},
		{put: event.Ordinary, want: "1:E3 1:E4 3:E6"}, // the older of its kind
		{put: event.Urgent, want: "1:E3 1:E4 1:E7"},
		{put: event.Serious, want: "1:E3 1:E4 1:E7", full: true},
		{put: event.Urgent, want: "1:E4 1:E7 1:E9"},
	} {
		_, err := put30(t, f, step.put)
		if errors.Is(err, ErrFull) != step.full {
			t.Errorf("E%d: %v", made, err)
		}
		if got := names(f); got != step.want {
			t.Errorf("after E%d of level %d: %s, want %s", made, step.put, got, step.want)
		}
	}
	for level, want := range map[string]float64{"1": 1, "3": 2, "4": 1} {
		if n := testutil.ToFloat64(m.dropped.WithLabelValues(gaveWay, level)); n != want {
			t.Errorf("%v of level %s counted as given up, want %v", n, level, want)
		}
	}
	if s := f.Stats(); s != (Stats{Files: 3, Bytes: 90, GivenUp: 4}) {
		t.Errorf("%+v", s)
	}
}

func TestAFullDiskTakesOnlyWhatIsLessUrgent(t *testing.T) {
	c := config(t)
	c.MaxBytes, c.ReserveBytes, made = 1000, 100, 0
	f := open(t, c, metrics())
	free := int64(1000)
	f.free = func(string) (int64, error) { return free, nil }
	for _, level := range []event.Level{event.Minor, event.Minor, event.Ordinary} {
		if _, err := put30(t, f, level); err != nil {
			t.Fatal(err)
		}
	}
	free = 90 // others have filled the disk
	if _, err := put30(t, f, event.Minor); !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "free some disk space") {
		t.Errorf("as urgent: %v", err)
	}
	if _, err := put30(t, f, event.Ordinary); err != nil || names(f) != "3:E3 3:E5" { // 40 bytes short: both of the minor ones
		t.Errorf("more urgent: %v, %s", err, names(f))
	}
	free = 0
	if _, err := put30(t, f, event.Urgent); !errors.Is(err, ErrFull) || names(f) != "3:E3 3:E5" {
		t.Errorf("giving up all would not help: %v, %s", err, names(f))
	}
}

func TestOldFilesGoOnlyAfterTheirEvents(t *testing.T) {
	c, m := config(t), metrics()
	made = 0
	f := open(t, c, m)
	for _, level := range []event.Level{event.Urgent, event.Minor, event.Minor, event.Serious} {
		if _, err := put30(t, f, level); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	waiting := func() (map[string]bool, error) {
		asked++
		return map[string]bool{"E3": true}, nil
	}
	for _, step := range []struct {
		after time.Duration
		want  string
		asked int
	}{
		{day, "1:E1 4:E2 4:E3 2:E4", 0}, // nothing is too old: nobody is asked
		{4 * day, "1:E1 4:E3 2:E4", 1},  // E3's event has not reached the cloud
		{40 * day, "1:E1 4:E3", 2},
		{100 * day, "4:E3", 3},
	} {
		if err := f.expire(time.Now().Add(step.after), waiting); err != nil {
			t.Fatal(err)
		}
		if got := names(f); got != step.want || asked != step.asked {
			t.Errorf("after %v: %s, asked %d times; want %s, %d", step.after, got, asked, step.want, step.asked)
		}
	}
	if err := f.expire(time.Now().Add(day*200), func() (map[string]bool, error) { return nil, errors.New("broken") }); err == nil || names(f) != "4:E3" {
		t.Errorf("the outbox is broken: %v, %s", err, names(f))
	}
	if n := testutil.ToFloat64(m.dropped.WithLabelValues(expired, "4")); n != 1 {
		t.Errorf("%v counted", n)
	}
}

func TestTheMoreUrgentLabelStays(t *testing.T) {
	c := config(t)
	f := open(t, c, metrics())
	for _, l := range []Label{{JPEG, event.Minor, "A"}, {JPEG, event.Urgent, "B"}, {JPEG, event.Ordinary, "C"}} {
		if _, err := f.Put(l, []byte("one picture, three events")); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(open(t, c, metrics())); got != "1:B" { // also after a restart
		t.Errorf("got %s", got)
	}
	if _, err := f.Put(Label{"text/html", event.Urgent, "D"}, []byte("x")); err == nil {
		t.Error("a type that nobody shows was taken")
	}
}

func TestTheMostUrgentIsSentFirst(t *testing.T) {
	f := open(t, config(t), metrics())
	now := time.Now()
	for i, l := range []Label{{MP4, 4, "A"}, {JPEG, 4, "B"}, {MP4, 1, "C"}, {JPEG, 1, "D"}, {JPEG, 1, "E"}} {
		if _, err := f.Put(l, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	var order string
	for {
		it, _, ok := f.next(now)
		if !ok {
			break
		}
		order += it.Event
		f.remove(it.SHA256)
	}
	if order != "DECBA" {
		t.Errorf("sent in the order %s", order)
	}
}

const childEnv = "EASTGATE_EVIDENCE_CHILD"

// TestKill kills a process that stores files, as a power cut would: what was
// promised is there, and nothing that is there is half a file.
func TestKill(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		storeUntilKilled(t, dir)
		return
	}
	dir := filepath.Join(t.TempDir(), "evidence")
	promised := map[string]bool{}
	for range 4 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines, enough := bufio.NewScanner(out), 10+rand.IntN(10)
		for n := 0; lines.Scan(); n++ {
			promised[lines.Text()] = true
			if n == enough {
				cmd.Process.Kill()
			}
		}
		cmd.Wait()
	}
	c := config(t)
	c.Dir = dir
	f := open(t, c, metrics())
	for _, it := range f.Pending() {
		if _, err := f.read(it); err != nil {
			t.Error(err)
		}
		delete(promised, it.SHA256)
	}
	if len(promised) > 0 {
		t.Errorf("%d files that were promised are lost", len(promised))
	}
	if left, _ := filepath.Glob(filepath.Join(dir, tmpPrefix+"*")); len(left) > 0 {
		t.Errorf("halves are left: %v", left)
	}
	t.Logf("%d files after four kills", len(f.Pending()))
}

func storeUntilKilled(t *testing.T, dir string) {
	c := config(t)
	c.Dir = dir
	f := open(t, c, metrics())
	for i := range 1000 { // the parent kills us long before
		data := bytes.Repeat(fmt.Appendf(nil, "%d-%d ", os.Getpid(), i), 50_000)
		sum, err := f.Put(Label{MP4, event.Ordinary, "E"}, data)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(sum) // promised
	}
}
