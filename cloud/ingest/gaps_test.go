package ingest_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/cloud/ingest"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/brokertest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// startHasty is start with little patience for gaps.
func startHasty(t *testing.T, after time.Duration) *bench {
	t.Helper()
	st, err := store.Open(t.Context(), storetest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{broker: brokertest.Start(t, "word"), store: st, fails: &failing{Store: st}}
	b.run(t, ingest.Config{Broker: b.broker.URL(), Username: "cloud", Password: "word", ClientID: "cloud-test", GapsEvery: 50 * time.Millisecond, GapAfter: after})
	return b
}

// gapNotes are the notes of the events that tell of gaps.
func (b *bench) gapNotes(t *testing.T) (notes []string) {
	t.Helper()
	stored, err := b.store.Unfolded(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stored {
		if s.Event.Kind == event.Gap {
			notes = append(notes, s.Event.Note)
		}
	}
	return notes
}

func TestAHelloIsAnsweredWithWhatIsHere(t *testing.T) {
	b := startHasty(t, time.Hour)
	x := b.box(t, "gate-1")
	epoch := wire.NewEpoch()
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 1, 10))
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 15, 6))
	within(t, "both are acknowledged", func() bool { return x.acked() == 16 })
	x.say(t, "gate-1", wire.Hello, wire.BoxHello{Epoch: epoch, Streams: []wire.Stream{
		{Priority: 1, First: 1, Next: 1, Kept: 1}, {Priority: event.Minor, First: 4, Next: 31, Kept: 4},
	}}.Encode())
	var answer wire.Ack
	within(t, "the hello is answered", func() bool {
		x.mu.Lock()
		defer x.mu.Unlock()
		answer = x.acks[len(x.acks)-1]
		return answer.Hello
	})
	if want := []wire.Range{{Priority: 4, First: 4, Last: 10}, {Priority: 4, First: 15, Last: 20}}; answer.Epoch != epoch || !reflect.DeepEqual(answer.Ranges, want) {
		t.Errorf("answered %+v", answer)
	}
	x.say(t, "gate-1", wire.Hello, []byte(`{"epoch":"x"}`))
}

func TestAGapIsAskedForAndThenAnEvent(t *testing.T) {
	b := startHasty(t, 5*time.Second) // time enough to be asked, and to answer
	x := b.box(t, "gate-1")
	asked := make(chan wire.BoxCommand, 100)
	x.client.Subscribe(wire.Topic("garden", "gate-1", wire.Command), 0, func(_ mqtt.Client, m mqtt.Message) {
		if c, err := wire.DecodeCommand(m.Payload()); err == nil {
			asked <- c
		}
	}).WaitTimeout(10 * time.Second)
	epoch := wire.NewEpoch()
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 1, 5))
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 9, 2))
	x.say(t, "gate-1", wire.Hello, wire.BoxHello{Epoch: epoch, Streams: []wire.Stream{{Priority: event.Minor, First: 14, Next: 14, Kept: 7}}}.Encode())
	want := wire.Resend{Epoch: epoch, Ranges: []wire.Range{{Priority: 4, First: 7, Last: 8}, {Priority: 4, First: 11, Last: 13}}}
	var last *wire.Resend
	within(t, "what lacks is asked for", func() bool { // a look at the gaps may come before the whole hello's
		select {
		case c := <-asked:
			last = c.Resend
		default:
		}
		return last != nil && reflect.DeepEqual(*last, want)
	})
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 11, 3)) // some of it comes
	within(t, "the rest is an event", func() bool { return len(b.gapNotes(t)) > 0 })
	time.Sleep(300 * time.Millisecond) // several more looks
	if notes := b.gapNotes(t); len(notes) != 1 || notes[0] != "3 events of priority 4 never came, between sequences 6 and 8" {
		t.Errorf("told %q", notes)
	}
}

func TestWhatTheBoxGaveUpIsNoGap(t *testing.T) {
	b := startHasty(t, 3*time.Second)
	x := b.box(t, "gate-1")
	epoch := wire.NewEpoch()
	hello := func(first uint64) {
		x.say(t, "gate-1", wire.Hello, wire.BoxHello{Epoch: epoch, Streams: []wire.Stream{
			{Priority: event.Minor, First: first, Next: first, Kept: first, Shed: &wire.Shed{Count: 90, First: 1, Last: 100}},
		}}.Encode())
	}
	hello(101)
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 51, 10))
	settled := func() bool {
		gaps, err := b.store.Gaps(context.Background())
		return err == nil && len(gaps) == 2 && gaps[0].Settled && gaps[1].Settled && gaps[1].First == 61
	}
	within(t, "the gaps are explained", settled)
	if notes := b.gapNotes(t); len(notes) != 0 {
		t.Errorf("told %q", notes)
	}
	hello(106)
	x.say(t, "gate-1", wire.Event, batch(t, epoch, 105, 1))
	within(t, "what did not give way is told", func() bool {
		notes := b.gapNotes(t)
		return len(notes) == 1 && strings.HasPrefix(notes[0], "4 events of priority 4 never came")
	})
}

// TestANewOutboxEndsTheOldOne: what a box had announced and can never send.
func TestANewOutboxEndsTheOldOne(t *testing.T) {
	b := startHasty(t, 200*time.Millisecond)
	x := b.box(t, "gate-1")
	hello := func(epoch string, next uint64) {
		x.say(t, "gate-1", wire.Hello, wire.BoxHello{Epoch: epoch, Streams: []wire.Stream{{Priority: event.Urgent, First: 1, Next: next, Kept: 1}}}.Encode())
	}
	hello(wire.NewEpoch(), 8)
	time.Sleep(500 * time.Millisecond)
	if notes := b.gapNotes(t); len(notes) != 0 {
		t.Fatalf("what still waits is told as lost: %q", notes)
	}
	hello(wire.NewEpoch(), 1)
	within(t, "the old box's events are told", func() bool {
		notes := b.gapNotes(t)
		return len(notes) == 1 && notes[0] == "7 events of priority 1 never came, between sequences 1 and 7"
	})
}
