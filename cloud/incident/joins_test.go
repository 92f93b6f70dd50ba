package incident_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// hanging are places for tests: every device of a box hangs at one place, and what
// is called smoke is a sensor.
type hanging struct{}

func (hanging) At(s event.Source) incident.Place {
	site, box, device, _ := s.Split()
	return incident.Place{Path: "east/" + site + "/" + box, Unit: "property", Sensor: device == "smoke"}
}

func (hanging) Known(path string) (incident.Place, bool) {
	return incident.Place{Path: path, Unit: "property"}, path != ""
}

// heard is a record as the fold gets it: received when it was seen, unless later.
type heard struct {
	kind    event.Kind
	source  event.Source
	episode string
	state   event.State
	at      time.Duration // after noon
	late    time.Duration // received so long after
	status  string
}

// tell folds records one by one through the store.
func (c *centre) tell(t testing.TB, records ...heard) {
	t.Helper()
	for _, h := range records {
		id := event.NewID()
		if c.ids[h.episode] == "" || h.state == event.Start {
			c.ids[h.episode] = id
		}
		if h.status == "" {
			h.status = "Actual"
		}
		at := noon.Add(h.at)
		e := event.Event{
			ID: id, Episode: c.ids[h.episode], Source: h.source, Kind: h.kind, State: h.state, Time: at, Since: at,
			Certainty: "Possible", Severity: "Unknown", Urgency: "Unknown", Status: h.status,
		}
		if err := c.engine.Take(t.Context(), incident.Stored{ReceivedAt: at.Add(h.late), Backfill: h.late > 0, Event: e}); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *centre) list(t testing.TB, f incident.Filter) []incident.Incident {
	t.Helper()
	f.Scope = incident.Everything
	list, err := c.engine.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const (
	cam     event.Source = "/garden/gate-1/yard"
	cam2    event.Source = "/garden/gate-1/lane"
	smoke   event.Source = "/garden/gate-1/smoke"
	theBox  event.Source = "/garden/gate-1"
	theSite event.Source = "/garden"
	park    event.Kind   = "parking.motor"
	hour                 = time.Hour
)

func TestWhatJoins(t *testing.T) {
	for _, c := range []struct {
		name    string
		records []heard
		want    int
		check   func(i incident.Incident) bool // of the oldest
	}{
		{
			"a smoke sensor and a camera are one fire, and surer",
			[]heard{{kind: fire, source: cam, episode: "a", state: event.Start}, {kind: "fire.smoke", source: smoke, episode: "b", state: event.Start, at: minute}},
			1, func(i incident.Incident) bool {
				return i.Certainty == "Likely" && len(i.Discoveries) == 2 && i.Discoveries[1].Source == incident.Sensor && i.Active
			},
		},
		{
			"it goes on while one of them says so",
			[]heard{
				{kind: fire, source: cam, episode: "a", state: event.Start},
				{kind: "fire.smoke", source: smoke, episode: "b", state: event.Start, at: minute},
				{kind: fire, source: cam, episode: "a", state: event.End, at: 2 * minute},
			},
			1, func(i incident.Incident) bool { return i.Active },
		},
		{
			"an intrusion makes a mere movement an incident",
			[]heard{{kind: motion, source: cam, episode: "a", state: event.Start}, {kind: "security.intrusion", source: cam, episode: "b", state: event.Start, at: minute}},
			1, func(i incident.Incident) bool { return !i.Signal && i.Class == "security.intrusion" && i.Level == 2 },
		},
		{
			"a bay is one place: the next car joins until it was empty for half an hour",
			[]heard{
				{kind: park, source: cam, episode: "a", state: event.Start},
				{kind: park, source: cam, episode: "a", state: event.End, at: hour},
				{kind: park, source: cam, episode: "b", state: event.Start, at: hour + 20*minute},
				{kind: park, source: cam, episode: "b", state: event.End, at: 2 * hour},
				{kind: park, source: cam, episode: "c", state: event.Start, at: 3 * hour},
			},
			2, func(i incident.Incident) bool { return i.Events == 4 && !i.Active },
		},
		{
			"but no longer than a day, and a stay stays one",
			[]heard{
				{kind: park, source: cam, episode: "a", state: event.Start},
				{kind: park, source: cam, episode: "a", state: event.Update, at: 30 * hour},
				{kind: park, source: cam, episode: "b", state: event.Start, at: 31 * hour},
			},
			2, func(i incident.Incident) bool { return i.Events == 2 },
		},
		{
			"another camera's bay is another place",
			[]heard{{kind: park, source: cam, episode: "a", state: event.Start}, {kind: park, source: cam2, episode: "b", state: event.Start}},
			2, func(incident.Incident) bool { return true },
		},
		{
			"an exercise is not real",
			[]heard{{kind: fire, source: cam, episode: "a", state: event.Start}, {kind: fire, source: cam, episode: "b", state: event.Start, status: "Exercise"}},
			2, func(i incident.Incident) bool { return !i.Test },
		},
		{
			"cameras of a box that is away are part of its outage, of another box are not",
			[]heard{
				{kind: event.Offline, source: theBox, episode: "a", state: event.Start},
				{kind: event.VideoLoss, source: cam, episode: "b", state: event.Start, at: minute},
				{kind: event.VideoLoss, source: cam2, episode: "c", state: event.Start, at: minute},
				{kind: event.VideoLoss, source: "/garden/gate-2/yard", episode: "d", state: event.Start, at: minute},
			},
			2, func(i incident.Incident) bool { return i.Events == 3 && i.Class == string(event.Offline) },
		},
		{
			"and of a site that is away",
			[]heard{
				{kind: event.Offline, source: theSite, episode: "a", state: event.Start},
				{kind: event.VideoLoss, source: cam, episode: "b", state: event.Start, at: minute},
				{kind: event.VideoLoss, source: "/garden/gate-2/yard", episode: "d", state: event.Start, at: minute},
			},
			1, func(i incident.Incident) bool { return i.Events == 3 },
		},
		{
			"but not when it is back",
			[]heard{
				{kind: event.Offline, source: theBox, episode: "a", state: event.Start},
				{kind: event.Offline, source: theBox, episode: "a", state: event.End, at: minute},
				{kind: event.VideoLoss, source: cam, episode: "b", state: event.Start, at: 2 * minute},
			},
			2, func(i incident.Incident) bool { return !i.Active },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openAt(t, hanging{})
			s.tell(t, c.records...)
			list := s.list(t, incident.Filter{Sort: incident.Oldest})
			if len(list) != c.want {
				t.Fatalf("%d incidents, want %d: %+v", len(list), c.want, list)
			}
			if !c.check(list[0]) {
				t.Errorf("%+v", list[0])
			}
			for _, i := range list {
				s.holds(t, i.ID)
			}
		})
	}
}

// TestLateRecordsRewriteNothing: what a box had kept comes after the case is
// closed.
func TestLateRecordsRewriteNothing(t *testing.T) {
	c := openAt(t, hanging{})
	c.set(noon.Add(5 * minute))
	c.tell(t, heard{kind: fire, source: cam, episode: "a", state: event.Start}, heard{kind: fire, source: cam, episode: "a", state: event.End, at: 2 * minute})
	i := c.list(t, incident.Filter{})[0]
	closed := c.do(t, i, act{incident.DutyOfficer, incident.Command{Action: incident.Reject, Verdict: incident.Harmless}})
	c.tell(t, heard{kind: fire, source: cam2, episode: "b", state: event.Start, at: 3 * minute, late: 3 * hour})
	list := c.list(t, incident.Filter{})
	if len(list) != 1 {
		t.Fatalf("%d incidents", len(list))
	}
	after := list[0]
	if after.State != incident.False || after.Verdict != incident.Harmless || after.FirstSource != closed.FirstSource || after.FirstSeenAt != closed.FirstSeenAt ||
		!after.ClosedAt.Equal(*closed.ClosedAt) || after.Events != 3 || len(after.Discoveries) != 2 || after.Level != closed.Level {
		t.Errorf("was %+v\nis %+v", closed, after)
	}
	c.tell(t, heard{kind: fire, source: cam2, episode: "c", state: event.Start, at: 10 * minute})
	if n := len(c.list(t, incident.Filter{})); n != 2 {
		t.Errorf("a new fire after the closing: %d incidents, want 2", n)
	}
	c.holds(t, i.ID)
}

func TestAnAlarmStampsEachStep(t *testing.T) {
	c := openAt(t, hanging{})
	c.tell(t, heard{kind: fire, source: cam, episode: "a", state: event.Start})
	i := c.list(t, incident.Filter{})[0]
	i, err := c.engine.Do(t.Context(), duty("li"), i.ID, i.Version, incident.Command{Action: incident.Alarm})
	if err != nil {
		t.Fatal(err)
	}
	if i.State != incident.Dispatched || i.ConfirmedAt == nil || i.ClassifiedAt == nil || i.AssessedAt == nil || i.DispatchedAt == nil || i.HandlingUnit != "property" {
		t.Errorf("%+v", i)
	}
	if due, ok := i.Deadlines["sign_in"]; !ok || due.Sub(*i.DispatchedAt) != minute {
		t.Errorf("deadlines: %v", i.Deadlines)
	}
	c.holds(t, i.ID)
	c.tell(t, heard{kind: park, source: cam, episode: "p", state: event.Start})
	p := c.list(t, incident.Filter{Classes: []string{"parking.motor"}})[0]
	if _, err := c.engine.Do(t.Context(), duty("li"), p.ID, p.Version, incident.Command{Action: incident.Alarm}); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("an alarm for a car: %v", err)
	}
}

