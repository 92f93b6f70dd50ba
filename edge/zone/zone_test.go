package zone

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var square = Polygon{{0.25, 0.25}, {0.75, 0.25}, {0.75, 0.75}, {0.25, 0.75}}

func TestContains(t *testing.T) {
	star := Polygon{{0.1, 0.1}, {0.9, 0.1}, {0.5, 0.5}, {0.9, 0.9}, {0.1, 0.9}}
	for _, c := range []struct {
		p    Polygon
		x, y float64
		want bool
	}{
		{square, 0.5, 0.5, true},
		{square, 0.1, 0.5, false},
		{star, 0.2, 0.5, true},
		{star, 0.8, 0.5, false}, // in the bay
	} {
		if got := c.p.Contains(c.x, c.y); got != c.want {
			t.Errorf("(%v, %v): got %v", c.x, c.y, got)
		}
	}
}

func TestRaster(t *testing.T) {
	count := func(m []byte) (n int) {
		for _, v := range m {
			if v != 0 {
				n++
			}
		}
		return n
	}
	if n := count(Raster(8, 8, nil, nil)); n != 64 {
		t.Errorf("no zones: %d of 64", n)
	}
	if n := count(Raster(8, 8, []Zone{{Points: square}}, nil)); n != 16 {
		t.Errorf("a zone of a quarter: %d of 64", n)
	}
	if n := count(Raster(8, 8, nil, []Polygon{square})); n != 48 {
		t.Errorf("a mask of a quarter: %d of 64", n)
	}
	if n := count(Raster(1, 1, []Zone{{Points: square}}, nil)); n != 1 {
		t.Errorf("one pixel: %d", n)
	}
}

func scheduled(t *testing.T, text string) Schedule {
	t.Helper()
	s, err := ParseSchedule(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDwellAt(t *testing.T) {
	z := Zone{Use: NoParking, Points: square, Dwell: 3 * time.Minute, Hours: []Hours{
		{scheduled(t, "07:00-09:00"), 10 * time.Minute}, {scheduled(t, "22:00-06:00, 08:00-10:00"), time.Minute},
	}}
	for at, want := range map[string]time.Duration{
		"06:59": 3 * time.Minute, "07:00": 10 * time.Minute, "08:30": 10 * time.Minute, "09:00": time.Minute, "10:00": 3 * time.Minute,
		"21:59": 3 * time.Minute, "22:00": time.Minute, "00:00": time.Minute, "05:59": time.Minute, "06:00": 3 * time.Minute,
	} {
		when, err := time.Parse("15:04", at)
		if err != nil {
			t.Fatal(err)
		}
		if got := z.DwellAt(when); got != want {
			t.Errorf("at %s: %v, want %v", at, got, want)
		}
	}
}

func TestValidate(t *testing.T) {
	morning := scheduled(t, "07:00-09:00")
	for _, c := range []struct {
		z    Zone
		want string // in the first fault; empty means none
	}{
		{Zone{Use: FireLane, Points: square}, ""},
		{Zone{Use: "yard", Points: square}, "kind: "},
		{Zone{Use: NoParking, Points: square[:2]}, "points: 2 points"},
		{Zone{Use: NoParking, Points: Polygon{{0, 0}, {1, 1}, {2, 0}}}, "points: [2]"},
		{Zone{Use: NoParking, Points: Polygon{{0, 0}, {1, 1}, {0.5, 0.5}}}, "points: the polygon has no area"},
		{Zone{Use: NoParking, Points: square, Dwell: -1}, "dwell: "},
		{Zone{Use: NoParking, Points: square, Hours: []Hours{{morning, time.Minute}}, Only: OnlyVehicle}, ""},
		{Zone{Use: NoParking, Points: square, Hours: []Hours{{morning, time.Minute}, {Schedule{}, time.Minute}}}, "hours[1].schedule: "},
		{Zone{Use: NoParking, Points: square, Hours: []Hours{{morning, 0}}}, "hours[0].dwell: "},
		{Zone{Use: NoParking, Points: square, Hours: []Hours{{morning, 25 * time.Hour}}}, "hours[0].dwell: "},
		{Zone{Use: NoParking, Points: square, Hours: slices.Repeat([]Hours{{morning, time.Hour}}, 13)}, "hours: 13 of them"},
		{Zone{Use: NoParking, Points: square, Only: "bicycle"}, "only: "},
		{Zone{Use: Motion, Points: square, Only: OnlyVehicle}, "hours, only: "},
		{Zone{Use: Fire, Points: square, Hours: []Hours{{morning, time.Minute}}}, "hours, only: "},
	} {
		faults := c.z.Validate()
		switch {
		case c.want == "" && len(faults) > 0:
			t.Errorf("%+v: %v", c.z, faults)
		case c.want != "" && (len(faults) == 0 || !strings.HasPrefix(faults[0].Error(), c.want)):
			t.Errorf("%+v: got %v, want %q", c.z, faults, c.want)
		}
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		text, at string
		want     bool
	}{
		{"", "03:00", true},
		{"07:00-19:00", "07:00", true},
		{"07:00-19:00", "19:00", false},
		{"22:00-06:00", "23:30", true},
		{"22:00-06:00", "05:59", true},
		{"22:00-06:00", "12:00", false},
		{"07:00-09:00, 17:00-24:00", "23:59", true},
		{"07:00-09:00, 17:00-24:00", "12:00", false},
	} {
		s, err := ParseSchedule(c.text)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse("15:04", c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Holds(at); got != c.want {
			t.Errorf("%q at %s: got %v", c.text, c.at, got)
		}
	}
	for _, bad := range []string{"always", "7-9", "07:00-25:00"} {
		if _, err := ParseSchedule(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add("07:00-19:00, 22:00-06:00")
	f.Fuzz(func(_ *testing.T, text string) {
		s, err := ParseSchedule(text)
		if err == nil {
			s.Holds(time.Unix(0, 0))
		}
	})
}
