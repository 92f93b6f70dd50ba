package incident_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// A find is one thing that happens to a case: a camera or sensor tells, somebody
// reports, a console shows it.
type find struct {
	what string
	at   time.Duration
}

func TestWhoFoundItFirst(t *testing.T) {
	for _, c := range []struct {
		name          string
		finds         []find
		first         string
		seen          time.Duration
		retrospective bool
	}{
		{"a camera alone, seen by who confirms", []find{{"camera", 0}, {"confirm", minute}}, "camera_auto", 0, false},
		{"a camera, shown, and then a resident", []find{{"camera", 0}, {"show", minute}, {"resident", 5 * minute}, {"confirm", 6 * minute}}, "camera_auto", 0, false},
		{"a camera that nobody looked at, and a resident", []find{{"camera", 0}, {"resident", 5 * minute}, {"show", 10 * minute}, {"confirm", 11 * minute}}, "resident", 5 * minute, true},
		{"a resident before the camera", []find{{"resident", 0}, {"camera", 5 * minute}, {"show", 6 * minute}, {"confirm", 7 * minute}}, "resident", 0, false},
		{"both within a minute", []find{{"camera", 0}, {"show", 10 * time.Second}, {"resident", 50 * time.Second}, {"confirm", 2 * minute}}, "camera_auto+resident", 0, false},
		{"both within a minute, the resident first", []find{{"resident", 0}, {"camera", 50 * time.Second}, {"show", 55 * time.Second}, {"confirm", 2 * minute}}, "camera_auto+resident", 0, false},
		{"a sensor is no camera", []find{{"sensor", 0}, {"camera", 10 * minute}, {"confirm", 11 * minute}}, "sensor", 0, false},
		{"what comes after the confirmation does not count", []find{{"camera", 0}, {"confirm", minute}, {"resident", 2 * minute}}, "camera_auto", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openAt(t, hanging{})
			for n, f := range c.finds {
				s.happens(t, f, n)
			}
			i := s.list(t, incident.Filter{})[0]
			if i.FirstSource != c.first || !i.FirstSeenAt.Equal(noon.Add(c.seen)) || i.Retrospective != c.retrospective {
				t.Errorf("%s at %v, retrospective %v; want %s at %v: %+v", i.FirstSource, i.FirstSeenAt.Sub(noon), i.Retrospective, c.first, c.seen, i.Discoveries)
			}
			s.holds(t, i.ID)
		})
	}
}

