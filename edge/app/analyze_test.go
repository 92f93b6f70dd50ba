//go:build !nocv

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eastgate/edge/app"
	"eastgate/edge/config"
	"eastgate/edge/detect/detecttest"
)

// command runs one command line of the program.
func command(t *testing.T, args ...string) (out, said string, err error) {
	t.Helper()
	var o, e bytes.Buffer
	err = app.Console{Out: &o, Err: &e, Version: "test"}.Command(t.Context(), args)
	return o.String(), e.String(), err
}

func film(t *testing.T, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	all := append([]string{"-v", "error", "-f", "lavfi", "-i"}, append(args, file)...)
	if out, err := exec.Command("ffmpeg", all...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	return file
}

// TestAnalyzePrintsEventsAndASummary: a block crosses a grey picture from 3 s on.
func TestAnalyzePrintsEventsAndASummary(t *testing.T) {
	file := film(t, "block.mp4", "color=gray:size=320x240:rate=10:duration=9,noise=alls=6:allf=t[b];color=white:size=40x60:rate=10:duration=9[w];[b][w]overlay=x=20*(t-3):y=80:enable='gt(t,3)'", "-c:v", "libx264")
	out, said, err := command(t, "analyze", "-detect", "motion,fire", file)
	if err != nil {
		t.Fatal(err, said)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %s", out)
	}
	var e struct {
		File, Kind, Zone string
		Start            float64 `json:"start_s"`
		End              *float64
	}
	if err := json.Unmarshal([]byte(lines[0]), &e); err != nil || e.Kind != "security.motion" || e.File != file || e.Start < 3 || e.Start > 4.5 {
		t.Errorf("event %s, %v", lines[0], err)
	}
	var s map[string]any
	if err := json.Unmarshal([]byte(lines[1]), &s); err != nil || s["summary"] != true || s["frames_in"] != 90.0 || s["frames_decoded"] != 90.0 {
		t.Errorf("summary %s, %v", lines[1], err)
	}
}

func TestAnalyzeNamesTheFileItCannotRead(t *testing.T) {
	good := film(t, "good.mp4", "testsrc2=size=160x120:rate=5:duration=1", "-c:v", "libx264")
	text := filepath.Join(t.TempDir(), "notes.mp4")
	if err := os.WriteFile(text, []byte("no video"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := command(t, "analyze", text, filepath.Join(t.TempDir(), "absent.mp4"), good)
	if err == nil || !strings.Contains(err.Error(), "notes.mp4") || !strings.Contains(err.Error(), "absent.mp4") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(out, `"summary":true`) {
		t.Error("the good file was not analysed")
	}
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string // in the error; empty means ErrUsage
	}{
		{nil, ""},
		{[]string{"dance"}, ""},
		{[]string{"analyze"}, ""},
		{[]string{"analyze", "-detect", "faces", "x.mp4"}, `"faces" is none of fire, motion, parking, tamper`},
		{[]string{"analyze", "-gate", "ajar", "x.mp4"}, "neither on nor off"},
		{[]string{"check", "-config", "/nowhere.yml"}, "/nowhere.yml"},
		{[]string{"probe", "http://camera"}, "is no address such as rtsp://"},
	} {
		_, _, err := command(t, c.args...)
		if c.want == "" && !errors.Is(err, app.ErrUsage) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%v: %v", c.args, err)
		}
	}
	if out, _, err := command(t, "check", "-config", "../config/testdata/good.yml"); err != nil || !strings.Contains(out, "good: 2 cameras") {
		t.Errorf("check: %s, %v", out, err)
	}
}

// TestEveryClipIsAnalysed runs all detectors over every real clip. How well they do is
// for each detector's README; here every clip must be read to its end.
func TestEveryClipIsAnalysed(t *testing.T) {
	data := detecttest.Data(t)
	truth, err := os.ReadFile(filepath.Join(data, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var clips []struct {
		File   string
		Frames int
	}
	if err := json.Unmarshal(truth, &clips); err != nil || len(clips) == 0 {
		t.Fatal("no clips", err)
	}
	for _, clip := range clips {
		path := filepath.Join(data, clip.File)
		if _, err := os.Stat(path); err != nil || clip.Frames == 0 {
			continue
		}
		var out bytes.Buffer
		a := app.Analysis{Camera: config.Camera{Detect: config.Everything()}, Only: []string{"motion"}, Out: &out, Log: slog.New(slog.DiscardHandler)}
		if err := a.File(t.Context(), path); err != nil {
			t.Error(err)
			continue
		}
		var last struct {
			Decoded int `json:"frames_decoded"`
		}
		for lines := bufio.NewScanner(&out); lines.Scan(); {
			if err := json.Unmarshal(lines.Bytes(), &last); err != nil {
				t.Fatal(err)
			}
		}
		if last.Decoded < clip.Frames*98/100 {
			t.Errorf("%s: %d of %d pictures decoded", clip.File, last.Decoded, clip.Frames)
		}
	}
}
