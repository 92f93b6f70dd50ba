package delivery

import (
	"context"
	"crypto/tls"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/store"
	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// Small here, for every run of the checks; by hand 200000, 60s and 1000000.
var (
	events  = flag.Int("events", 2000, "of BenchmarkEndToEnd, over all boxes")
	steady  = flag.Duration("steady", time.Second, "of BenchmarkLatency")
	backlog = flag.Int("backlog", 2000, "events of BenchmarkBacklog")
)

// manyBoxes is how many boxes one cloud is measured with.
const manyBoxes = 50

// A watched outbox knows how long each message was in it.
type watched struct {
	*outbox.Box
	mu    sync.Mutex
	began [outbox.Priorities][]time.Time // by sequence, for one writer a priority
	took  [outbox.Priorities][]time.Duration
}

func (w *watched) put(b *testing.B, box string, kind event.Kind) {
	id, body := encoded(b, box, kind)
	p := int(kind.Level())
	w.mu.Lock()
	w.began[p-1] = append(w.began[p-1], time.Now())
	w.mu.Unlock()
	if err := w.Put(context.Background(), outbox.Message{ID: id, Priority: p, Body: body}); err != nil {
		b.Error(err)
	}
}

// Ack notes what leaves.
func (w *watched) Ack(epoch string, ranges ...outbox.Range) (outbox.Acked, error) {
	out, err := w.Box.Ack(epoch, ranges...)
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range ranges {
		for seq := r.First; seq <= r.Last && seq <= uint64(len(w.began[r.Priority-1])); seq++ {
			if at := &w.began[r.Priority-1][seq-1]; !at.IsZero() {
				w.took[r.Priority-1] = append(w.took[r.Priority-1], now.Sub(*at))
				*at = time.Time{}
			}
		}
	}
	return out, err
}

// times are how long the messages of a priority were in the outboxes, sorted.
func times(all []*watched, priority event.Level) (out []time.Duration) {
	for _, w := range all {
		w.mu.Lock()
		out = append(out, w.took[priority-1]...)
		w.mu.Unlock()
	}
	slices.Sort(out)
	return out
}

func openWatched(b *testing.B) *watched {
	b.Helper()
	box, err := outbox.Open(outbox.Config{Path: filepath.Join(b.TempDir(), "outbox.db"), MaxBytes: 8 << 30}, outbox.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		b.Fatal(err)
	}
	return &watched{Box: box}
}

func (w *watched) link(b *testing.B, broker, name string) { w.linkBy(b, broker, name, nil) }

// linkBy links with a certificate, or with the secret if shows is nil.
func (w *watched) linkBy(b *testing.B, broker, name string, shows *tls.Config) {
	b.Helper()
	up, err := uplink.New(uplink.Config{
		Site: "garden", Box: name, Broker: broker, TLS: shows, Secret: secret.New(password), Health: func() wire.BoxHealth { return wire.BoxHealth{} },
	}, w, uplink.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		b.Fatal(err)
	}
	background(b, up.Run, w.Close)
}

// startProcess runs a cloud with its broker inside in a process of its own.
func startProcess(b *testing.B) *brokertest.Process {
	b.Helper()
	return startProcessIn(b, b.TempDir())
}

func startProcessIn(b *testing.B, dir string, env ...string) *brokertest.Process {
	b.Helper()
	return brokertest.Command(b, "cloud", func(addr string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), cloudEnv+"="+dir, listenEnv+"="+addr)
		cmd.Env = append(cmd.Env, env...)
		return cmd
	})
}

// bareSink is how many events a second the store takes when nothing is before it.
func bareSink(b *testing.B, n int) float64 {
	b.Helper()
	st, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "bare.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	batches := make([][]wire.Item, max(1, n/wire.MaxBatch))
	epoch := wire.NewEpoch()
	for i := range batches {
		for j := range wire.MaxBatch {
			id, now := event.NewID(), time.Now().UTC()
			batches[i] = append(batches[i], wire.Item{
				Position: wire.Position{Epoch: epoch, Priority: event.Minor, Sequence: uint64(i*wire.MaxBatch + j + 1)},
				Event: event.Event{
					ID: id, Episode: id, Source: "/garden/gate-1/yard", Kind: event.Motion, State: event.Start, Time: now, Since: now,
					Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: "Actual",
				},
			})
		}
	}
	began := time.Now()
	var busy sync.WaitGroup
	for w := range 10 { // as many batches share a commit as make 500 events
		busy.Go(func() {
			for i := w; i < len(batches); i += 10 {
				if _, err := st.Record(context.Background(), "garden", "gate-1", batches[i], nil); err != nil {
					b.Error(err)
				}
			}
		})
	}
	busy.Wait()
	return float64(len(batches)*wire.MaxBatch) / time.Since(began).Seconds()
}

