package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestGoodFilesAreGood(t *testing.T) {
	files, err := filepath.Glob("testdata/*good.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no good files", err)
	}
	for _, f := range files {
		if _, err := Load(f); err != nil {
			t.Error(err)
		}
	}
}

// TestBadFilesSayWhy: each bad file begins with the lines that its faults must say.
func TestBadFilesSayWhy(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no bad files", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := Parse(data)
		got := errors.Join(faults...)
		for _, line := range strings.Split(string(data), "\n") {
			want, ok := strings.CutPrefix(line, "# want: ")
			if ok && (got == nil || !strings.Contains(got.Error(), want)) {
				t.Errorf("%s: no fault says %q\n%v", f, want, got)
			}
		}
		if strings.Contains(got.Error(), "word@") {
			t.Errorf("%s: a password is shown", f)
		}
	}
}

func TestACamerasOwnSectionOverridesTheFiles(t *testing.T) {
	f, err := Load("testdata/good.yml")
	if err != nil {
		t.Fatal(err)
	}
	gate, shop := f.Cameras["east-gate"], f.Cameras["shop-041"]
	if gate.Detect.Motion.MinArea != 0.002 || shop.Detect.Motion.MinArea != 0.002 {
		t.Errorf("the file's min_area did not reach the cameras: %v, %v", gate.Detect.Motion.MinArea, shop.Detect.Motion.MinArea)
	}
	if !gate.Detect.Parking.Enabled || shop.Detect.Parking.Enabled {
		t.Errorf("parking: gate %v, shop %v; want on and, by the template, off", gate.Detect.Parking.Enabled, shop.Detect.Parking.Enabled)
	}
	areas := gate.Areas()
	if len(areas.Zones) != 2 || areas.Zones[0].Name != "fire-lane" || areas.Zones[0].Dwell != 3*time.Minute || len(areas.Masks) != 2 {
		t.Errorf("areas: %+v", areas)
	}
	if gate.Clips.MaxBytes != 8<<20 || len(gate.Privacy) != 1 { // and what is private is not looked at either
		t.Errorf("clips: %+v, privacy: %v", gate.Clips, gate.Privacy)
	}
	if in := gate.DetectInput(); in.URL != "rtsp://10.0.0.11/stream1" || in.Password.Env != "EAST_GATE_PASSWORD" {
		t.Errorf("input: %+v", in)
	}
}

func TestParseCamera(t *testing.T) {
	c, faults := ParseCamera([]byte(`{"zones": {"zone0": {"kind": "no_parking", "points": [[0,0],[1,0],[1,1]], "dwell": "5s"}}}`))
	if len(faults) > 0 || len(c.Zones) != 1 || !c.Detect.Fire.Enabled {
		t.Errorf("got %+v, %v", c, faults)
	}
	if _, faults = ParseCamera([]byte("zones: {a: {kind: nothing}}\nurl: x")); len(faults) != 3 {
		t.Errorf("faults: %v", faults)
	}
}

func FuzzParse(f *testing.F) {
	good, err := os.ReadFile("testdata/good.yml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("cameras: {a: &a {zones: {b: *a}}}"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		Parse(data)
		ParseCamera(data)
	})
}

func TestStreamsHaveRoles(t *testing.T) {
	for _, c := range []struct{ name, inputs, detect, record, fault string }{
		{"one", `[{url: "rtsp://a/1"}]`, "rtsp://a/1", "", ""},
		{"two", `[{url: "rtsp://a/2", roles: [detect]}, {url: "rtsp://a/1", roles: [record]}]`, "rtsp://a/2", "rtsp://a/1", ""},
		{"both roles", `[{url: "rtsp://a/1", roles: [detect, record]}]`, "rtsp://a/1", "", ""},
		{"nobody looks", `[{url: "rtsp://a/1", roles: [record]}]`, "", "", "exactly one is needed whose roles hold detect"},
		{"two are recorded", `[{url: "rtsp://a/1"}, {url: "rtsp://a/2", roles: [record]}]`, "", "", "more than one is to be recorded"},
		{"unknown", `[{url: "rtsp://a/1", roles: [audio]}]`, "", "", `"audio" is none of: detect, record`},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, faults := Parse([]byte("site: a\nbox: b\ncloud: {broker: mqtt://h:1, evidence: http://h, secret: {env: X}}\ncameras:\n  yard:\n    inputs: " + c.inputs + "\n"))
			if c.fault != "" {
				if said := errors.Join(faults...); said == nil || !strings.Contains(said.Error(), c.fault) {
					t.Errorf("got %v, want %q", said, c.fault)
				}
				return
			}
			if len(faults) > 0 {
				t.Fatal(errors.Join(faults...))
			}
			record, two := f.Cameras["yard"].RecordInput()
			if got := f.Cameras["yard"].DetectInput().URL; got != c.detect || two != (c.record != "") || two && record.URL != c.record {
				t.Errorf("looked at %s, recorded %s %v", got, record.URL, two)
			}
		})
	}
}
