package broker

import (
	"context"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"eastgate/shared/wire"
)

// TestAfterAFullDiskItGoesOn lets writes fail for a while, by a limit on the size
// of files: the broker must take messages again when they succeed again.
func TestAfterAFullDiskItGoesOn(t *testing.T) {
	b := start(t)
	c, err := client(t, b, Cloud, b.Secret())
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Subscribe(wire.Filter(wire.Event), 1, nil); !s.WaitTimeout(10*time.Second) || s.Error() != nil {
		t.Fatal("subscribe:", s.Error())
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	full := func(yes bool) {
		limit := was
		if yes {
			limit.Cur = 16
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	full(true)
	defer full(false)
	waitFor(t, "the broker notices", func() bool {
		c.Publish(wire.Topic("a", "one", wire.Event), 1, false, make([]byte, 100)).WaitTimeout(100 * time.Millisecond)
		return b.Check(t.Context()) != nil
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	full(false)
	waitFor(t, "the broker takes messages again", func() bool { return b.Check(t.Context()) == nil && publish(t, b) })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// publish reports whether the broker confirms a message.
func publish(t *testing.T, b *Broker) bool {
	t.Helper()
	c, err := client(t, b, Cloud, b.Secret())
	if err != nil {
		return false
	}
	defer c.Disconnect(0)
	token := c.Publish(wire.Topic("a", "one", wire.Event), 1, false, make([]byte, 1000))
	return token.WaitTimeout(time.Second) && token.Error() == nil
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s: not within a minute", what)
}