func empty(b *testing.B, all []*watched) {
	b.Helper()
	within(b, 20*time.Minute, "the outboxes are empty", func() bool {
		for _, w := range all {
			if s, err := w.Stats(); err != nil || s.Total() > 0 {
				return false
			}
		}
		return true
	})
}

// BenchmarkEndToEnd is fifty boxes with a backlog each: from the outbox over the broker
// to the commit, and back until it is deleted. "us/event" is the CPU of the cloud with
// its broker; "xsink" the share of what the bare store does in the same run.
func BenchmarkEndToEnd(b *testing.B) {
	for b.Loop() {
		sink := bareSink(b, max(*events, 5000))
		p := startProcess(b)
		all := make([]*watched, manyBoxes)
		var busy sync.WaitGroup
		for i, name := range names(manyBoxes) {
			all[i] = openWatched(b)
			for range 4 {
				busy.Go(func() {
					for range *events / manyBoxes / 4 {
						id, body := encoded(b, name, event.Motion)
						if err := all[i].Put(context.Background(), outbox.Message{ID: id, Priority: int(event.Minor), Body: body}); err != nil {
							b.Error(err)
						}
					}
				})
			}
		}
		busy.Wait()
		cpu, began := p.CPU(), time.Now()
		for i, name := range names(manyBoxes) {
			all[i].link(b, p.URL(), name)
		}
		empty(b, all)
		n := float64(*events / manyBoxes / 4 * 4 * manyBoxes)
		took := time.Since(began).Seconds()
		b.ReportMetric(float64((p.CPU()-cpu).Microseconds())/n, "us/event")
		b.ReportMetric(n/took, "events/s")
		b.ReportMetric(n/took/sink, "xsink")
	}
}

// BenchmarkLatency is fifty boxes that say 200 events a second in all: how long each
// is in its outbox.
func BenchmarkLatency(b *testing.B) {
	for b.Loop() {
		p := startProcess(b)
		all := make([]*watched, manyBoxes)
		for i, name := range names(manyBoxes) {
			all[i] = openWatched(b)
			all[i].link(b, p.URL(), name)
			all[i].put(b, name, event.FireVisual) // they are linked when it is gone
		}
		empty(b, all)
		var busy sync.WaitGroup
		for i, name := range names(manyBoxes) {
			busy.Go(func() {
				time.Sleep(time.Duration(i) * 5 * time.Millisecond)
				for end := time.Now().Add(*steady); time.Now().Before(end); time.Sleep(manyBoxes * 5 * time.Millisecond) {
					all[i].put(b, name, event.Motion)
				}
			})
		}
		busy.Wait()
		empty(b, all)
		took := times(all, event.Minor)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	}
}

// BenchmarkBacklog is one box that comes back with a long backlog, and a fire every
// fifth of a second: "alarm-ms" is the slowest of these, "xsink" how the backlog drains
// by what the bare store does.
func BenchmarkBacklog(b *testing.B) {
	for b.Loop() {
		sink := bareSink(b, max(min(*backlog, 100_000), 5000))
		p := startProcess(b)
		w := openWatched(b)
		const name = "box-1"
		var busy sync.WaitGroup
		for range 100 {
			busy.Go(func() {
				for range *backlog / 100 {
					id, body := encoded(b, name, event.Motion)
					if err := w.Put(context.Background(), outbox.Message{ID: id, Priority: int(event.Minor), Body: body}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		busy.Wait()
		began := time.Now()
		w.link(b, p.URL(), name)
		w.put(b, name, event.FireVisual)
		within(b, time.Minute, "the box is linked", func() bool { return len(times([]*watched{w}, event.Urgent)) == 1 })
		for waits := true; waits; {
			w.put(b, name, event.FireVisual)
			time.Sleep(200 * time.Millisecond)
			s, err := w.Stats()
			waits = err != nil || s.Waiting[event.Minor-1] > 0
		}
		rate := float64(*backlog) / time.Since(began).Seconds()
		empty(b, []*watched{w})
		alarms := times([]*watched{w}, event.Urgent)
		b.ReportMetric(rate, "events/s")
		b.ReportMetric(rate/sink, "xsink")
		b.ReportMetric(float64(alarms[len(alarms)-1].Microseconds())/1000, "alarm-ms")
	}
}
