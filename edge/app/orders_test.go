//go:build !nocv

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eastgate/edge/command"
	"eastgate/edge/evidence"
	"eastgate/edge/outbox"
	"eastgate/edge/sensor"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// kept returns the file that an answer names, from the box's own folder.
func (b *Box) kept(t *testing.T, answer any) (evidence.Item, []byte) {
	t.Helper()
	v, ok := answer.(seen)
	if !ok || v.Sent {
		t.Fatalf("answered %+v: want a file that waits for the cloud, which is away", answer)
	}
	all := b.folder.Pending()
	i := slices.IndexFunc(all, func(it evidence.Item) bool { return it.SHA256 == v.SHA256 })
	if i < 0 {
		t.Fatalf("%+v is not kept", v)
	}
	names, err := filepath.Glob(filepath.Join(b.file.Data, "evidence", v.SHA256+"*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("on disk: %v, %v", names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return all[i], data
}

func TestPicturesAndClipsOnDemand(t *testing.T) {
	b := boxOf(t, t.TempDir())
	until(t, "the camera runs", func() bool { return b.runs("yard") })
	ctx, stop := context.WithTimeout(t.Context(), 60*time.Second)
	defer stop()
	answer, err := b.snapshot(ctx, []byte(`{"camera":"yard"}`))
	if err != nil {
		t.Fatal(err)
	}
	item, data := b.kept(t, answer)
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil || item.Type != evidence.JPEG {
		t.Fatalf("%+v, %v", item, err)
	}
	if r, g, bl, _ := img.At(20, 20).RGBA(); r+g+bl > 3*0x2000 {
		t.Errorf("a private area shows %d %d %d: want black", r, g, bl)
	}
	answer, err = b.clip(ctx, []byte(`{"camera":"yard","seconds":2}`))
	if err != nil {
		t.Fatal(err)
	}
	if item, data = b.kept(t, answer); item.Type != evidence.MP4 {
		t.Fatalf("%+v", item)
	}
	file := filepath.Join(t.TempDir(), "clip.mp4")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,codec_name", "-of", "csv=p=0", file).CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("h264,")) {
		t.Errorf("ffprobe: %s, %v", out, err)
	}
	for args, want := range map[string]error{
		fmt.Sprintf(`{"camera":"yard","from":%q,"to":%q}`, time.Now().Add(-time.Hour).Format(time.RFC3339), time.Now().Add(-time.Hour+time.Second).Format(time.RFC3339)): evidence.ErrOver,
		`{"camera":"nowhere","seconds":2}`: command.Refuse("the box has no camera %q", "nowhere"),
	} {
		if _, err := b.clip(t.Context(), []byte(args)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", args, err, want)
		}
	}
}

// TestACameraShowsASensorsAlarm: the alarm is told first, then its picture and clip.
func TestACameraShowsASensorsAlarm(t *testing.T) {
	b := boxOf(t, t.TempDir())
	until(t, "the camera runs", func() bool { return b.runs("yard") })
	now := time.Now().UTC()
	id := event.NewID()
	alarm := event.Event{
		ID: id, Episode: id, Source: "/garden/gate/smoke", Kind: event.Smoke, State: event.Start, Time: now, Since: now,
		Certainty: "Likely", Severity: "Extreme", Urgency: "Immediate", Status: "Actual", Score: 1,
		Detector: event.Detector{Name: "zigbee2mqtt", Version: "1"},
	}
	b.file.Sensors.Devices = map[string]sensor.Device{"smoke": {Kind: "smoke", Camera: "yard"}}
	b.keepSensor(t.Context(), alarm)
	b.shown.Wait()
	var cursor outbox.Cursor
	var told []string
	for {
		entries, err := b.outbox.Next(&cursor, outbox.Limit{From: 1, To: 1, Entries: 10, Bytes: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 0 {
			break
		}
		for _, entry := range entries {
			if e := string(entry.Body); strings.Contains(e, "/garden/gate/smoke") {
				told = append(told, fmt.Sprint(strings.Contains(e, `"start"`), strings.Contains(e, evidence.JPEG), strings.Contains(e, evidence.MP4)))
			}
		}
	}
	if !slices.Equal(told, []string{"true false false", "false true false", "false false true"}) {
		t.Errorf("told (start, picture, clip): %v", told)
	}
}

func TestADisarmedRuleIsSeenEverywhere(t *testing.T) {
	dir := t.TempDir()
	b := boxOf(t, dir)
	until(t, "the camera runs and is watched", func() bool {
		return b.runs("yard") && len(b.coverage.Pending()) > 0
	})
	if _, err := b.disarm(t.Context(), []byte(`{"camera":"yard","rule":"motion","seconds":3600,"reason":"works"}`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.health().Cameras {
		if off := c.Disarmed; (c.Camera == "yard") != (len(off) == 1 && off[0].Rule == "motion" && off[0].Reason == "works") {
			t.Errorf("health of %s: %+v", c.Camera, off)
		}
	}
	if b.armed.Watches("yard", event.Motion) || !b.armed.Watches("yard", event.FireVisual) {
		t.Error("the rule is on, or another is off")
	}
	until(t, "it is a gap of that camera and of no other", func() bool {
		gap := map[string]bool{}
		for _, d := range b.coverage.Pending() {
			gap[d.Device] = gap[d.Device] || d.Blind[wire.Off] > 0
		}
		return gap["yard"] && !gap["gate"]
	})
	for _, args := range []string{`{"camera":"yard","rule":"sleep","seconds":60}`, `{"camera":"yard","rule":"fire","seconds":864000}`, `{"camera":"x","rule":"fire","seconds":60}`} {
		if _, err := b.disarm(t.Context(), json.RawMessage(args)); err == nil {
			t.Errorf("%s: taken", args)
		}
	}
	if _, err := b.arm(t.Context(), []byte(`{"camera":"yard","rule":"motion"}`)); err != nil || len(b.health().Cameras[1].Disarmed) != 0 {
		t.Errorf("it is still off: %v", err)
	}
}
