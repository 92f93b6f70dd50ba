package ingest_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/ingest"
	"eastgate/shared/brokertest"
)

// TestABrokerThatBringsNothingBackIsKnown: it lets the ingest in, grants what it asks
// for and answers its pings. The ingest hears that it does not hear itself, says so,
// and comes again.
func TestABrokerThatBringsNothingBackIsKnown(t *testing.T) {
	for name, c := range map[string]struct {
		stub *brokertest.Stub
		want string
	}{
		"hands nothing on":          {&brokertest.Stub{}, "brings back nothing"},
		"refuses the subscriptions": {&brokertest.Stub{Suback: 0x80}, "refuses the subscription"},
	} {
		t.Run(name, func(t *testing.T) {
			stub := c.stub.Run(t)
			g := ingest.New(ingest.Config{Broker: stub.URL(), ClientID: "cloud-test", CanaryEvery: 50 * time.Millisecond},
				nil, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- g.Run(ctx) }()
			within(t, "it says why and comes again", func() bool {
				err := g.Check(t.Context())
				if err == nil {
					t.Fatal("health is good with a broker that brings nothing")
				}
				return strings.Contains(err.Error(), c.want) && stub.Logins() >= 3
			})
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
