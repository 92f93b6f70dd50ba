package uplink

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/outbox"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// A cloud takes events and acknowledges them, as the real one does.
type cloud struct {
	client mqtt.Client
	mu     sync.Mutex
	seen   map[string]int // by event id
	order  []event.Level
	mute   bool                     // takes and does not acknowledge
	rude   bool                     // answers no hello
	have   map[event.Level][]uint64 // what it has taken
	hellos []wire.BoxHello
	before []int // how many events had come at each hello
}

func startCloud(t *testing.T, url string) *cloud {
	t.Helper()
	c := &cloud{seen: map[string]int{}, have: map[event.Level][]uint64{}}
	o := mqtt.NewClientOptions().AddBroker(url).SetClientID("cloud" + event.NewID()).SetUsername("cloud").SetPassword("word").
		SetConnectRetry(true).SetConnectRetryInterval(50 * time.Millisecond).SetMaxReconnectInterval(200 * time.Millisecond).SetOrderMatters(false).
		SetOnConnectHandler(func(m mqtt.Client) {
			m.Subscribe(wire.Filter(wire.Event), 1, c.take)
			m.Subscribe(wire.Filter(wire.Hello), 1, c.greet)
		})
	c.client = mqtt.NewClient(o)
	if token := c.client.Connect(); !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	t.Cleanup(func() { c.client.Disconnect(0) })
	return c
}

func (c *cloud) take(m mqtt.Client, msg mqtt.Message) {
	site, box, _, _ := wire.ParseTopic(msg.Topic())
	items, _, err := wire.DecodeBatch(msg.Payload(), site, box)
	if err != nil {
		return
	}
	var ps []wire.Position
	c.mu.Lock()
	for _, it := range items {
		c.seen[it.Event.ID]++
		c.order = append(c.order, it.Priority)
		c.have[it.Priority] = append(c.have[it.Priority], it.Sequence)
		ps = append(ps, it.Position)
	}
	mute := c.mute
	c.mu.Unlock()
	if mute {
		return
	}
	for _, a := range wire.AcksFor(ps) {
		m.Publish(wire.Topic(site, box, wire.Acks), 0, false, a.Encode())
	}
}

// greet answers with what it has of what waits, also when it is mute to events.
func (c *cloud) greet(m mqtt.Client, msg mqtt.Message) {
	site, box, _, _ := wire.ParseTopic(msg.Topic())
	h, err := wire.DecodeHello(msg.Payload())
	if err != nil {
		return
	}
	answer := wire.Ack{Epoch: h.Epoch, Hello: true}
	c.mu.Lock()
	c.hellos, c.before = append(c.hellos, h), append(c.before, len(c.order))
	for _, s := range h.Streams {
		for _, seq := range c.have[s.Priority] {
			if seq >= s.First && seq < s.Next && len(answer.Ranges) < wire.MaxRanges {
				answer.Ranges = append(answer.Ranges, wire.Range{Priority: s.Priority, First: seq, Last: seq})
			}
		}
	}
	rude := c.rude
	c.mu.Unlock()
	if !rude {
		m.Publish(wire.Topic(site, box, wire.Acks), 0, false, answer.Encode())
	}
}

func (c *cloud) setMute(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = on
}

func (c *cloud) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.seen)
}

