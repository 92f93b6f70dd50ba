package outbox

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func reopen(t testing.TB, c Config) *Box {
	t.Helper()
	b, err := Open(c, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func fresh(t testing.TB) (*Box, Config) {
	c := Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 10 << 20}
	return reopen(t, c), c
}

func put(t testing.TB, b *Box, priority int, body string) {
	t.Helper()
	if err := b.Put(t.Context(), Message{"id", priority, []byte(body)}); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, b *Box, priority int) []Entry {
	t.Helper()
	var c Cursor
	entries, err := b.Next(&c, Limit{From: priority, To: priority, Entries: 1 << 20, Bytes: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func all(t testing.TB, b *Box, priority int) []string {
	t.Helper()
	var out []string
	for _, e := range read(t, b, priority) {
		out = append(out, fmt.Sprintf("%d:%s", e.Seq, e.Body))
	}
	return out
}

func TestReadingRemovesNothingAckDoes(t *testing.T) {
	b, c := fresh(t)
	for i := range 5 {
		put(t, b, 2, fmt.Sprint(i))
	}
	put(t, b, 1, "fire")
	if got := strings.Join(all(t, b, 2), " "); got != "1:0 2:1 3:2 4:3 5:4" {
		t.Errorf("got %s", got)
	}
	if got, err := b.Ack(b.Epoch(), Range{2, 2, 3}, Range{2, 5, 5}); got.Deleted != 3 || got.Foreign || err != nil {
		t.Errorf("Ack = %+v, %v; want 3", got, err)
	}
	if got, err := b.Ack(b.Epoch(), Range{2, 5, 900}, Range{7, 1, 2}); got.Deleted != 0 || !got.Foreign || err != nil {
		t.Errorf("what was never given out: %+v, %v", got, err)
	}
	if got, err := b.Ack("01J00000000000000000000000", Range{2, 1, 1}); got.Deleted != 0 || !got.Foreign || err != nil {
		t.Errorf("another epoch: %+v, %v", got, err)
	}
	b.Close()
	b = reopen(t, c)
	if got := strings.Join(all(t, b, 2), " "); got != "1:0 4:3" {
		t.Errorf("after reopening: %s", got)
	}
	put(t, b, 2, "next")
	if got := all(t, b, 2); got[2] != "6:next" {
		t.Errorf("a sequence was used again: %v", got)
	}
	if s, err := b.Stats(); err != nil || s.Total() != 4 || s.Waiting[0] != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestTheLeastUrgentGivesWay(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 1 << 20}
	b := reopen(t, c)
	body := strings.Repeat("x", 10_000)
	for range 60 {
		put(t, b, 4, body)
	}
	for range 25 {
		put(t, b, 3, body)
	}
	for range 10 {
		put(t, b, 2, body)
	}
	if n3, n2 := len(all(t, b, 3)), len(all(t, b, 2)); n3 != 25 || n2 != 10 {
		t.Errorf("%d of priority 3 and %d of 2 are left; want all", n3, n2)
	}
	lost, err := b.Lost()
	if err != nil || len(lost) != 1 || lost[0].Priority != 4 || lost[0].First != 1 || lost[0].Count != int64(60-len(all(t, b, 4))) {
		t.Errorf("lost %+v, %v; %d of priority 4 are left", lost, err, len(all(t, b, 4)))
	}
	if err := b.Report(t.Context(), Message{"report", 2, []byte("some gave way")}, lost[0]); err != nil {
		t.Fatal(err)
	}
	if lost, err := b.Lost(); err != nil || len(lost) != 0 || len(all(t, b, 2)) != 11 {
		t.Errorf("told, and still %+v, %v", lost, err)
	}
	full := false
	for range 200 {
		if err := b.Put(t.Context(), Message{"fire", 1, []byte(body)}); errors.Is(err, ErrFull) {
			full = true
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	fires := len(all(t, b, 1))
	if !full || fires < 90 {
		t.Errorf("full %v with %d of priority 1", full, fires)
	}
	if err := b.Put(t.Context(), Message{"motion", 4, []byte(body)}); !errors.Is(err, ErrFull) {
		t.Errorf("the least urgent made others give way: %v", err)
	}
	if n := len(all(t, b, 1)); n != fires {
		t.Errorf("%d of priority 1 are left of %d", n, fires)
	}
}

// TestAgainstAModel does random things and compares with a map.
func TestAgainstAModel(t *testing.T) {
	b, c := fresh(t)
	dice := rand.New(rand.NewPCG(3, 4))
	type place struct {
		p   int
		seq uint64
	}
	model, next := map[place]string{}, [Priorities + 1]uint64{}
	for step := range 600 {
		switch r := dice.IntN(20); {
		case r < 12:
			p := 1 + dice.IntN(Priorities)
			next[p]++
			model[place{p, next[p]}] = fmt.Sprint(step)
			put(t, b, p, fmt.Sprint(step))
		case r < 19:
			p := 1 + dice.IntN(Priorities)
			first := 1 + uint64(dice.IntN(40))
			last := min(first+uint64(dice.IntN(20)), next[p])
			if _, err := b.Ack(b.Epoch(), Range{p, first, last}); err != nil {
				t.Fatal(err)
			}
			for s := first; s <= last; s++ {
				delete(model, place{p, s})
			}
		default:
			b.Close()
			b = reopen(t, c)
		}
	}
	n := 0
	for p := 1; p <= Priorities; p++ {
		for _, e := range read(t, b, p) {
			if model[place{p, e.Seq}] != string(e.Body) {
				t.Errorf("%d/%d holds %s", p, e.Seq, e.Body)
			}
			n++
		}
	}
	if s, err := b.Stats(); err != nil || n != len(model) || s.Total() != int64(n) {
		t.Errorf("%d entries, model %d, stats %+v, %v", n, len(model), s, err)
	}
}

const childEnv = "OUTBOX_CHILD"

// TestKill kills a process that puts and acks, and looks at what is left.
func TestKill(t *testing.T) {
	if path := os.Getenv(childEnv); path != "" {
		putUntilKilled(t, path)
		return
	}
	path := filepath.Join(t.TempDir(), "outbox.db")
	promised := map[string]bool{}
	for range 5 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKill$")
		cmd.Env = append(os.Environ(), childEnv+"="+path)
		out := &locked{}
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for len(out.lines()) < 100 {
			time.Sleep(5 * time.Millisecond)
		}
		cmd.Process.Kill()
		cmd.Wait()
		for _, l := range out.lines() {
			promised[l] = true
		}
	}
	b := reopen(t, Config{Path: path, MaxBytes: 10 << 20})
	entries := read(t, b, 2)
	last := uint64(0)
	for _, e := range entries {
		if e.Seq != last+1 {
			t.Errorf("sequence %d comes after %d", e.Seq, last)
		}
		last = e.Seq
		delete(promised, string(e.Body))
	}
	if len(promised) > 0 {
		t.Errorf("%d of the messages that were promised are lost", len(promised))
	}
	t.Logf("%d messages after five kills", len(entries))
}

func putUntilKilled(t *testing.T, path string) {
	b := reopen(t, Config{Path: path, MaxBytes: 10 << 20})
	for i := 0; ; i++ {
		id := fmt.Sprintf("%d-%d", os.Getpid(), i)
		put(t, b, 2, id)
		fmt.Println(id) // promised
	}
}

type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// lines returns the whole lines so far.
func (l *locked) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	parts := strings.Split(l.buf.String(), "\n")
	return parts[:len(parts)-1]
}

func TestADamagedFileIsKeptAside(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"no outbox at all": func([]byte) []byte { return bytes.Repeat([]byte("not an outbox "), 2000) },
		"cut short":        func(b []byte) []byte { return b[:len(b)/3] },
		"pages overwritten": func(b []byte) []byte {
			for i := 3 * 4096; i < len(b); i++ {
				b[i] = 0xA5
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			b, c := fresh(t)
			for i := range 200 {
				put(t, b, 1+i%4, strings.Repeat("y", 300))
			}
			epoch := b.Epoch()
			b.Close()
			whole, err := os.ReadFile(c.Path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(c.Path, damage(whole), 0o600); err != nil {
				t.Fatal(err)
			}
			b = reopen(t, c)
			put(t, b, 1, "goes on")
			if b.Epoch() == epoch {
				t.Error("a new file has the old epoch")
			}
			aside, _ := filepath.Glob(c.Path + ".corrupt-*")
			if len(aside) != 1 {
				t.Fatalf("kept aside: %v", aside)
			}
			b.Close()
			b = reopen(t, c) // before anybody was told
			lost, err := b.Lost()
			if err != nil || len(lost) != 1 || lost[0].File != aside[0] || time.Since(lost[0].Since) > time.Minute {
				t.Fatalf("to be told: %+v, %v", lost, err)
			}
			if err := b.Report(t.Context(), Message{"report", 2, nil}, lost[0]); err != nil {
				t.Fatal(err)
			}
			if lost, err := b.Lost(); err != nil || len(lost) != 0 {
				t.Errorf("told, and still %+v, %v", lost, err)
			}
		})
	}
}

func TestOnlyOneCanHoldIt(t *testing.T) {
	_, c := fresh(t)
	_, err := Open(c, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err == nil || !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), c.Path) {
		t.Errorf("the second gets %v", err)
	}
}

func TestAFullDisk(t *testing.T) {
	b := reopen(t, Config{Path: filepath.Join(smallDisk(t, "1m"), "outbox.db"), MaxBytes: 10 << 20})
	body, stored := strings.Repeat("z", 4000), 0
	var err error
	for err == nil && stored < 2000 {
		if err = b.Put(t.Context(), Message{"id", 1, []byte(body)}); err == nil {
			stored++
		}
	}
	if err == nil {
		t.Fatal("the disk never became full")
	}
	t.Logf("after %d messages: %v", stored, err)
	if n := len(all(t, b, 1)); n != stored {
		t.Errorf("%d messages are there, %d were stored", n, stored)
	}
	if _, err := b.Ack(b.Epoch(), Range{1, 1, uint64(stored / 2)}); err != nil {
		t.Errorf("nothing can be removed from a full disk: %v", err)
	}
	put(t, b, 1, "room again")
	b.Close()
}

func TestClosed(t *testing.T) {
	b, _ := fresh(t)
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
	if err := b.Put(t.Context(), Message{"id", 1, nil}); !errors.Is(err, ErrClosed) {
		t.Errorf("Put: %v", err)
	}
	var c Cursor
	if _, err := b.Next(&c, Limit{From: 1, To: 4, Entries: 1}); !errors.Is(err, ErrClosed) {
		t.Errorf("Next: %v", err)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(appendRecord(nil, record{PutAt: time.Now(), ID: "id", Body: []byte("body")}))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, v []byte) {
		r, err := decodeRecord(v)
		if err == nil && len(r.ID)+len(r.Body) > len(v) {
			t.Errorf("%d and %d bytes from %d", len(r.ID), len(r.Body), len(v))
		}
	})
}

func BenchmarkPut(b *testing.B) {
	for _, parallel := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%d-at-once", parallel), func(b *testing.B) {
			box, _ := fresh(b)
			box.cfg.MaxBytes = 1 << 34
			body := bytes.Repeat([]byte("e"), 1000)
			b.ReportAllocs()
			b.SetParallelism((parallel + 1) / 2) // times two processors
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := box.Put(b.Context(), Message{"id", 2, body}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func BenchmarkAck(b *testing.B) {
	box, _ := fresh(b)
	box.cfg.MaxBytes = 1 << 34
	body := bytes.Repeat([]byte("e"), 1000)
	last := uint64(0)
	for b.Loop() {
		b.StopTimer()
		last += 50
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { put(b, box, 2, string(body)) })
		}
		wg.Wait()
		b.StartTimer()
		if got, err := box.Ack(box.Epoch(), Range{2, last - 49, last}); got.Deleted != 50 || err != nil {
			b.Fatal(got, err)
		}
	}
}
