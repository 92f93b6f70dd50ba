package delivery

import (
	"context"
	"encoding/json"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/command"
	"eastgate/cloud/ingest"
	"eastgate/cloud/store"
	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/brokertest"
	"eastgate/shared/secret"
	"eastgate/shared/wire"

	edge "eastgate/edge/command"
)

// commanding runs a cloud that can ask boxes.
func commanding(t *testing.T, broker string) *command.Engine {
	t.Helper()
	st, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "cloud.db"))
	if err != nil {
		t.Fatal(err)
	}
	var in *ingest.Ingest
	e := command.New(st, command.Options{
		Say: func(topic string, payload []byte) error { return in.Say(topic, payload) }, Metrics: command.NewMetrics(prometheus.NewRegistry()), Log: quiet,
	})
	in = ingest.New(ingest.Config{Broker: broker, Username: "cloud", Password: password, ClientID: "cloud-test", CanaryEvery: time.Second, Results: e.Result},
		st, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), quiet)
	background(t, in.Run, st.Close)
	background(t, e.Run, func() error { return nil })
	within(t, time.Minute, "the cloud listens", func() bool { return in.Check(t.Context()) == nil })
	return e
}

// obeying runs a box that does one command, "open", whose memory is in dir.
func obeying(t *testing.T, broker, dir string, open edge.Handler) {
	t.Helper()
	out, err := outbox.Open(outbox.Config{Path: filepath.Join(dir, "outbox.db"), MaxBytes: 64 << 20}, outbox.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	r, err := edge.Open(edge.Config{Dir: filepath.Join(dir, "commands")}, edge.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	r.Handle("open", open)
	up, err := uplink.New(uplink.Config{
		Site: "garden", Box: "gate-1", Broker: broker, Secret: secret.New(password), Health: func() wire.BoxHealth { return wire.BoxHealth{} },
		Commands: r, RetryMin: 50 * time.Millisecond, RetryMax: time.Second,
	}, out, uplink.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	background(t, up.Run, out.Close)
	background(t, r.Run, func() error { return nil })
}

func order(ttl time.Duration) command.Order {
	return command.Order{Site: "garden", Box: "gate-1", Name: "open", Args: map[string]string{"gate": "north"}, TTL: ttl, By: "zhao"}
}

func ended(t *testing.T, e *command.Engine, id string) command.Command {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	c, err := e.Wait(ctx, id)
	if err != nil || !c.Over() {
		t.Fatalf("%+v, %v: want that it ends", c, err)
	}
	return c
}

// TestACommandIsDoneOnceThoughItComesOften: somebody says it three times at once, the
// cloud says it again, and the broker dies before the box has answered.
func TestACommandIsDoneOnceThoughItComesOften(t *testing.T) {
	b := brokertest.Mosquitto(t)
	e := commanding(t, b.URL())
	var times atomic.Int32
	begun, release := make(chan struct{}, 9), make(chan struct{})
	obeying(t, b.URL(), t.TempDir(), func(_ context.Context, args json.RawMessage) (any, error) {
		begun <- struct{}{}
		<-release
		return map[string]any{"times": times.Add(1), "args": args}, nil
	})
	c, err := e.Send(t.Context(), order(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	again(b)()
	close(release) // it ends while there may be no link
	got := ended(t, e, c.ID)
	if got.State != wire.Done || string(got.Data) != `{"args":{"gate":"north"},"times":1}` {
		t.Errorf("it ended as %+v: want it done the first time", got)
	}
	other := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(b.URL()).SetClientID("other"))
	if tok := other.Connect(); !tok.WaitTimeout(time.Minute) || tok.Error() != nil {
		t.Fatal(tok.Error())
	}
	defer other.Disconnect(0)
	answers := make(chan wire.BoxResult, 9)
	other.Subscribe(wire.Topic("garden", "gate-1", wire.Result), 1, func(_ mqtt.Client, m mqtt.Message) {
		if r, err := wire.DecodeResult(m.Payload()); err == nil {
			answers <- r
		}
	}).WaitTimeout(time.Minute)
	for range 3 {
		other.Publish(wire.Topic("garden", "gate-1", wire.Command), 1, false,
			wire.BoxCommand{ID: c.ID, Name: c.Name, Args: c.Args, Sent: time.Now(), Expires: time.Now().Add(time.Minute)}.Encode())
	}
	for range 3 {
		select {
		case r := <-answers:
			if r.State != wire.Done || string(r.Data) != string(got.Data) {
				t.Errorf("a repeat is answered with %+v: want the first result", r)
			}
		case <-time.After(time.Minute):
			t.Fatal("a repeat is not answered")
		}
	}
	if n := times.Load(); n != 1 {
		t.Errorf("it was done %d times", n)
	}
}

// TestACommandWaitsForItsBox: the box comes later, and one whose time is over by then
// is not done.
func TestACommandWaitsForItsBox(t *testing.T) {
	b := brokertest.Mosquitto(t)
	e := commanding(t, b.URL())
	late, err := e.Send(t.Context(), order(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	patient, err := e.Send(t.Context(), order(10*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	within(t, time.Minute, "one is over", func() bool { return time.Now().After(late.Expires) })
	var times atomic.Int32
	obeying(t, b.URL(), t.TempDir(), func(context.Context, json.RawMessage) (any, error) { return times.Add(1), nil })
	if got := ended(t, e, patient.ID); got.State != wire.Done {
		t.Errorf("what waited ended as %+v", got)
	}
	if got := ended(t, e, late.ID); got.State != wire.Expired || times.Load() != 1 {
		t.Errorf("what was over ended as %+v, and %d were done: want it expired", got, times.Load())
	}
}