func TestSignalsAgeOutWithoutAVerdict(t *testing.T) {
	c := openAt(t, hanging{})
	c.tell(t, heard{kind: motion, source: cam, episode: "a", state: event.Start}, heard{kind: motion, source: cam, episode: "a", state: event.End, at: minute})
	signals, real := true, false
	if n := len(c.list(t, incident.Filter{Signals: &real})); n != 0 {
		t.Errorf("%d incidents of a movement", n)
	}
	for hours, want := range map[int]int{23: 0, 25: 1} {
		c.set(noon.Add(time.Duration(hours) * hour))
		if n, err := c.engine.Due(t.Context()); err != nil || hours == 25 && n > want {
			t.Errorf("after %d h: %d steps, %v", hours, n, err)
		}
	}
	i := c.list(t, incident.Filter{Signals: &signals})[0]
	if i.State != incident.False || i.Verdict != "" {
		t.Errorf("%+v", i)
	}
	c.holds(t, i.ID)
}

func TestTheMachineClosesAndResumes(t *testing.T) {
	c := openAt(t, hanging{})
	i := c.at(t, incident.Reviewed, false)
	s := c.at(t, incident.Suspended, false)
	c.set(noon.Add(19 * 24 * hour))
	if n, err := c.engine.Due(t.Context()); n != 1 || err != nil {
		t.Errorf("%d steps, %v", n, err)
	}
	c.set(noon.Add(21 * 24 * hour))
	if n, err := c.engine.Due(t.Context()); n != 1 || err != nil {
		t.Errorf("%d steps, %v", n, err)
	}
	for id, want := range map[string]incident.State{i.ID: incident.Closed, s.ID: incident.InProgress} {
		if got, err := c.engine.Get(t.Context(), id); err != nil || got.State != want {
			t.Errorf("%s, %v; want %s", got.State, err, want)
		}
	}
	c.set(noon)
	o := c.do(t, c.at(t, incident.Reviewed, false), acts("checker", "object")...)
	c.set(noon.Add(30 * 24 * hour))
	if _, err := c.engine.Due(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got, _ := c.engine.Get(t.Context(), o.ID); got.State != incident.Reviewed {
		t.Errorf("closed in spite of an objection: %s", got.State)
	}
}

func TestHistoryShowsEveryChange(t *testing.T) {
	c := openAt(t, hanging{})
	i := c.at(t, incident.Resolved, false)
	steps, err := c.engine.History(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := incident.VerifyHistory(steps, i.Head); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(s []incident.Step) []incident.Step{
		"changed reason":  func(s []incident.Step) []incident.Step { s[3].Reason = "another"; return s },
		"changed time":    func(s []incident.Step) []incident.Step { s[2].At = s[2].At.Add(time.Second); return s },
		"changed person":  func(s []incident.Step) []incident.Step { s[1].Actor = "wang"; return s },
		"changed detail":  func(s []incident.Step) []incident.Step { s[0].Detail = json.RawMessage(`{"level":4}`); return s },
		"changed hash":    func(s []incident.Step) []incident.Step { s[2].Hash = s[1].Hash; return s },
		"taken out":       func(s []incident.Step) []incident.Step { return slices.Delete(s, 2, 3) },
		"the first away":  func(s []incident.Step) []incident.Step { return s[1:] },
		"the last away":   func(s []incident.Step) []incident.Step { return s[:len(s)-1] },
		"moved":           func(s []incident.Step) []incident.Step { s[2], s[3] = s[3], s[2]; return s },
		"put in twice":    func(s []incident.Step) []incident.Step { return slices.Insert(s, 3, s[2]) },
		"all of it away":  func([]incident.Step) []incident.Step { return nil },
		"another's chain": func(s []incident.Step) []incident.Step { s[1].Incident = "other"; return s },
	} {
		if err := incident.VerifyHistory(spoil(slices.Clone(steps)), i.Head); err == nil {
			t.Errorf("%s was not found", name)
		}
	}
}
