package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/ingest"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// A bench is a broker, a store and the ingest between them.
type bench struct {
	broker *brokertest.Broker
	store  *store.Store
	fails  *failing
	ingest *ingest.Ingest
	wakes  atomic.Int64
}

// failing is a store that can be told to fail, as a full disk does.
type failing struct {
	*store.Store
	on atomic.Bool
}

func (f *failing) Record(ctx context.Context, site, box string, items []wire.Item, refused []wire.Refusal) (ingest.Recording, error) {
	if f.on.Load() {
		return ingest.Recording{}, errors.New("database or disk is full")
	}
	return f.Store.Record(ctx, site, box, items, refused)
}

func start(t testing.TB) *bench {
	t.Helper()
	st, err := store.Open(t.Context(), storetest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{broker: brokertest.Start(t, "word"), store: st, fails: &failing{Store: st}}
	b.run(t, ingest.Config{Broker: b.broker.URL(), Username: "cloud", Password: "word", ClientID: "cloud-test"})
	return b
}

// run starts the ingest, until t ends.
func (b *bench) run(t testing.TB, c ingest.Config) {
	t.Helper()
	b.ingest = ingest.New(c, b.fails, func() { b.wakes.Add(1) }, ingest.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.ingest.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		b.store.Close()
	})
	within(t, "the ingest listens", func() bool { return b.ingest.Check(t.Context()) == nil })
}

func within(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// TestAnOutsideBroker: what `broker: {url: …}` asks for, with a broker that is not ours.
func TestAnOutsideBroker(t *testing.T) {
	b := start(t)
	url := brokertest.Mosquitto(t).URL()
	g := ingest.New(ingest.Config{Broker: url, ClientID: "cloud-outside"}, b.store, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
	})
	within(t, "it listens", func() bool { return g.Check(t.Context()) == nil })
	x := connect(t, url, "gate-1")
	x.say(t, "gate-1", wire.Event, batch(t, wire.NewEpoch(), 1, 7))
	within(t, "stored and acknowledged", func() bool { return x.acked() == 7 && b.events(t) == 7 })
}

func (f *failing) KeepCoverage(ctx context.Context, site, box string, days []wire.CoverageDay) error {
	if f.on.Load() {
		return errors.New("database or disk is full")
	}
	return f.Store.KeepCoverage(ctx, site, box, days)
}

// A box publishes batches and gathers acknowledgements.
type box struct {
	client mqtt.Client
	mu     sync.Mutex
	acks   []wire.Ack
}

func (b *bench) box(t testing.TB, name string) *box {
	t.Helper()
	return connect(t, b.broker.URL(), name)
}

func connect(t testing.TB, url, name string) *box {
	t.Helper()
	x := &box{}
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID(event.NewID()).SetUsername("garden/" + name).SetPassword("word").SetOrderMatters(false)
	x.client = mqtt.NewClient(o)
	if token := x.client.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { x.client.Disconnect(0) })
	token := x.client.Subscribe(wire.Topic("garden", name, wire.Acks), 0, func(_ mqtt.Client, m mqtt.Message) {
		a, err := wire.DecodeAck(m.Payload())
		if err != nil {
			t.Error(err)
			return
		}
		x.mu.Lock()
		x.acks = append(x.acks, a)
		x.mu.Unlock()
	})
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	return x
}

func (x *box) say(t testing.TB, name, what string, payload []byte) {
	t.Helper()
	if token := x.client.Publish(wire.Topic("garden", name, what), 1, false, payload); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal("publish:", token.Error())
	}
}

func (x *box) acked() (n uint64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, a := range x.acks {
		for _, r := range a.Ranges {
			n += r.Last - r.First + 1
		}
	}
	return n
}

// batch makes n events from a sequence on.
func batch(t testing.TB, epoch string, first uint64, n int) []byte {
	t.Helper()
	items := make([]wire.Queued, n)
	for i := range items {
		id, now := event.NewID(), time.Now().UTC()
		body, err := wire.EncodeEvent(&event.Event{
			ID: id, Episode: id, Source: "/garden/gate-1/yard", Kind: event.Motion, State: event.Start, Time: now, Since: now,
			Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: "Actual",
		})
		if err != nil {
			t.Fatal(err)
		}
		items[i] = wire.Queued{Position: wire.Position{Epoch: epoch, Priority: event.Minor, Sequence: first + uint64(i)}, Body: body}
	}
	return wire.AppendBatch(nil, items)
}

