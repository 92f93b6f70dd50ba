package uplink

import (
	"testing"
	"time"

	"eastgate/shared/brokertest"
	"eastgate/shared/event"
)

// TestLostAcknowledgementsCostNothing: the cloud has everything and its words were
// lost. On a new link the box hears so, and sends nothing of it again.
func TestLostAcknowledgementsCostNothing(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	proxy := brokertest.NewProxy(t, broker.URL())
	c := startCloud(t, broker.URL())
	c.setMute(true)
	run(t, proxy.URL(), "word", box)
	put(t, box, event.Motion, 300)
	within(t, 30*time.Second, "the cloud has all", func() bool { return c.count() == 300 })
	c.mu.Lock()
	hellos := len(c.hellos)
	c.mu.Unlock()
	if hellos == 0 {
		t.Fatal("the box never said hello")
	}
	proxy.Cut()
	within(t, 30*time.Second, "the outbox is empty", func() bool { return waiting(t, box) == 0 })
	c.mu.Lock()
	defer c.mu.Unlock()
	// What the old link had sent last may still have been on its way.
	if again := len(c.order) - c.before[hellos]; len(c.hellos) <= hellos || again > 100 {
		t.Errorf("%d of 300 events came again after the hello", again)
	}
	last := c.hellos[len(c.hellos)-1]
	if s := last.Streams[3]; last.Epoch != box.Epoch() || s.Priority != 4 || s.First == 0 || s.Next != 301 {
		t.Errorf("it said %+v", last)
	}
}

// TestACloudThatDoesNotAnswerAHelloGetsEverything: urgent events at once, the others
// after a moment.
func TestACloudThatDoesNotAnswerAHelloGetsEverything(t *testing.T) {
	broker, box := brokertest.Start(t, "word"), open(t)
	c := startCloud(t, broker.URL())
	c.mu.Lock()
	c.rude = true
	c.mu.Unlock()
	put(t, box, event.Motion, 100)
	put(t, box, event.FireVisual, 1)
	run(t, broker.URL(), "word", box)
	within(t, 30*time.Second, "all have left", func() bool { return waiting(t, box) == 0 })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.order[0] != event.Urgent || len(c.hellos) == 0 {
		t.Errorf("%d hellos; the fire did not come first", len(c.hellos))
	}
}
