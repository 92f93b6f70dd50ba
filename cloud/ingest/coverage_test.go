package ingest_test

import (
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"eastgate/shared/wire"
)

// TestCoverageIsHeldAfterItsCommit: days are answered when they are stored, also
// those that cannot be used, and not when they are not stored.
func TestCoverageIsHeldAfterItsCommit(t *testing.T) {
	b := start(t)
	x := b.box(t, "gate-1")
	var held atomic.Int64
	token := x.client.Subscribe(wire.Topic("garden", "gate-1", wire.Covered), 0, func(_ mqtt.Client, m mqtt.Message) {
		marks, err := wire.DecodeMarks(m.Payload())
		if err != nil {
			t.Error(err)
		}
		held.Add(int64(len(marks)))
	})
	if !token.WaitTimeout(10*time.Second) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	good := wire.CoverageDay{Epoch: wire.NewEpoch(), Device: "yard", Day: "2026-11-25", Version: 1, Through: 5, Due: 1000, Seen: 1000}
	bad := good
	bad.Device, bad.Seen = "lane", 900 // of which nobody knows where the rest is
	messages, err := wire.EncodeCoverage([]wire.CoverageDay{good, bad})
	if err != nil || len(messages) != 1 {
		t.Fatal(err)
	}
	b.fails.on.Store(true)
	x.say(t, "gate-1", wire.Coverage, messages[0])
	time.Sleep(300 * time.Millisecond)
	if n := held.Load(); n != 0 {
		t.Fatalf("%d days are held that are nowhere", n)
	}
	b.fails.on.Store(false)
	x.say(t, "gate-1", wire.Coverage, []byte("nonsense"))
	x.say(t, "gate-1", wire.Coverage, messages[0])
	within(t, "both are answered", func() bool { return held.Load() == 2 })
	days, err := b.store.CoverageDays(t.Context(), "2026-11-25", "2026-11-25", "")
	if err != nil || len(days) != 1 || days[0].Device != "yard" || days[0].Site != "garden" || days[0].Due != 1000 {
		t.Errorf("%+v, %v", days, err)
	}
}
