package uplink

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/trust"
	"eastgate/shared/wire"
)

// TestABrokerThatOnlySaysYes confirms everything and hands nothing on. Nothing leaves
// the outbox, and the box looks for a better link, again and again.
func TestABrokerThatOnlySaysYes(t *testing.T) {
	for name, stub := range map[string]*brokertest.Stub{
		"confirms":         {},
		"does not confirm": {NoPuback: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the second takes as long as the box waits for a broker
			stub.Run(t)
			box := open(t)
			put(t, box, event.FireVisual, 2)
			u := run(t, stub.URL(), "word", box)
			want := "acknowledges none"
			if stub.NoPuback {
				want = "does not answer"
			}
			within(t, 40*time.Second, "it comes again and says why", func() bool {
				return stub.Logins() >= 2 && strings.Contains(u.State().Fault, want)
			})
			if n := waiting(t, box); n != 2 {
				t.Errorf("%d wait, want 2", n)
			}
		})
	}
}

// TestARefusedSubscriptionIsNoLink: to the client library it is none of an error.
func TestARefusedSubscriptionIsNoLink(t *testing.T) {
	stub := (&brokertest.Stub{Suback: 0x80}).Run(t)
	u := run(t, stub.URL(), "word", open(t))
	within(t, 20*time.Second, "the reason is known", func() bool {
		return strings.Contains(u.State().Fault, "refuses the subscription") && stub.Logins() >= 2
	})
}

// TestAcknowledgementsNeverBlockTheLibrary: a handler that waits stops its pings.
func TestAcknowledgementsNeverBlockTheLibrary(t *testing.T) {
	l := newLink(&Uplink{m: NewMetrics(prometheus.NewRegistry())})
	ack := wire.Ack{Epoch: wire.NewEpoch(), Ranges: []wire.Range{{Priority: 1, First: 1, Last: 1}}}
	for range ackRoom + 10 {
		l.hear(nil, said{payload: ack.Encode()})
	}
	l.hear(nil, said{payload: []byte("nonsense")})
	if n := testutil.ToFloat64(l.u.m.badAcks); n != 11 {
		t.Errorf("%v were dropped, want 11", n)
	}
}

type said struct {
	mqtt.Message
	payload []byte
}

func (s said) Payload() []byte { return s.payload }
func (s said) Topic() string   { return wire.Topic("garden", "gate-1", wire.Acks) }

func TestTLS(t *testing.T) {
	known, stranger := brokertest.NewAuthority(t), brokertest.NewAuthority(t)
	later, before := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	for name, c := range map[string]struct {
		config *tls.Config
		want   string // in the fault; empty: it links
	}{
		"TLS 1.3":         {&tls.Config{Certificates: []tls.Certificate{known.Issue("127.0.0.1", later)}, MinVersion: tls.VersionTLS13}, ""},
		"TLS 1.2":         {&tls.Config{Certificates: []tls.Certificate{known.Issue("127.0.0.1", later)}, MaxVersion: tls.VersionTLS12}, ""},
		"TLS 1.1":         {&tls.Config{Certificates: []tls.Certificate{known.Issue("127.0.0.1", later)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "protocol version"}, //nolint:gosec // what must be refused
		"of a stranger":   {&tls.Config{Certificates: []tls.Certificate{stranger.Issue("127.0.0.1", later)}}, "ca_file"},
		"expired":         {&tls.Config{Certificates: []tls.Certificate{known.Issue("127.0.0.1", before)}}, "has expired"},
		"of another host": {&tls.Config{Certificates: []tls.Certificate{known.Issue("192.0.2.1", later)}}, "is for another host"},
	} {
		t.Run(name, func(t *testing.T) {
			broker := brokertest.StartTLS(t, "word", c.config)
			believes, err := trust.Client(known.File())
			if err != nil {
				t.Fatal(err)
			}
			u := runWith(t, Config{Broker: broker.URL(), TLS: believes, Secret: secret.New("word")}, open(t))
			within(t, 20*time.Second, "it is as it must be", func() bool {
				s := u.State()
				return c.want == "" && s.Connected || c.want != "" && strings.Contains(s.Fault, c.want)
			})
			if c.want != "" && u.State().Connected {
				t.Error("it linked")
			}
		})
	}
}
