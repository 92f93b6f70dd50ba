package event

import (
	"strings"
	"testing"
	"time"
)

func good() Event {
	id, now := NewID(), time.Now().UTC()
	return Event{
		ID: id, Episode: id, Source: NewSource("garden", "gate-1", "yard"), Kind: FireVisual, State: Start, Time: now, Since: now,
		Certainty: "Likely", Severity: "Extreme", Urgency: "Immediate", Status: "Actual", Score: 0.9,
	}
}

func TestValidate(t *testing.T) {
	e := good()
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*Event)
		want  string
	}{
		"id":       {func(e *Event) { e.ID, e.Episode = "x", "x" }, "is no ULID"},
		"source":   {func(e *Event) { e.Source = "/garden/Gate 1/yard" }, "source"},
		"kind":     {func(e *Event) { e.Kind = "person.face" }, "not in the catalogue"},
		"state":    {func(e *Event) { e.State = "maybe" }, "state"},
		"episode":  {func(e *Event) { e.Episode = NewID() }, "its own id"},
		"time":     {func(e *Event) { e.Time = time.Time{} }, "time and since"},
		"score":    {func(e *Event) { e.Score = 1.1 }, "score"},
		"zone":     {func(e *Event) { e.Zone = "Fire Lane" }, "zone"},
		"note":     {func(e *Event) { e.Note = strings.Repeat("x", 201) }, "note"},
		"box":      {func(e *Event) { e.Box = &Box{0.5, 0.5, 0.6, 0.1} }, "not inside the picture"},
		"cap":      {func(e *Event) { e.Certainty = "Sure" }, "CAP 1.2"},
		"evidence": {func(e *Event) { e.Evidence = []Evidence{{SHA256: "short"}} }, "SHA-256"},
		"masks":    {func(e *Event) { e.Evidence = []Evidence{{SHA256: strings.Repeat("a", 64), Masks: "v4"}} }, "as v4/"},
		"much":     {func(e *Event) { e.Evidence = make([]Evidence, 9) }, "more than 8"},
	} {
		e := good()
		c.spoil(&e)
		if err := e.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// TestKindsAreOfPlacesAndThings lists what may cross the wire. A kind that
// identifies or follows people must never be added; one that does not is added
// here and in the catalogue.
func TestKindsAreOfPlacesAndThings(t *testing.T) {
	want := []Kind{
		"device.battery_low", "device.clock_jump", "device.events_lost", "device.fault", "device.gap", "device.identity_clash", "device.offline", "device.tamper", "device.unwatched",
		"device.video_loss",
		"fire.equipment_fault", "fire.gas", "fire.lane_blocked", "fire.manual_button", "fire.smoke", "fire.visual",
		"infra.flooding", "parking.motor", "security.door_forced", "security.intrusion", "security.motion", "security.panic",
	}
	got := Kinds()
	if len(got) != len(want) {
		t.Fatalf("the catalogue holds %v", got)
	}
	for i, k := range want {
		if got[i] != k {
			t.Errorf("the catalogue holds %s, want %s", got[i], k)
		}
		if k.Level() < Urgent || k.Level() > Minor {
			t.Errorf("%s has level %d", k, k.Level())
		}
	}
}

func TestSource(t *testing.T) {
	for _, c := range []struct {
		s  Source
		ok bool
	}{
		{"/a/b", true},
		{"/a/b/c", true},
		{"/a", true},
		{"/", false},
		{"a/b/c", false},
		{"/a/b/c/d", false},
		{"/a//c", false},
		{"/a/b/+", false},
		{"/a/b/.", false},
	} {
		site, box, device, ok := c.s.Split()
		if ok != c.ok {
			t.Errorf("%q: ok = %v", c.s, ok)
		}
		if ok && NewSource(site, box, device) != c.s {
			t.Errorf("%q became %q", c.s, NewSource(site, box, device))
		}
	}
}
