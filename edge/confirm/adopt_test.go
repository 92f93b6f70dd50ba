package confirm

import (
	"slices"
	"testing"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// When a camera's settings change, a fire under way stays one episode and what can no
// longer be seen ends.
func TestAdopt(t *testing.T) {
	square := zone.Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	kept := zone.Zone{Name: "lot", Use: zone.NoParking, Points: square, Dwell: s}
	gone := zone.Zone{Name: "gate", Use: zone.Motion, Points: square}
	old := confirmer(kept, gone)
	fire := []flow.Finding{{Score: 0.95}}
	_, begun := play(t, old, event.FireVisual, span{0, 6 * s, 100 * ms, fire})
	play(t, old, event.Motion, span{0, 2 * s, 200 * ms, []flow.Finding{{Zone: "gate", Score: 0.9}}})
	play(t, old, event.ParkingMotor, span{0, 2 * s, 200 * ms, []flow.Finding{{Zone: "lot", Subject: "1", Score: 0.9, Age: s}}})
	play(t, old, event.Tamper, span{0, s, 500 * ms, []flow.Finding{{Score: 0.9}}}) // not yet an event

	now := confirmer(kept)
	ends := now.Adopt(old.Open(), []event.Kind{event.FireVisual, event.Motion, event.ParkingMotor, event.Tamper})
	var ended []event.Kind
	for _, e := range ends {
		if err := e.Event.Validate(); err != nil || e.Event.State != event.End || e.Event.Note != SettingsChanged || e.Event.Detector.Name != "test" {
			t.Errorf("%+v: %v", e.Event, err)
		}
		ended = append(ended, e.Event.Kind)
	}
	slices.Sort(ended)
	if want := []event.Kind{event.Motion}; !slices.Equal(ended, want) {
		t.Errorf("ended %v, want %v", ended, want)
	}
	// Media time begins anew, and the fire goes on under its own name.
	_, on := play(t, now, event.FireVisual, span{0, 20 * s, 100 * ms, fire}, span{20 * s, 30 * s, 100 * ms, nil})
	if len(on) != 2 || on[0].State != event.Update || on[1].State != event.End || on[1].Episode != begun[0].Episode {
		t.Errorf("%+v", on)
	}
	// So does the stay, for its detector knows it again.
	_, on = play(t, now, event.ParkingMotor, span{0, 20 * s, 200 * ms, []flow.Finding{{Zone: "lot", Subject: "1", Score: 0.9, Age: 30 * s}}}, span{20 * s, 30 * s, 200 * ms, nil})
	if len(on) != 1 || on[0].State != event.End {
		t.Errorf("%+v", on)
	}
	if ends := confirmer().Adopt(now.Open(), nil); len(ends) != 0 {
		t.Errorf("what has ended ends again: %+v", ends)
	}
}

// What is open outlives the program, and what is over after a restart gets its end, with
// the time when it was last seen.
func TestOpenEpisodesOutliveTheProgram(t *testing.T) {
	lot := zone.Zone{Name: "lot", Use: zone.NoParking, Points: zone.Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, Dwell: s}
	old, kept := confirmer(lot), []byte(nil)
	old.Keep = func(open []byte) { kept = open }
	in, out := make(chan flow.Observation), make(chan flow.Confirmed, 100)
	go func() {
		defer close(in)
		for i := range 20 {
			pts := time.Duration(i) * 250 * ms
			in <- flow.Observation{
				Camera: "c", At: time.Unix(1000, 0).Add(pts), PTS: pts, Kinds: []event.Kind{event.ParkingMotor},
				Findings: []flow.Finding{{Kind: event.ParkingMotor, Zone: "lot", Subject: "7", Score: 0.9, Age: pts}},
			}
		}
	}()
	if err := old.Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	start := (<-out).Event
	open, err := ReadKept(kept)
	if err != nil || len(open) != 1 || !open[0].Seen.Equal(time.Unix(1004, 750e6)) {
		t.Fatalf("kept %s: %v", kept, err)
	}
	now := confirmer(lot)
	if ends := now.Adopt(open, []event.Kind{event.ParkingMotor}); len(ends) != 0 {
		t.Errorf("ended without a look: %+v", ends)
	}
	_, on := play(t, now, event.ParkingMotor, span{0, 10 * s, 200 * ms, nil})
	if len(on) != 1 || on[0].State != event.End || on[0].Episode != start.ID || !on[0].Time.Equal(open[0].Seen) || !on[0].Since.Equal(start.Since) {
		t.Errorf("%+v", on)
	}
	for _, bad := range []string{"", "{", `{"form":2}`, `{"form":1,"open":[{"kind":"no.kind","id":"x"}]}`, `{"form":1,"open":[{"kind":"parking.motor"}]}`} {
		if _, err := ReadKept([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}

func TestAdoptWithoutTheDetector(t *testing.T) {
	old := confirmer()
	play(t, old, event.FireVisual, span{0, 6 * s, 100 * ms, []flow.Finding{{Score: 0.95}}})
	if ends := confirmer().Adopt(old.Open(), []event.Kind{event.Motion}); len(ends) != 1 || ends[0].Event.Kind != event.FireVisual {
		t.Errorf("nobody looks for fire any more, and it goes on: %+v", ends)
	}
}

func TestCasesSayWhatTheyLack(t *testing.T) {
	square := zone.Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}
	night, err := zone.ParseSchedule("22:00-06:00")
	if err != nil {
		t.Fatal(err)
	}
	c := confirmer(
		zone.Zone{Name: "sure", Use: zone.Motion, Points: square, MinScore: 0.8},
		zone.Zone{Name: "night", Use: zone.Motion, Points: square, Schedule: night},
		zone.Zone{Name: "day", Use: zone.Motion, Points: square},
		zone.Zone{Name: "lot", Use: zone.NoParking, Points: square, Dwell: 20 * s})
	c.Explain = true
	play(t, c, event.Motion, span{0, 2 * s, 200 * ms, []flow.Finding{{Zone: "sure", Score: 0.5}, {Zone: "night", Score: 0.9}, {Zone: "day", Score: 0.9}}})
	play(t, c, event.ParkingMotor, span{0, 2 * s, 200 * ms, []flow.Finding{{Zone: "lot", Subject: "1", Score: 0.9, Age: 3 * s}}})
	got := c.Cases()
	if len(got) != 4 || got[0].Zone != "day" || !got[0].Raised || got[0].Lacks != "" {
		t.Fatalf("%+v", got)
	}
	want := map[string]Lacks{"lot": LacksTime, "night": LacksSchedule, "sure": LacksScore}
	for _, k := range got[1:] {
		if k.Raised || k.Lacks != want[k.Zone] || k.Pictures != 10 {
			t.Errorf("%+v", k)
		}
		if k.Zone == "lot" && (k.Need != 20 || k.Held < 4 || k.Held > 6) {
			t.Errorf("%+v", k)
		}
	}
}
