package gate

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
)

func TestEverythingPassesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan *flow.Packet), make(chan flow.Order)
		go New("yard", Config{}, nil, NewMetrics(prometheus.NewRegistry())).Run(t.Context(), in, out)
		sent := []*flow.Packet{{Key: true}, {}, {}}
		go func() {
			defer close(in)
			for _, p := range sent {
				in <- p
			}
		}()
		i := 0
		for p := range out {
			if p.Packet != sent[i] {
				t.Errorf("packet %d is another one", i)
			}
			i++
		}
		if i != len(sent) {
			t.Errorf("%d packets came through, want %d", i, len(sent))
		}
	})
}

func TestAStuckDecoderDoesNotHoldTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		in, out := make(chan *flow.Packet, 1), make(chan flow.Order)
		in <- &flow.Packet{}
		done := make(chan error)
		go func() { done <- New("yard", Config{}, nil, NewMetrics(prometheus.NewRegistry())).Run(ctx, in, out) }()
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("told to stop, got %v", err)
		}
		if _, open := <-out; open {
			t.Error("out is still open")
		}
	})
}
