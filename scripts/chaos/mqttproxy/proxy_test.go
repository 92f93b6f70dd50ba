package mqttproxy

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/brokertest"
)

// TestRepeatAndSwap has one client speak through a bad proxy and one listen
// through a good one.
func TestRepeatAndSwap(t *testing.T) {
	broker := brokertest.Start(t, "")
	p, err := New("127.0.0.1:0", strings.TrimPrefix(broker.URL(), "mqtt://"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	listen, speak := client(t, broker.URL(), "listen"), client(t, "mqtt://"+p.Addr(), "speak")
	var mu sync.Mutex
	var heard []string
	if s := listen.Subscribe("t", 1, func(_ mqtt.Client, m mqtt.Message) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, string(m.Payload()))
	}); !s.WaitTimeout(10 * time.Second) {
		t.Fatal("no subscription")
	}
	p.Set(Habit{Repeat: 0.3, Swap: 0.3})
	const n = 100
	for i := range n {
		speak.Publish("t", 1, false, fmt.Sprintf("%03d", i))
	}
	distinct, swapped := map[string]bool{}, false
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && len(distinct) < n; time.Sleep(20 * time.Millisecond) {
		mu.Lock()
		for i, w := range heard {
			distinct[w] = true
			swapped = swapped || (i > 0 && w < heard[i-1])
		}
		mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	if len(distinct) != n || len(heard) == n || !swapped {
		t.Errorf("%d of %d arrived, as %d; another order: %v", len(distinct), n, len(heard), swapped)
	}
}

// TestCutAndRefuse looks at a client's link.
func TestCutAndRefuse(t *testing.T) {
	broker := brokertest.Start(t, "")
	p, err := New("127.0.0.1:0", strings.TrimPrefix(broker.URL(), "mqtt://"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	c := client(t, "mqtt://"+p.Addr(), "cut")
	p.Refuse(true)
	for end := time.Now().Add(30 * time.Second); c.IsConnectionOpen(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the link is still open")
		}
	}
	o := mqtt.NewClientOptions().AddBroker("mqtt://" + p.Addr()).SetConnectTimeout(5 * time.Second)
	if s := mqtt.NewClient(o).Connect(); s.WaitTimeout(10*time.Second) && s.Error() == nil {
		t.Error("a link was let in")
	}
	p.Refuse(false)
	client(t, "mqtt://"+p.Addr(), "again")
}

func client(t *testing.T, url, id string) mqtt.Client {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(url).SetClientID(id).SetAutoReconnect(false).SetConnectTimeout(5 * time.Second))
	if s := c.Connect(); !s.WaitTimeout(10*time.Second) || s.Error() != nil {
		t.Fatal("connect:", s.Error())
	}
	t.Cleanup(func() { c.Disconnect(0) })
	return c
}
