package confirm

import (
	"testing"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// TestDwellByTheHour has something stand from noon on, in a zone whose hours are those of
// a place eight hours east, where it is evening.
func TestDwellByTheHour(t *testing.T) {
	evening, err := zone.ParseSchedule("19:00-20:01")
	if err != nil {
		t.Fatal(err)
	}
	lot := zone.Zone{
		Name: "lot", Use: zone.NoParking, Points: zone.Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}},
		Dwell: 10 * s, Hours: []zone.Hours{{Schedule: evening, Dwell: time.Hour}},
	}
	for name, c := range map[string]struct {
		east int
		want time.Duration
	}{"elsewhere": {0, 10 * s}, "in the evening": {8, 60 * s}} { // until the evening's hours are over
		t.Run(name, func(t *testing.T) {
			con := confirmer(lot)
			con.place.Local = time.FixedZone("there", c.east*3600)
			got, _ := play(t, con, event.ParkingMotor, span{0, 100 * s, s, []flow.Finding{{Zone: "lot", Subject: "1", Score: 0.9, Age: ms}}})
			if len(got) == 0 || got[0].at < c.want || got[0].at > c.want+s {
				t.Errorf("%+v, want a start at %v", got, c.want)
			}
		})
	}
}

func TestVehiclesOnly(t *testing.T) {
	lot := zone.Zone{Name: "lot", Use: zone.NoParking, Points: zone.Polygon{{0, 0}, {1, 0}, {1, 1}, {0, 1}}, Dwell: 10 * s, Only: zone.OnlyVehicle}
	for note, told := range map[string]bool{"vehicle": true, "object": false, "": true} { // without a network nobody can tell
		c := confirmer(lot)
		c.Explain = true
		got, _ := play(t, c, event.ParkingMotor, span{0, 20 * s, s, []flow.Finding{{Zone: "lot", Subject: "1", Score: 0.9, Age: ms, Note: note}}})
		if (len(got) > 0) != told {
			t.Errorf("%q: %+v, told %v", note, got, told)
		}
		if why := c.Cases()[0].Lacks; (why == LacksSort) == told {
			t.Errorf("%q lacks %q", note, why)
		}
	}
}
