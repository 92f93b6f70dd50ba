package incident_test

import (
	"errors"
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// What is put aside comes back by itself, at its time, also when nobody remembers it;
// what is most urgent is not put aside, and does not stay so when it becomes that.
func TestWhatIsPutAsideComesBack(t *testing.T) {
	c := open(t)
	c.hear(t, told{event.Tamper, "gate", "a", event.Start, 0}, told{event.FireVisual, "yard", "b", event.Start, 0})
	officer := only(incident.DutyOfficer)
	of := func(camera string) incident.Incident {
		for _, i := range c.list(t, incident.Filter{Scope: incident.Everything}) {
			if i.Device == camera {
				return i
			}
		}
		t.Fatalf("nothing of %s", camera)
		return incident.Incident{}
	}
	put := func(camera string, d time.Duration) (incident.Incident, error) {
		i := of(camera)
		until := c.time().Add(d)
		return c.engine.Do(t.Context(), officer, i.ID, i.Version, incident.Command{Action: incident.Shelve, Reason: "works in the lane", Until: &until})
	}
	if _, err := put("yard", time.Hour); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("a fire: %v", err)
	}
	if _, err := put("gate", 25*time.Hour); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("for more than a day: %v", err)
	}
	i, err := put("gate", time.Hour)
	if err != nil || i.Shelved == nil || i.Shelved.By != officer.Name || i.Shelved.Why != "works in the lane" || !i.State.Open() {
		t.Fatalf("%+v %v", i.Shelved, err)
	}
	if _, err := put("gate", time.Hour); !errors.Is(err, incident.ErrConflict) {
		t.Errorf("twice: %v", err)
	}
	if _, err := c.engine.Do(t.Context(), incident.Machine, i.ID, i.Version, incident.Command{Action: incident.Unshelve}); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("before its time: %v", err)
	}
	c.set(c.time().Add(time.Hour + time.Second))
	c.engine.Wake()
	for end := time.Now().Add(30 * time.Second); of("gate").Shelved != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not come back")
		}
	}
	history, err := c.engine.History(t.Context(), i.ID)
	if last := history[len(history)-1]; err != nil || last.Action != incident.Unshelve || last.Role != incident.System {
		t.Errorf("%+v %v", last, err)
	}
	if i, err = put("gate", time.Hour); err != nil {
		t.Fatal(err)
	}
	if i, err = c.engine.Do(t.Context(), officer, i.ID, i.Version, incident.Command{Action: incident.Confirm}); err != nil || i.Shelved != nil {
		t.Errorf("confirmed, and still put aside: %+v %v", i.Shelved, err)
	}
}
