package incident_test

import (
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

func TestAnIncidentKnowsItsPictureAndItsClip(t *testing.T) {
	c := open(t)
	start := event.Event{
		ID: event.NewID(), Source: event.NewSource("garden", "gate-1", "yard"), Kind: fire, State: event.Start, Time: noon, Since: noon,
		Certainty: "Possible", Severity: fire.Severity(), Urgency: fire.Urgency(), Status: "Actual",
		Evidence: []event.Evidence{{SHA256: "aa", Type: "image/jpeg"}},
	}
	start.Episode = start.ID
	refresh, clip := start, start
	refresh.ID, refresh.State, refresh.Time, refresh.Evidence = event.NewID(), event.Update, noon.Add(15*time.Second), nil
	clip.ID, clip.State = event.NewID(), event.Update // of the start's time, told later
	clip.Evidence = []event.Evidence{{SHA256: "bb", Type: "video/mp4"}}
	if _, err := c.store.Record(t.Context(), "garden", "gate-1", []wire.Item{{Event: start}, {Event: refresh}, {Event: clip}}, nil); err != nil {
		t.Fatal(err)
	}
	c.engine.Wake()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		list, err := c.engine.List(t.Context(), incident.Filter{Scope: incident.Everything})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 && list[0].Events == 3 {
			if i := list[0]; i.Snapshot != "aa" || i.Clip != "bb" || !i.Active {
				t.Errorf("%+v", i)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatal("the events were not folded")
		}
	}
}
