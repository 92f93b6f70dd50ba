//go:build !nocv

package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTuneShowsWhatEachSettingRaises: a block of 3 % of the picture crosses it.
func TestTuneShowsWhatEachSettingRaises(t *testing.T) {
	file := film(t, "block.mp4", "color=gray:size=320x240:rate=10:duration=9,noise=alls=6:allf=t[b];color=white:size=40x60:rate=10:duration=9[w];[b][w]overlay=x=20*(t-3):y=80:enable='gt(t,3)'", "-c:v", "libx264")
	out, said, err := command(t, "tune", "-json", "-detect", "motion", "-try", "detect.motion.min_area=0.002,0.2", file)
	if err != nil {
		t.Fatal(err, said)
	}
	raised := map[string]int{}
	for line := range strings.Lines(out) {
		var o struct {
			File, Setting, Value string
			Raised               []struct {
				Start float64 `json:"start_s"`
			}
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil || o.File != file {
			t.Fatalf("%s: %v", line, err)
		}
		raised[o.Setting+o.Value] = len(o.Raised)
	}
	if raised[""] != 1 || raised["detect.motion.min_area0.002"] != 1 || raised["detect.motion.min_area0.2"] != 0 || len(raised) != 3 {
		t.Errorf("got %s", out)
	}
	if out, _, err = command(t, "tune", "-detect", "motion", file); err != nil || !strings.Contains(out, "as it is") || !strings.Contains(out, "security.motion") {
		t.Errorf("the table is %s, %v", out, err)
	}
}

func TestTuneNamesWhatCannotBeTried(t *testing.T) {
	config := filepath.Join(t.TempDir(), "camera.yml")
	if err := os.WriteFile(config, []byte("zones:\n  lane: {kind: fire_lane, points: [[0,0],[1,0],[1,1]]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for try, want := range map[string]string{
		"detect.motion.min_area=7": "min_area: 7 is not between",
		"zones.door.dwell=5s":      `no "door", but lane`,
		"zones.lane.kind=pond":     `"pond" is none of`,
		"nothing":                  "is not path=value",
	} {
		_, said, err := command(t, "tune", "-config", config, "-try", try, "clip.mp4")
		if err == nil || !strings.Contains(err.Error()+said, want) {
			t.Errorf("%s: %v %s", try, err, said)
		}
	}
	if _, _, err := command(t, "tune", "-config", config, "-camera", "yard", "clip.mp4"); err == nil {
		t.Error("a section has no cameras by name")
	}
	if _, _, err := command(t, "tune", "-detect", "ghosts", "clip.mp4"); err == nil || !strings.Contains(err.Error(), `"ghosts" is none of`) {
		t.Errorf("a kind that is none: %v", err)
	}
}
