package identity_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/broker"
	"eastgate/cloud/identity"
	"eastgate/cloud/ingest"
	own "eastgate/edge/identity"
	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// background runs something until the test ends.
func background(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestCertificatesAreReplacedUnderTraffic has a box say events while its certificate is
// replaced three times: each time the old one ends and with it the session, and every
// event arrives once.
func TestCertificatesAreReplacedUnderTraffic(t *testing.T) {
	w := newWorld(t)
	one := w.enrol(t, "gate-1")
	in := ingest.New(ingest.Config{Broker: w.broker.URL(), Username: broker.Cloud, Password: w.broker.Secret(), TLS: w.book.Authority().Dial(), ClientID: "cloud-test"},
		w.store, func() {}, ingest.NewMetrics(prometheus.NewRegistry()), quiet)
	background(t, in.Run)
	box, err := outbox.Open(outbox.Config{Path: filepath.Join(t.TempDir(), "outbox.db"), MaxBytes: 64 << 20}, outbox.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	up, err := uplink.New(uplink.Config{
		Site: "garden", Box: "gate-1", Broker: w.broker.URL(), TLS: one.tls(t), Health: func() wire.BoxHealth { return wire.BoxHealth{} }, RetryMin: 20 * time.Millisecond, RetryMax: time.Second,
	}, box, uplink.NewMetrics(prometheus.NewRegistry()), quiet)
	if err != nil {
		t.Fatal(err)
	}
	background(t, up.Run)
	within(t, "the box is linked", func() bool { return up.State().Connected })

	keeper, err := own.NewKeeper(one.Own, w.url, quiet)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for range 3 {
		was, session := current(t, one).SerialNumber, up.State().Since
		for n := range 60 {
			said[put(t, box)] = true
			if n == 20 {
				if err := keeper.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if current(t, one).SerialNumber.Cmp(was) == 0 {
			t.Fatal("the certificate is the same")
		}
		within(t, "the box is linked anew", func() bool { s := up.State(); return s.Connected && s.Since.After(session) })
	}
	within(t, "the outbox is empty", func() bool {
		s, err := box.Stats()
		return err == nil && s.Total() == 0
	})
	stored, err := w.store.Unfolded(t.Context(), 1<<20)
	if err != nil || len(stored) != len(said) {
		t.Fatalf("%d events were said and %d are stored, %v", len(said), len(stored), err)
	}
	for _, s := range stored {
		if !said[s.Event.ID] {
			t.Errorf("%s was said by nobody", s.Event.ID)
		}
	}
}

func put(t *testing.T, box *outbox.Box) string {
	t.Helper()
	id, now := event.NewID(), time.Now()
	body, err := wire.EncodeEvent(&event.Event{
		ID: id, Episode: id, Source: event.NewSource("garden", "gate-1", "yard"), Kind: event.Motion, State: event.Start, Time: now, Since: now,
		Certainty: "Possible", Severity: event.Motion.Severity(), Urgency: event.Motion.Urgency(), Status: "Actual",
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := box.Put(t.Context(), outbox.Message{ID: id, Priority: int(event.Minor), Body: body}); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestACertificateIsRenewedInTime has the cloud's clock go on: the box follows it,
// whatever its own says, and says how far that is off.
func TestACertificateIsRenewedInTime(t *testing.T) {
	w := newWorld(t)
	one := w.enrol(t, "gate-1")
	keeper, err := own.NewKeeper(one.Own, w.url, quiet)
	if err != nil {
		t.Fatal(err)
	}
	look := func(ahead time.Duration) (changed bool) {
		t.Helper()
		w.later(ahead)
		was := current(t, one).SerialNumber
		if err := keeper.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		return current(t, one).SerialNumber.Cmp(was) != 0
	}
	if look(0) || look(identity.BoxLife/2) {
		t.Error("it was renewed long before")
	}
	if !look(identity.BoxLife * 7 / 10) {
		t.Error("it was not renewed after two thirds of its life")
	}
	if s := keeper.State(); s.ClockAhead == nil || *s.ClockAhead > -60*24*3600 {
		t.Errorf("the box does not know that its clock is two months behind: %+v", s)
	}
	if !w.wrote.has("box/garden/gate-1", "certificate renewed") {
		t.Errorf("the register says %v", w.wrote.rows)
	}
}

// TestABoxThatAsksTwiceHasOneCertificate has the answer to a renewal lost.
func TestABoxThatAsksTwiceHasOneCertificate(t *testing.T) {
	w := newWorld(t)
	one := w.enrol(t, "gate-1")
	p, err := w.book.Certified(t.Context(), current(t, one))
	if err != nil {
		t.Fatal(err)
	}
	ask := wire.EnrolAsk{Request: request(t)}
	first, err := w.book.Renew(t.Context(), p, ask)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.book.Renew(t.Context(), p, ask)
	if err != nil || again.Certificate != first.Certificate {
		t.Errorf("the same question has another answer: %v", err)
	}
	other, err := w.book.Renew(t.Context(), p, wire.EnrolAsk{Request: request(t)})
	if err != nil || other.Certificate == first.Certificate {
		t.Errorf("another key has the same answer: %v", err)
	}
	if _, err := w.book.Renew(t.Context(), p, wire.EnrolAsk{Request: strings.Replace(ask.Request, "M", "N", 1)}); err == nil {
		t.Error("a spoilt request was taken")
	}
	if _, _, err := w.connect(t, "garden/gate-1", one.tls(t)); err != nil {
		t.Errorf("the old certificate has ended before a new one was used: %v", err)
	}
}
