package broker

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// only knows boxes a/one and a/two, whose secrets are their names.
type only struct{}

func (only) Check(_ context.Context, site, box, secret string) error {
	if site == "a" && (box == "one" || box == "two") && secret == box {
		return nil
	}
	return errors.New("unknown")
}

func start(t *testing.T) *Broker {
	t.Helper()
	b, err := New(Config{Secret: only{}.Check, Listen: "127.0.0.1:0", Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func client(t *testing.T, b *Broker, user, password string) (mqtt.Client, error) {
	t.Helper()
	o := mqtt.NewClientOptions().AddBroker(b.URL()).SetClientID(event.NewID()).
		SetUsername(user).SetPassword(password).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second)
	c := mqtt.NewClient(o)
	token := c.Connect()
	if !token.WaitTimeout(10 * time.Second) {
		t.Fatal("the broker does not answer")
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c, token.Error()
}

func TestWhoComesIn(t *testing.T) {
	b := start(t)
	for _, c := range []struct {
		user, password string
		in             bool
	}{
		{"a/one", "one", true},
		{"a/one", "two", false},
		{"a/three", "three", false},
		{"nobody", "", false},
		{Cloud, b.Secret(), true},
		{Cloud, "guess", false},
	} {
		if _, err := client(t, b, c.user, c.password); (err == nil) != c.in {
			t.Errorf("%s with %q: %v", c.user, c.password, err)
		}
	}
}

// TestABoxSpeaksOnlyAsItself has box two try to speak and listen as box one.
func TestABoxSpeaksOnlyAsItself(t *testing.T) {
	b := start(t)
	cloud, err := client(t, b, Cloud, b.Secret())
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	heard := map[string]int{}
	if token := cloud.Subscribe(wire.Filter(wire.Event), 1, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		heard[m.Topic()+" "+string(m.Payload())]++
		mu.Unlock()
	}); !token.WaitTimeout(5*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	one, err := client(t, b, "a/one", "one")
	if err != nil {
		t.Fatal(err)
	}
	acks := make(chan string, 10)
	ackTopic := wire.Topic("a", "one", wire.Acks)
	token := one.Subscribe(ackTopic, 0, func(_ mqtt.Client, m mqtt.Message) { acks <- string(m.Payload()) })
	if !token.WaitTimeout(5*time.Second) || token.(*mqtt.SubscribeToken).Result()[ackTopic] > 2 {
		t.Fatal("box one may not hear its own acknowledgements")
	}
	two, err := client(t, b, "a/two", "two")
	if err != nil {
		t.Fatal(err)
	}
	if token := two.Subscribe(ackTopic, 0, nil); token.WaitTimeout(5*time.Second) && token.(*mqtt.SubscribeToken).Result()[ackTopic] <= 2 {
		t.Error("box two hears what is said to box one")
	}
	two, err = client(t, b, "a/two", "two") // the broker may have closed the first link
	if err != nil {
		t.Fatal(err)
	}
	two.Publish(wire.Topic("a", "one", wire.Event), 1, false, "forged").WaitTimeout(time.Second)
	two2, err := client(t, b, "a/two", "two")
	if err != nil {
		t.Fatal(err)
	}
	if token := two2.Publish(wire.Topic("a", "two", wire.Event), 1, false, "own"); !token.WaitTimeout(5*time.Second) || token.Error() != nil {
		t.Error("box two may not speak as itself:", token.Error())
	}
	cloud.Publish(ackTopic, 0, false, "committed")
	select {
	case <-acks:
	case <-time.After(5 * time.Second):
		t.Error("the acknowledgement did not reach box one")
	}
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		mu.Lock()
		done := heard[wire.Topic("a", "two", wire.Event)+" own"] > 0
		mu.Unlock()
		if done {
			break
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(heard) != 1 || heard[wire.Topic("a", "two", wire.Event)+" own"] != 1 {
		t.Errorf("the cloud heard %v", heard)
	}
}

func TestATakenPortIsSaid(t *testing.T) {
	b := start(t)
	_, err := New(Config{Secret: only{}.Check, Listen: strings.TrimPrefix(b.URL(), "mqtt://"), Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}
