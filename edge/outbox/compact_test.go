package outbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// TestADrainedFileGivesItsRoomBackWhileInUse: others put and read all the while,
// and nothing is lost, doubled or out of order.
func TestADrainedFileGivesItsRoomBackWhileInUse(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 256 << 20}
	b := reopen(t, c)
	fillUp(t, b, 1500, 30_000)
	put(t, b, 1, "kept")
	full, err := os.Stat(c.Path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	for p := 2; p <= 3; p++ {
		busy.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := b.Put(context.Background(), Message{"id", p, fmt.Append(nil, i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if _, err := b.Ack(b.Epoch(), Range{4, 1, 1500}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); testutil.ToFloat64(b.m.compactions) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the file was never made smaller")
		}
	}
	stop()
	busy.Wait()
	put(t, b, 4, "sequences go on")
	small, err := os.Stat(c.Path)
	if err != nil || small.Size() > full.Size()/4 {
		t.Errorf("%d bytes (%v), %d before", small.Size(), err, full.Size())
	}
	counts := look(t, b)
	b.Close()
	if again := look(t, reopen(t, c)); again != counts {
		t.Errorf("%v before, %v after opening it again", counts, again)
	}
}

// look checks what waits and returns how many of each priority.
func look(t *testing.T, b *Box) (n [Priorities]int) {
	t.Helper()
	for p := 1; p <= Priorities; p++ {
		entries := read(t, b, p)
		for i, e := range entries {
			if want := fmt.Sprint(i); p != 1 && p != 4 && (string(e.Body) != want || e.Seq != uint64(i+1)) {
				t.Fatalf("priority %d: %d holds %s", p, e.Seq, e.Body)
			}
		}
		n[p-1] = len(entries)
	}
	if e := read(t, b, 4); n[0] != 1 || n[3] != 1 || e[0].Seq != 1501 || n[1] == 0 {
		t.Fatalf("%v of each priority; %+v", n, e)
	}
	return n
}

// fillUp puts n messages of priority 4 that share commits.
func fillUp(t testing.TB, b *Box, n, size int) {
	t.Helper()
	body := bytes.Repeat([]byte("w"), size)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range n / 100 {
				if err := b.Put(context.Background(), Message{"id", 4, body}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// TestClosingEndsTheCompaction: what it has not done is done at the next start.
func TestClosingEndsTheCompaction(t *testing.T) {
	c := Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 256 << 20}
	b := reopen(t, c)
	fillUp(t, b, 1500, 30_000)
	if _, err := b.Ack(b.Epoch(), Range{4, 1, 1499}); err != nil {
		t.Fatal(err)
	}
	b.Close()
	b = reopen(t, c)
	if got := read(t, b, 4); len(got) != 1 || got[0].Seq != 1500 {
		t.Errorf("%d messages are left", len(got))
	}
	if small, err := os.Stat(c.Path); err != nil || small.Size() > 4<<20 {
		t.Errorf("%d bytes, %v", small.Size(), err)
	}
	if left, _ := filepath.Glob(c.Path + ".compact"); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestFollowingWhatWasDrainedMeanwhile: all that was copied is gone when the copy is
// brought up to date.
func TestFollowingWhatWasDrainedMeanwhile(t *testing.T) {
	b, c := fresh(t)
	fillUp(t, b, 600, 1000)
	put(t, b, 2, "stays")
	to, err := openFile(c.Path+".copy", c)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if err := followWhole(to, b.db); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ack(b.Epoch(), Range{4, 1, 600}); err != nil {
		t.Fatal(err)
	}
	put(t, b, 4, "new")
	if err := followWhole(to, b.db); err != nil {
		t.Fatal(err)
	}
	b.Close()
	to.Close()
	if err := os.Rename(c.Path+".copy", c.Path); err != nil {
		t.Fatal(err)
	}
	b = reopen(t, c) // which reads it whole
	if two, four := all(t, b, 2), all(t, b, 4); len(two) != 1 || len(four) != 1 || four[0] != "601:new" {
		t.Errorf("the copy holds %v and %v", two, four)
	}
}
