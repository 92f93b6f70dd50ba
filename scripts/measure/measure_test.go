package main

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eastgate/edge/camera/cameratest"
)

func TestRules(t *testing.T) {
	c := clip{Duration: 100, Truth: []label{
		{Label: "no_fire", Start: 0, End: 30},
		{Label: "fire", Start: 31, End: 60},
		{Label: "smoke", Start: 70, End: 75},
		{Label: "no_fire", Start: 76, End: 100},
		{Label: "fire", Start: 61, End: 62}, // too short to be asked for
	}}
	for _, x := range []struct {
		name                 string
		events               []span
		found, right, wrong  int
		delay                float64
		missed, wanted, none int
	}{
		{name: "found late", events: []span{{40, 50}}, found: 1, right: 1, delay: 9},
		{name: "found early", events: []span{{10, 35}}, found: 1, right: 1},
		{name: "false", events: []span{{5, 20}}, wrong: 1},
		{name: "false, but for less than a second", events: []span{{5, 5.9}}},
		{name: "just before the fire", events: []span{{20, 29.5}}},
		{name: "in smoke", events: []span{{69, 90}}},
		{name: "two of one fire", events: []span{{33, 36}, {40, 45}}, found: 1, right: 2, delay: 2},
		{name: "in the short one", events: []span{{61.2, 61.4}}, right: 1},
	} {
		var events []episode
		for _, s := range x.events {
			events = append(events, episode{"fire.visual", s}, episode{"security.motion", s})
		}
		v := rules["fire"].judge(c, events)
		if v.found != x.found || v.wanted != 1 || v.right != x.right || v.wrong != x.wrong {
			t.Errorf("%s: found %d of %d, right %d, wrong %d; want %d of 1, %d, %d", x.name, v.found, v.wanted, v.right, v.wrong, x.found, x.right, x.wrong)
		}
		if x.found == 1 && math.Abs(v.delays[0]-x.delay) > 1e-9 {
			t.Errorf("%s: delay %v, want %v", x.name, v.delays[0], x.delay)
		}
		if len(v.missed) != 1-x.found || v.negative != 54 {
			t.Errorf("%s: missed %v in %v s", x.name, v.missed, v.negative)
		}
	}
}

// TestParkingIsFoundInTime: an event that comes long after the dwell is none.
func TestParkingIsFoundInTime(t *testing.T) {
	c := clip{Width: 100, Height: 100, Truth: []label{{Label: "stationary_vehicle", Start: 10, End: 60, Polygon: [][2]float64{{0, 0}, {50, 0}, {50, 50}}}}}
	for at, found := range map[float64]int{15: 1, 18.9: 1, 19.5: 0, 61: 0} {
		if v := rules["parking"].judge(c, []episode{{"parking.motor", span{at, 70}}}); v.found != found || v.wanted != 1 {
			t.Errorf("event at %v s: found %d of %d, want %d", at, v.found, v.wanted, found)
		}
	}
}

// TestIntervals against tables of both.
func TestIntervals(t *testing.T) {
	for _, x := range []struct {
		k, n      int
		low, high float64
	}{{12, 12, 0.7354, 1}, {0, 10, 0, 0.3085}, {8, 10, 0.4439, 0.9748}, {0, 0, 0, 1}} {
		if low, high := share(x.k, x.n); math.Abs(low-x.low) > 1e-3 || math.Abs(high-x.high) > 1e-3 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", x.k, x.n, low, high, x.low, x.high)
		}
	}
	for _, x := range []struct {
		k                int
		hours, low, high float64
	}{{0, 1, 0, 3.689}, {1, 1, 0.0253, 5.572}, {10, 2, 2.398, 9.195}} {
		if low, high := rate(x.k, x.hours); math.Abs(low-x.low) > 2e-3 || math.Abs(high-x.high) > 2e-3 {
			t.Errorf("%d in %v h: %.4f to %.4f, want %.4f to %.4f", x.k, x.hours, low, high, x.low, x.high)
		}
	}
}

// TestDamages: each makes a film that still plays.
func TestDamages(t *testing.T) {
	film := cameratest.Record(t, "160x120", 10, 1, "-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")
	o := options{data: filepath.Dir(film), cache: t.TempDir()}
	c := clip{File: filepath.Base(film), Width: 160, Height: 120, Duration: 1, FPS: 10}
	for _, d := range damages {
		to, err := d.apply(t.Context(), o, c)
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", to).Output()
		if n := strings.TrimSpace(string(out)); err != nil || n == "" || n == "0" {
			t.Errorf("%s: %q pictures, %v", d.name, n, err)
		}
		if again, err := d.apply(t.Context(), o, c); err != nil || again != to {
			t.Errorf("%s: made again as %q, %v", d.name, again, err)
		}
	}
}

// TestTables are put between the marks and nowhere else.
func TestTables(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"old\n"+end+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := report{kind: "fire"}
	c := clip{File: "fire-dev/x.mp4"}
	r.add(ours{}.name(), "", c, verdict{found: 1, wanted: 2, delays: []float64{2}, right: 1, negative: 360, missed: []span{{1, 5}}})
	r.add(ours{}.name(), undamaged, c, verdict{found: 1, wanted: 2, delays: []float64{2}, right: 1, negative: 360})
	r.add(ours{}.name(), "noise", c, verdict{found: 0, wanted: 2, wrong: 1, negative: 360, missed: []span{{1, 5}, {7, 9}}})
	r.add("others", "", c, verdict{found: 2, wanted: 2, delays: []float64{1, 3}, wrong: 3, negative: 360})
	if err := insert(file, r.markdown()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"before\n" + begin, end + "after\n", "| Eastgate | 1 of 2 | 0.50 (0.01–0.99) | 2.0 s | 0 | 6.0 min | 0.0 (0.0–36.9) | 1.00 (0.03–1.00) |",
		"missed: x 1.0–5.0 s. False: nothing.", "| others | 2 of 2 |", "0 of 2 | 1 | – | – | 1 | +1 |",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is missing in:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old tables are still there")
	}
	if err := os.WriteFile(file, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if insert(file, "x") == nil {
		t.Error("a file without marks was written")
	}
}

// TestColourRules: flame's colour counts where it stands out, grey never does.
func TestColourRules(t *testing.T) {
	pix := make([]byte, 0, 300)
	for i := range 100 {
		if i < 10 {
			pix = append(pix, 180, 190, 60) // orange
		} else {
			pix = append(pix, 90, 128, 128)
		}
	}
	if share := fireColoured(pix); share != 0.1 {
		t.Errorf("%.3f of the picture is taken for fire, want 0.1", share)
	}
}

func TestPresence(t *testing.T) {
	p := presence{kind: "x", lasts: 1, quiet: 2}
	for i := range 100 {
		at := float64(i) / 10
		p.see(at, at >= 1 && at < 1.5 || at >= 3 && at < 5 && i != 35 || at >= 6 && at < 6.2)
	}
	if len(p.events) != 1 || math.Abs(p.events[0].from-4.6) > 0.11 || p.events[0].to < 6 {
		t.Errorf("events %+v", p.events)
	}
}