func (c *centre) happens(t *testing.T, f find, n int) {
	t.Helper()
	c.set(noon.Add(f.at))
	var err error
	switch f.what {
	case "camera":
		c.tell(t, heard{kind: fire, source: cam, episode: fmt.Sprint(n), state: event.Start, at: f.at})
	case "sensor":
		c.tell(t, heard{kind: "fire.smoke", source: smoke, episode: fmt.Sprint(n), state: event.Start, at: f.at})
	case "resident":
		_, err = c.engine.Report(t.Context(), only(incident.Reporter), incident.Report{Class: "fire.visual", Place: "east/garden/gate-1", Source: incident.Resident})
	case "show":
		err = c.engine.Displayed(t.Context(), c.list(t, incident.Filter{})[0].ID)
	case "confirm":
		i := c.list(t, incident.Filter{})[0]
		_, err = c.engine.Do(t.Context(), duty("li"), i.ID, i.Version, incident.Command{Action: incident.Confirm})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestADuplicateCannotHideWhoWasFirst: a resident's report is not made a camera's
// find by calling it a duplicate of a later clip.
func TestADuplicateCannotHideWhoWasFirst(t *testing.T) {
	c := openAt(t, hanging{})
	said, err := c.engine.Report(t.Context(), only(incident.Reporter), incident.Report{Text: "it burns", Place: "east/c9", Source: incident.Resident})
	if err != nil {
		t.Fatal(err)
	}
	c.happens(t, find{"camera", 5 * minute}, 1)
	c.happens(t, find{"confirm", 6 * minute}, 2)
	seen := c.list(t, incident.Filter{Classes: []string{"fire.visual"}})[0]
	c.set(noon.Add(10 * minute))
	merge := whole(incident.Merge)
	merge.Parent = seen.ID
	c.do(t, said, act{incident.DutyOfficer, merge})
	if seen, err = c.engine.Get(t.Context(), seen.ID); err != nil || seen.FirstSource != "resident" || !seen.FirstSeenAt.Equal(noon) {
		t.Errorf("%s at %v, %v", seen.FirstSource, seen.FirstSeenAt, err)
	}
	c.holds(t, seen.ID)
	c.holds(t, said.ID)
}

func TestReports(t *testing.T) {
	c := openAt(t, hanging{})
	report := incident.Report{Key: "open311-7", Class: "street.vendor", Place: "east/c1", Source: incident.Merchant, Text: "again", Contact: "13800000000"}
	who := incident.Actor{Name: "wang", Roles: []incident.Role{incident.Reporter}}
	first, err := c.engine.Report(t.Context(), who, report)
	if err != nil || first.State != incident.Reported || first.FirstSource != "merchant" || first.Number != "20260601-0001" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := c.engine.Report(t.Context(), who, report)
	if err != nil || again.ID != first.ID || again.Version != first.Version {
		t.Errorf("the same report again: %+v, %v", again, err)
	}
	c.set(noon.Add(hour))
	report.Key, report.Source = "", incident.ByGridWorker
	joined, err := c.engine.Report(t.Context(), only(incident.GridWorker), report)
	if err != nil || joined.ID != first.ID || len(joined.Discoveries) != 2 || joined.FirstSource != "merchant" {
		t.Errorf("another's report of the same: %+v, %v", joined, err)
	}
	history, err := c.engine.History(t.Context(), first.ID)
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%s %+v", history[0].Detail, history[0]); strings.Contains(text, "wang") || strings.Contains(text, "13800000000") {
		t.Error("who reported is in the history, which is for ever")
	}
	for name, r := range map[string]incident.Report{
		"text":   {Place: "east", Source: incident.Resident},
		"class":  {Class: "person.face", Place: "east", Source: incident.Resident},
		"place":  {Text: "x", Source: incident.Resident},
		"source": {Text: "x", Place: "east", Source: incident.CameraAuto},
	} {
		_, err := c.engine.Report(t.Context(), who, r)
		var invalid incident.Invalid
		if !errors.As(err, &invalid) || invalid[incident.Field(name)] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.engine.Report(t.Context(), only(incident.Checker), report); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("a checker reports: %v", err)
	}
}

func TestReporters(t *testing.T) {
	c := open(t)
	i := c.at(t, incident.Closed, false)
	reopen := whole(incident.Reopen)
	other := incident.Actor{Name: "somebody", Roles: []incident.Role{incident.Reporter}}
	if _, err := c.engine.Do(t.Context(), other, i.ID, i.Version, reopen); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("reopened by another reporter: %v", err)
	}
	c.set(c.time().Add(16 * 24 * hour))
	if _, err := c.engine.Do(t.Context(), only(incident.Reporter), i.ID, i.Version, reopen); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("reopened after 16 days: %v", err)
	}
	c.set(c.time().Add(-2 * 24 * hour))
	again, err := c.engine.Do(t.Context(), only(incident.Reporter), i.ID, i.Version, reopen)
	if err != nil || again.State != incident.Classified || again.ReopenCount != 1 || again.ClosedAt != nil || !again.ConfirmedAt.Equal(*i.ConfirmedAt) {
		t.Errorf("%+v, %v", again, err)
	}
	closed := c.at(t, incident.Closed, false)
	c.set(c.time().Add(181 * 24 * hour))
	if _, err := c.engine.Due(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{closed.ID: "", again.ID: "the-reporter"} {
		if list, err := c.store.ReportersOf(t.Context(), id); err != nil || len(list) != 1 || list[0].Account != want {
			t.Errorf("reporters: %+v, %v; want %q", list, err, want)
		}
	}
}

func TestReturnedTwiceGoesToTheCentreLead(t *testing.T) {
	c := open(t)
	i := c.at(t, incident.Returned, false)
	i = c.do(t, i, acts("dispatcher", "classify", "duty_officer", "assess", "dispatcher", "dispatch", "handler", "return")...)
	if _, err := c.engine.Do(t.Context(), only(incident.Dispatcher), i.ID, i.Version, whole(incident.Classify)); !errors.Is(err, incident.ErrForbidden) {
		t.Errorf("the dispatcher: %v", err)
	}
	if i = c.do(t, i, acts("centre_lead", "classify")...); i.ReturnCount != 2 {
		t.Errorf("%+v", i)
	}
}

func TestReadersOfTheFeedKeepTheirPlace(t *testing.T) {
	c := open(t)
	c.at(t, incident.Confirmed, false)
	changes, err := c.engine.Changes(t.Context(), 0, 2)
	if err != nil || len(changes) != 2 || changes[0].Step.Action != incident.File || changes[0].Incident.State != incident.Confirmed {
		t.Fatalf("%+v, %v", changes, err)
	}
	if at, err := c.engine.Position(t.Context(), "kpi"); at != 0 || err != nil {
		t.Error(at, err)
	}
	if err := c.engine.SavePosition(t.Context(), "kpi", changes[1].Position); err != nil {
		t.Fatal(err)
	}
	at, err := c.engine.Position(t.Context(), "kpi")
	if err != nil || at != changes[1].Position {
		t.Error(at, err)
	}
	rest, err := c.engine.Changes(t.Context(), at, 100)
	if err != nil || len(rest) != 1 || slices.ContainsFunc(rest, func(ch incident.Change) bool { return ch.Position <= at }) {
		t.Errorf("%+v, %v", rest, err)
	}
}
