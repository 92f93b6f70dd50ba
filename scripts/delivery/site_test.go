package delivery

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/ingest"
	"eastgate/cloud/store"
	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// TestMain lets this program also be a member of a cluster, or a cloud to be killed.
func TestMain(m *testing.M) {
	brokertest.Serve()
	serveCloud()
	os.Exit(m.Run())
}

var quiet = slog.New(slog.DiscardHandler)

// password opens every broker of these tests.
const password = "word"

// A box is an outbox and its uplink, as in a gateway.
type box struct {
	name   string
	outbox *outbox.Box
	mu     sync.Mutex
	ids    []string // of the events that were put
}

// startBox runs a box until t ends.
func startBox(t testing.TB, broker, name string) *box {
	t.Helper()
	b := &box{name: name}
	var err error
	b.outbox, err = outbox.Open(outbox.Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 8 << 30}, outbox.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	b.link(t, broker)
	return b
}

// link runs the uplink until t ends; then the outbox is closed.
func (b *box) link(t testing.TB, broker string) {
	t.Helper()
	up, err := uplink.New(uplink.Config{
		Site: "garden", Box: b.name, Broker: broker, Secret: secret.New(password), Health: func() wire.BoxHealth { return wire.BoxHealth{} },
		RetryMin: 50 * time.Millisecond, RetryMax: time.Second,
	}, b.outbox, uplink.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	background(t, up.Run, b.outbox.Close)
}

// background runs something until t ends, and then something to close.
func background(t testing.TB, run func(context.Context) error, closing func() error) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := closing(); err != nil {
			t.Error(err)
		}
	})
}

// put keeps an event of a kind and returns its ID.
func (b *box) put(t testing.TB, kind event.Kind) string {
	t.Helper()
	id, body := encoded(t, b.name, kind)
	if err := b.outbox.Put(context.Background(), outbox.Message{ID: id, Priority: int(kind.Level()), Body: body}); err != nil {
		t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids = append(b.ids, id)
	return id
}

func encoded(t testing.TB, box string, kind event.Kind) (id string, body []byte) {
	t.Helper()
	id, now := event.NewID(), time.Now()
	body, err := wire.EncodeEvent(&event.Event{
		ID: id, Episode: id, Source: event.NewSource("garden", box, "yard"), Kind: kind, State: event.Start, Time: now, Since: now,
		Certainty: "Possible", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual",
	})
	if err != nil {
		t.Error(err)
	}
	return id, body
}

// waiting is how many events are in the outboxes.
func waiting(t testing.TB, boxes []*box) (n int64) {
	t.Helper()
	for _, b := range boxes {
		s, err := b.outbox.Stats()
		if err != nil {
			t.Fatal(err)
		}
		n += s.Total()
	}
	return n
}

// within waits until something is so.
func within(t testing.TB, d time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("not within %v: %s", d, what)
}

// A cloud is a store and the ingest before it, in this process.
type cloud struct {
	store  *store.Store
	ingest *ingest.Ingest
}

// startCloud runs one until t ends.
func startCloud(t testing.TB, broker string) *cloud {
	t.Helper()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "cloud.db"))
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{store: st}
	c.ingest = ingest.New(ingest.Config{Broker: broker, Username: "cloud", Password: password, ClientID: "cloud-test", CanaryEvery: time.Second},
		st, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), quiet)
	background(t, c.ingest.Run, st.Close)
	within(t, time.Minute, "the cloud listens", func() bool { return c.ingest.Check(t.Context()) == nil })
	return c
}

// conserved checks that every event that was put is a row, that there is no other
// row, and that the cloud sees no gap.
func conserved(t *testing.T, st *store.Store, boxes []*box) {
	t.Helper()
	rows := map[string]int{}
	stored, err := st.Unfolded(context.Background(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stored {
		rows[s.Event.ID]++
	}
	put := 0
	for _, b := range boxes {
		for _, id := range b.ids {
			put++
			if rows[id] != 1 {
				t.Fatalf("event %s of %s is in %d rows", id, b.name, rows[id])
			}
		}
	}
	gaps, err := st.Gaps(context.Background())
	if err != nil || len(stored) != put || len(gaps) != 0 {
		t.Errorf("%d events put, %d rows, gaps %v, %v", put, len(stored), gaps, err)
	}
}

// produce lets n boxes put each many events of all priorities at an even pace, and
// calls fault when a third is out.
func produce(t *testing.T, boxes []*box, each int, fault func()) {
	t.Helper()
	kinds := []event.Kind{event.Motion, event.Motion, event.ParkingMotor, event.Tamper, event.FireVisual}
	var busy sync.WaitGroup
	var third sync.Once
	for _, b := range boxes {
		busy.Go(func() {
			for i := range each {
				b.put(t, kinds[i%len(kinds)])
				if i == each/3 {
					third.Do(fault)
				}
			}
		})
	}
	busy.Wait()
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("box-%d", i+1))
	}
	return out
}