func (b *bench) events(t testing.TB) int64 {
	t.Helper()
	n, err := b.store.Events(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStoredThenAcknowledgedOnce(t *testing.T) {
	b := start(t)
	x := b.box(t, "gate-1")
	payload := batch(t, wire.NewEpoch(), 1, 50)
	for range 3 { // the box has not heard and says it again
		x.say(t, "gate-1", wire.Event, payload)
	}
	within(t, "every time is acknowledged", func() bool { return x.acked() == 150 })
	if n := b.events(t); n != 50 || b.wakes.Load() != 1 {
		t.Errorf("%d events stored and %d wakes; want 50 and 1", n, b.wakes.Load())
	}
}

func TestAFullDiskGetsNoAcknowledgement(t *testing.T) {
	b := start(t)
	x := b.box(t, "gate-1")
	b.fails.on.Store(true)
	payload := batch(t, wire.NewEpoch(), 1, 5)
	x.say(t, "gate-1", wire.Event, payload)
	time.Sleep(300 * time.Millisecond)
	if n := x.acked(); n != 0 {
		t.Fatalf("%d acknowledged that are nowhere", n)
	}
	b.fails.on.Store(false)
	x.say(t, "gate-1", wire.Event, payload)
	within(t, "with room again it is stored", func() bool { return x.acked() == 5 && b.events(t) == 5 })
}

func TestWhatIsNoEventIsKeptAsideAndAcknowledged(t *testing.T) {
	b := start(t)
	x := b.box(t, "gate-1")
	payload := strings.Replace(string(batch(t, wire.NewEpoch(), 1, 1)), `"kind":"security.motion"`, `"kind":"person.face"`, 1)
	x.say(t, "gate-1", wire.Event, []byte("nonsense"))
	x.say(t, "gate-1", wire.Event, []byte(payload))
	within(t, "the refused one is acknowledged", func() bool { return x.acked() == 1 })
	if n, err := b.store.Refusals(t.Context()); n != 1 || err != nil || b.events(t) != 0 {
		t.Errorf("%d kept aside (%v), %d events", n, err, b.events(t))
	}
}

func TestARestartedBrokerIsFoundAgain(t *testing.T) {
	b := start(t)
	b.broker.Stop()
	within(t, "the fault is known", func() bool { return b.ingest.Check(t.Context()) != nil })
	b.broker.Start()
	within(t, "it listens again", func() bool { return b.ingest.Check(t.Context()) == nil })
	x := b.box(t, "gate-1")
	x.say(t, "gate-1", wire.Event, batch(t, wire.NewEpoch(), 1, 3))
	within(t, "events come in", func() bool { return x.acked() == 3 })
}

func TestTwoBoxesUnderOneName(t *testing.T) {
	b := start(t)
	x := b.box(t, "gate-1")
	epoch := wire.NewEpoch()
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 1, 2))
	within(t, "the first is stored", func() bool { return x.acked() == 2 })
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 1, 2)) // other events at the same places
	within(t, "the copy's events are stored too, and the clash is an event", func() bool { return x.acked() == 4 && b.events(t) == 5 })

	for _, e := range []string{"01J0000000000000000000000A", "01J0000000000000000000000B", "01J0000000000000000000000A"} {
		x.say(t, "gate-2", wire.Status, fmt.Appendf(nil, `{"online":true,"epoch":%q,"host":%q}`, e, "host-"+e[25:]))
		time.Sleep(50 * time.Millisecond)
	}
	within(t, "turns under one name are an event", func() bool { return b.events(t) == 6 })
}

// BenchmarkIngest is the whole way: batches of 50 over the broker, decoded,
// committed and acknowledged. "xstore" is how it compares with the bare store
// taking the same batches in the same run.
func BenchmarkIngest(b *testing.B) {
	bench := start(b)
	x := bench.box(b, "gate-1")
	epoch, next := wire.NewEpoch(), uint64(1)
	const batches = 20
	var bare, whole time.Duration
	for b.Loop() {
		payloads := make([][]byte, 2*batches)
		for i := range payloads {
			payloads[i] = batch(b, epoch, next, 50)
			next += 50
		}
		began := time.Now()
		var wg sync.WaitGroup
		for _, p := range payloads[:batches] {
			wg.Go(func() {
				items, _, err := wire.DecodeBatch(p, "garden", "gate-1")
				if err == nil {
					_, err = bench.store.Record(context.Background(), "garden", "gate-1", items, nil)
				}
				if err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		bare += time.Since(began)
		began, before := time.Now(), x.acked()
		for _, p := range payloads[batches:] {
			x.client.Publish(wire.Topic("garden", "gate-1", wire.Event), 1, false, p)
		}
		within(b, "all are acknowledged", func() bool { return x.acked() == before+batches*50 })
		whole += time.Since(began)
	}
	b.ReportMetric(float64(whole.Nanoseconds())/float64(b.N*batches*50), "ns/event")
	b.ReportMetric(bare.Seconds()/whole.Seconds(), "xstore")
}
