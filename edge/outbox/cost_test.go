package outbox

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// backlog is how much BenchmarkPutAfterABacklog drains; by hand 1024.
var backlog = flag.Int("backlog", 64, "MiB of the backlog that is drained")

// BenchmarkPutAgainstBolt is how durable puts compare with bbolt's own batches of the
// same bytes in a file beside it. "xbolt" is their share of its rate.
func BenchmarkPutAgainstBolt(b *testing.B) {
	for _, writers := range []int{16, 64, 256} {
		b.Run(fmt.Sprintf("%d-at-once", writers), func(b *testing.B) {
			box := reopen(b, Config{Path: filepath.Join(b.TempDir(), "outbox.db"), MaxBytes: 8 << 30})
			bare := bareBolt(b)
			body := bytes.Repeat([]byte("e"), 1000)
			var ours, theirs time.Duration
			for b.Loop() {
				theirs += timed(writers, func() error {
					return bare.Batch(func(tx *bolt.Tx) error {
						bucket := tx.Bucket([]byte("events"))
						seq, err := bucket.NextSequence()
						if err != nil {
							return err
						}
						return bucket.Put(key(seq), body)
					})
				}, b)
				ours += timed(writers, func() error { return box.Put(context.Background(), Message{"id", 2, body}) }, b)
			}
			b.ReportMetric(theirs.Seconds()/ours.Seconds(), "xbolt")
			b.ReportMetric(float64(b.N*puts)/ours.Seconds(), "puts/s")
		})
	}
}

// puts is how many one iteration makes.
const puts = 2048

// timed is how long puts calls take, so many at once.
func timed(writers int, put func() error, b *testing.B) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range puts / writers {
				if err := put(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

func bareBolt(b *testing.B) *bolt.DB {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bolt.Options{NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.MaxBatchDelay = batchDelay
	if err := db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("events"))
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return db
}

// median and worst of n puts, one after the other.
func paced(b testing.TB, box *Box, n int, pause time.Duration) (took []time.Duration) {
	b.Helper()
	body := bytes.Repeat([]byte("e"), 1000)
	for range n {
		began := time.Now()
		if err := box.Put(context.Background(), Message{"id", 2, body}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		time.Sleep(pause)
	}
	slices.Sort(took)
	return took
}

// BenchmarkPutAfterABacklog: "xfresh" is the median put after a backlog was drained by
// that of a fresh file; "stall-ms" is the longest put while it was drained and the file
// made smaller; "MiB-left" what the file takes then.
func BenchmarkPutAfterABacklog(b *testing.B) {
	const size = 8000
	for b.Loop() {
		c := Config{Path: filepath.Join(b.TempDir(), "outbox.db"), MaxBytes: 8 << 30}
		box := reopen(b, c)
		fresh := paced(b, box, 100, 0)
		n := *backlog << 20 / size / 100 * 100
		fillUp(b, box, n, size)
		var wg sync.WaitGroup
		var during []time.Duration
		stop := make(chan struct{})
		wg.Go(func() {
			for {
				select {
				case <-stop:
					slices.Sort(during)
					return
				default:
					during = append(during, paced(b, box, 1, 5*time.Millisecond)...)
				}
			}
		})
		for first := 1; first <= n; first += 400 {
			if _, err := box.Ack(box.Epoch(), Range{4, uint64(first), uint64(min(first+399, n))}); err != nil {
				b.Fatal(err)
			}
		}
		box.behind.Wait()
		close(stop)
		wg.Wait()
		drained := paced(b, box, 100, 0)
		info, err := os.Stat(c.Path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(drained[50].Seconds()/fresh[50].Seconds(), "xfresh")
		b.ReportMetric(float64(during[len(during)-1].Microseconds())/1000, "stall-ms")
		b.ReportMetric(float64(info.Size())/(1<<20), "MiB-left")
		box.Close()
	}
}

const slowEnv = "OUTBOX_SLOW"

// BenchmarkPutOnASlowDisk runs itself under strace, which makes each fsync 10 ms
// slower, as memory cards do: 20 events a second.
func BenchmarkPutOnASlowDisk(b *testing.B) {
	if path := os.Getenv(slowEnv); path != "" {
		for b.Loop() {
			took := paced(b, reopen(b, Config{Path: path, MaxBytes: 64 << 20}), 60, 50*time.Millisecond)
			fmt.Fprintf(os.Stderr, "took %d %d\n", took[len(took)/2].Microseconds(), took[len(took)*99/100].Microseconds())
		}
		return
	}
	for b.Loop() {
		cmd := exec.Command("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_exit=10000",
			os.Args[0], "-test.run", "^$", "-test.bench", "^BenchmarkPutOnASlowDisk$", "-test.benchtime", "1x")
		cmd.Env = append(os.Environ(), slowEnv+"="+filepath.Join(b.TempDir(), "outbox.db"))
		out, err := cmd.CombinedOutput()
		var p50, p99 float64
		_, line, found := bytes.Cut(out, []byte("took "))
		if n, _ := fmt.Sscan(string(line), &p50, &p99); !found || n != 2 {
			b.Skipf("SKIPPED, NOT MEASURED: strace (scripts/setup installs it) cannot slow the disk here: %v: %s", err, out)
		}
		b.ReportMetric(p50/1000, "p50-ms")
		b.ReportMetric(p99/1000, "p99-ms")
	}
}
