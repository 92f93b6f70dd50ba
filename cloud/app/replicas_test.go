package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	_ "github.com/jackc/pgx/v5/stdlib"

	"eastgate/cloud/app"
	"eastgate/cloud/config"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

const replicaEnv = "CLOUD_REPLICA" // the configuration of a replica that a test starts

func TestMain(m *testing.M) {
	if path := os.Getenv(replicaEnv); path != "" {
		replica(path)
		return
	}
	defer storetest.Stop()
	m.Run()
}

// replica is a cloud in a process of its own, which can be killed.
func replica(path string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f, err := config.Load(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	c, err := app.New(ctx, f, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Fprintln(os.Stderr, c.Run(ctx), c.Close())
}

func startReplica(t *testing.T, name, store, broker string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "cloud.yml")
	conf := fmt.Sprintf("listen: 127.0.0.1:0\nstore: %q\nevidence_dir: %q\nbroker: {url: %q}\nboxes: {listen: \"127.0.0.1:0\"}\nauthority: {dir: %q}\n", store, filepath.Join(dir, "evidence"), broker, filepath.Join(dir, "authority"))
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), replicaEnv+"="+path)
	cmd.Stderr = prefixed{name, t.Output()}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

type prefixed struct {
	name string
	w    io.Writer
}

func (p prefixed) Write(b []byte) (int, error) {
	_, err := fmt.Fprintf(p.w, "%s: %s", p.name, b)
	return len(b), err
}

// A box sends events until the cloud has acknowledged all of them, as real boxes do.
type box struct {
	site, epoch string
	client      mqtt.Client
	mu          sync.Mutex
	waiting     map[uint64]wire.Queued
	acked       atomic.Int64
}

const perBox = 150

func newBox(t *testing.T, site, broker string) *box {
	t.Helper()
	b := &box{site: site, epoch: wire.NewEpoch(), waiting: map[uint64]wire.Queued{}}
	for seq := uint64(1); seq <= perBox; seq++ {
		id, now := event.NewID(), time.Now().UTC()
		e := event.Event{
			ID: id, Episode: id, Source: event.NewSource(site, "gate-1", "yard"), Kind: event.Motion, State: event.Start, Time: now, Since: now,
			Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: "Actual",
		}
		body, err := wire.EncodeEvent(&e)
		if err != nil {
			t.Fatal(err)
		}
		b.waiting[seq] = wire.Queued{Position: wire.Position{Epoch: b.epoch, Priority: event.Minor, Sequence: seq}, Body: body}
	}
	u, _ := url.Parse(broker)
	b.client = mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + u.Host).SetClientID(site).SetOrderMatters(false))
	if token := b.client.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { b.client.Disconnect(0) })
	if token := b.client.Subscribe(wire.Topic(site, "gate-1", wire.Acks), 0, b.ack); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	return b
}

func (b *box) ack(_ mqtt.Client, m mqtt.Message) {
	a, err := wire.DecodeAck(m.Payload())
	if err != nil || a.Epoch != b.epoch {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range a.Ranges {
		for seq := r.First; seq <= r.Last; seq++ {
			if _, there := b.waiting[seq]; there {
				delete(b.waiting, seq)
				b.acked.Add(1)
			}
		}
	}
}

// send sends what waits, a few at a time, until nothing does or ctx ends.
func (b *box) send(ctx context.Context) {
	for ctx.Err() == nil {
		b.mu.Lock()
		var batch []wire.Queued
		for seq := uint64(1); seq <= perBox && len(batch) < 10; seq++ {
			if q, ok := b.waiting[seq]; ok {
				batch = append(batch, q)
			}
		}
		b.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		b.client.Publish(wire.Topic(b.site, "gate-1", wire.Event), 1, false, wire.AppendBatch(nil, batch))
		select {
		case <-ctx.Done():
		case <-time.After(60 * time.Millisecond):
		}
	}
}

// TestTwoReplicasOneKilled: two clouds share a database and an outside broker; one
// is killed under load. Every event is there once, and is folded once.
func TestTwoReplicasOneKilled(t *testing.T) {
	address := storetest.Postgres(t)
	broker := brokertest.Mosquitto(t).URL()
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first := startReplica(t, "first", address, broker)
	startReplica(t, "second", address, broker)
	await(t, db, "SELECT count(*) FROM (SELECT holder FROM leases WHERE name LIKE 'shard/%' GROUP BY holder HAVING count(*) = 32) AS halves", 2)

	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var boxes []*box
	for n := range 12 {
		boxes = append(boxes, newBox(t, fmt.Sprintf("site-%02d", n), broker))
	}
	acked := func() (n int64) {
		for _, b := range boxes {
			n += b.acked.Load()
		}
		return n
	}
	var sending sync.WaitGroup
	for _, b := range boxes {
		sending.Go(func() { b.send(ctx) })
	}
	total := int64(len(boxes) * perBox)
	for acked() < total/3 && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	first.Process.Kill() // no word to anybody
	t.Logf("killed the first after %d of %d", acked(), total)
	sending.Wait()
	if n := acked(); n != total {
		t.Fatalf("%d of %d events were acknowledged", n, total)
	}
	for query, want := range map[string]int64{
		"SELECT count(*) FROM events":                  total,
		"SELECT count(DISTINCT id) FROM events":        total,
		"SELECT count(DISTINCT position) FROM events":  total,
		"SELECT count(DISTINCT episode) FROM episodes": total,
	} {
		await(t, db, query, want) // the fold follows
	}
}

// await waits until a query gives what it must.
func await(t *testing.T, db *sql.DB, query string, want int64) {
	t.Helper()
	var got int64
	var err error
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = db.QueryRowContext(t.Context(), query).Scan(&got); err == nil && got == want {
			return
		}
	}
	t.Fatalf("%s: %d, want %d (%v)", query, got, want, err)
}