func open(t testing.TB) *outbox.Box {
	t.Helper()
	b, err := outbox.Open(outbox.Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 64 << 20},
		outbox.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// put keeps n events of a kind, many at once so that they share commits.
func put(t testing.TB, b *outbox.Box, kind event.Kind, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		id, now := event.NewID(), time.Now()
		e := event.Event{
			ID: id, Episode: id, Source: "/garden/gate-1/yard", Kind: kind, State: event.Start, Time: now, Since: now,
			Certainty: "Possible", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual",
		}
		body, err := wire.EncodeEvent(&e)
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			if err := b.Put(context.Background(), outbox.Message{ID: id, Priority: int(kind.Level()), Body: body}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func run(t *testing.T, url, password string, b *outbox.Box) *Uplink {
	t.Helper()
	return runWith(t, Config{Broker: url, Secret: secret.New(password)}, b)
}

// runWith runs an uplink with little patience until t ends.
func runWith(t *testing.T, c Config, b *outbox.Box) *Uplink {
	t.Helper()
	c.Site, c.Box, c.Health = "garden", "gate-1", func() wire.BoxHealth { return wire.BoxHealth{} }
	c.ResendAfter, c.ClashAfter, c.RetryMin, c.RetryMax = 300*time.Millisecond, 200*time.Millisecond, 20*time.Millisecond, 100*time.Millisecond
	u, err := New(c, b, NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- u.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return u
}

// within waits until something is so.
func within(t *testing.T, d time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("not within %v: %s", d, what)
}

func waiting(t *testing.T, b *outbox.Box) int64 {
	t.Helper()
	s, err := b.Stats()
	if err != nil {
		t.Fatal(err)
	}
	return s.Total()
}

func TestWhatIsAcknowledgedLeaves(t *testing.T) {
	for name, start := range map[string]func() string{
		"embedded broker": func() string { return brokertest.Start(t, "word").URL() },
		"mosquitto":       func() string { return brokertest.Mosquitto(t).URL() },
	} {
		t.Run(name, func(t *testing.T) {
			url, box := start(), open(t)
			put(t, box, event.Motion, 120)
			c := startCloud(t, url)
			u := run(t, url, "word", box)
			within(t, 30*time.Second, "the backlog has left", func() bool { return waiting(t, box) == 0 && c.count() == 120 })
			put(t, box, event.FireVisual, 1)
			within(t, 30*time.Second, "a new event has left", func() bool { return waiting(t, box) == 0 && c.count() == 121 })
			if s := u.State(); !s.Connected || s.LastAck == nil {
				t.Errorf("state %+v", s)
			}
		})
	}
}

func TestNothingLeavesWithoutAnAcknowledgement(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	c := startCloud(t, broker.URL())
	c.setMute(true)
	run(t, broker.URL(), "word", box)
	put(t, box, event.Tamper, 3)
	within(t, 30*time.Second, "the events have come, and come again", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		again := 0
		for _, n := range c.seen {
			if n > 1 {
				again++
			}
		}
		return again == 3
	})
	if n := waiting(t, box); n != 3 {
		t.Errorf("%d wait, want 3: the broker's word is no proof", n)
	}
	c.setMute(false)
	within(t, 30*time.Second, "they leave", func() bool { return waiting(t, box) == 0 })
}

func TestUrgentEventsOvertakeABacklog(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	put(t, box, event.Motion, 3000)
	c := startCloud(t, broker.URL())
	run(t, broker.URL(), "word", box)
	within(t, 30*time.Second, "the backlog flows", func() bool { return c.count() > 100 })
	put(t, box, event.FireVisual, 1)
	within(t, 20*time.Second, "all have left", func() bool { return waiting(t, box) == 0 })
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, p := range c.order {
		if p == event.Urgent {
			if behind := len(c.order) - i; behind < 500 {
				t.Errorf("the fire came as event %d of %d", i, len(c.order))
			}
			return
		}
	}
	t.Error("the fire never came")
}

func TestABrokenNetworkLosesNothing(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	proxy := brokertest.NewProxy(t, broker.URL())
	c := startCloud(t, broker.URL())
	run(t, proxy.URL(), "word", box)
	for round := range 6 {
		put(t, box, event.ParkingMotor, 20)
		switch round % 3 {
		case 0:
			proxy.Cut()
		case 1:
			proxy.Freeze()
			time.Sleep(200 * time.Millisecond)
			proxy.Thaw()
		case 2:
			broker.Stop()
			put(t, box, event.Motion, 10)
			broker.Start()
		}
	}
	within(t, 40*time.Second, "all have left", func() bool { return waiting(t, box) == 0 })
	if n := c.count(); n != 140 {
		t.Errorf("%d different events came, want 140", n)
	}
}

func TestWrongSecretIsSaid(t *testing.T) {
	broker := brokertest.Start(t, "word")
	u := run(t, broker.URL(), "guess", open(t))
	within(t, 30*time.Second, "the reason is known", func() bool { return strings.Contains(u.State().Fault, "Enrol the box again") })
	u = run(t, "mqtt://127.0.0.1:1", "word", open(t))
	within(t, 30*time.Second, "the reason is another", func() bool { return strings.Contains(u.State().Fault, "refused") })
}

func TestAnotherBoxUnderOurNameIsNoticed(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	c := startCloud(t, broker.URL())
	u := run(t, broker.URL(), "word", box)
	within(t, 30*time.Second, "linked", func() bool { return u.State().Connected })
	foreign := wire.Ack{Epoch: wire.NewEpoch(), Ranges: []wire.Range{{Priority: 1, First: 1, Last: 9}}}
	within(t, 30*time.Second, "the clash is known", func() bool {
		c.client.Publish(wire.Topic("garden", "gate-1", wire.Acks), 0, false, foreign.Encode())
		return strings.Contains(u.State().Clash, foreign.Epoch)
	})
	put(t, box, event.FireVisual, 1)
	within(t, 30*time.Second, "our own events go on", func() bool { return waiting(t, box) == 0 })
}
