//go:build !nocv

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"image/jpeg"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/evidence"
	"eastgate/edge/status"
	"eastgate/edge/zone"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// boxOf starts a box with two cameras that show moving test bars. Its cloud is away.
func boxOf(t *testing.T, data string) *Box {
	t.Helper()
	server, _ := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "320x240", 10, 2, "-c:v", "libx264", "-g", "10", "-preset", "ultrafast", "-threads", "1"))
	t.Setenv("BOX_SECRET", "word")
	f := config.File{
		Site: "garden", Box: "gate-1", Timezone: "Asia/Shanghai", Data: data,
		Cloud:   config.Cloud{Broker: "mqtt://127.0.0.1:1", Evidence: "http://127.0.0.1:1", UploadRate: 1 << 20, Secret: secret.Ref{Env: "BOX_SECRET"}},
		Outbox:  config.Outbox{MaxBytes: 64 << 20, Pictures: 64 << 20},
		Cameras: map[string]config.Camera{},
	}
	for _, name := range []string{"yard", "gate"} {
		c := config.Camera{Name: strings.ToUpper(name), Inputs: []config.Input{{Config: camera.DefaultConfig()}}, Detect: config.Everything()}
		c.Inputs[0].URL = server.URL("cam")
		c.Clips.ClipConfig = evidence.DefaultClipConfig()
		c.Privacy = []zone.Polygon{{{0, 0}, {0.3, 0}, {0.3, 0.3}, {0, 0.3}}}
		f.Cameras[name] = c
	}
	b, err := New(f, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for patience := time.Now().Add(60 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(patience) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func (b *Box) runs(name string) bool {
	c, ok := b.board.Camera(name)
	on := b.lenses.get(name)
	return ok && c.State == status.Online && on != nil && len(on.ring.Newest()) > 0
}

const settingsOf = `{"zones": {"bars": {"kind": "motion", "min_score": 0.99, "points": [[0,0],[1,0],[1,1],[0,1]]}},
	"privacy": [[[0.6,0.6],[1,0.6],[1,1],[0.6,1]]], "detect": {"fire": {"enabled": false}, "parking": {"enabled": false}, "tamper": {"enabled": false}}}`

func TestSettingsReachOneCamera(t *testing.T) {
	dir := t.TempDir()
	b := boxOf(t, dir)
	until(t, "both cameras run", func() bool { return b.runs("yard") && b.runs("gate") })
	yard, gate := b.lenses.get("yard"), b.lenses.get("gate")
	args, err := json.Marshal(wire.CameraZones{Camera: "yard", Version: 4, By: "lead", Why: "bars", Settings: json.RawMessage(settingsOf)})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // sent twice, done once
		answer, err := b.setZones(t.Context(), args)
		if err != nil || answer != (wire.ZonesState{Version: 4}) {
			t.Fatalf("%+v, %v", answer, err)
		}
	}
	until(t, "the camera runs anew", func() bool { return b.lenses.get("yard") != yard && b.runs("yard") })
	if b.lenses.get("gate") != gate {
		t.Error("the other camera was begun anew")
	}
	for name, version := range map[string]string{"yard": "v4/", "gate": "v0/"} { // what evidence says of private areas
		c := b.settings.Camera(name)
		if cam, _ := b.recorded(name, c); cam.Masks != version+zone.Digest(c.Privacy) || len(c.Privacy) == 0 {
			t.Errorf("evidence of %s says %q", name, cam.Masks)
		}
	}
	if _, err := b.setZones(t.Context(), []byte(`{"camera": "yard", "version": 3, "settings": {}}`)); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("an older version: %v", err)
	}
	for _, c := range b.health().Cameras {
		want := map[string]int64{"yard": 4, "gate": 0}[c.Camera]
		if c.Zones == nil || c.Zones.Version != want || c.Zones.Problem != "" {
			t.Errorf("health of %s: %+v", c.Camera, c.Zones)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "settings", "yard.json")); err != nil {
		t.Error(err)
	}
}

func TestPreviewShowsWhatWouldBeSeen(t *testing.T) {
	b := boxOf(t, t.TempDir())
	until(t, "the camera runs", func() bool {
		on := b.lenses.get("yard")
		if on == nil || !b.runs("yard") {
			return false
		}
		p := on.ring.Newest()
		return p[len(p)-1].Received.Sub(p[0].Received) > 3*time.Second
	})
	try := func(settings string) preview {
		t.Helper()
		args := `{"camera": "yard"}`
		if settings != "" {
			args = `{"camera": "yard", "settings": ` + settings + `}`
		}
		answer, err := b.preview(t.Context(), []byte(args))
		if err != nil {
			t.Fatal(err)
		}
		p, ok := answer.(preview)
		if body, err := json.Marshal(answer); err != nil || len(body) > wire.MaxBytes || !ok {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
		return p
	}
	p := try("")
	if p.Trial != nil || p.Width != 320 || p.InForce.Version != 0 || !strings.Contains(string(p.InForce.Settings), `"privacy":[[[0,0],[0.3,0],[0.3,0.3],[0,0.3]]]`) {
		t.Errorf("without settings: %+v", p)
	}
	p = try(settingsOf)
	var found *confirm.Case
	for i, c := range p.Trial.Cases {
		if c.Kind == event.Motion && c.Zone == "bars" {
			found = &p.Trial.Cases[i]
		}
	}
	if found == nil || p.Trial.Looked["motion"] == 0 || p.Trial.Looked["fire"] != 0 {
		t.Fatalf("%+v", p.Trial)
	}
	if found.Raised && found.Score < 0.99 || !found.Raised && found.Lacks == "" {
		t.Errorf("%+v", found)
	}
	if b.settings.State("yard").Version != 0 {
		t.Error("a trial came into force")
	}
	// What is private now, and what would be, is black.
	items := b.folder.Pending()
	seen := false
	for _, it := range items {
		if it.SHA256 != p.Picture.SHA256 {
			continue
		}
		seen = true
		files, err := filepath.Glob(filepath.Join(b.file.Data, "evidence", it.SHA256+"*"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		img, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range [][2]int{{20, 20}, {280, 220}} {
			if r, g, b, _ := img.At(at[0], at[1]).RGBA(); r>>8 > 24 || g>>8 > 24 || b>>8 > 24 {
				t.Errorf("%v shows %d %d %d", at, r>>8, g>>8, b>>8)
			}
		}
		if r, g, b, _ := img.At(160, 90).RGBA(); r+g+b < 3000 {
			t.Error("all is black")
		}
	}
	if !seen {
		t.Error("the still does not wait for the cloud")
	}
	for args, want := range map[string]string{
		`{"camera": "attic"}`: "no camera", `{"camera": "yard", "settings": {"zones": {"a": {"kind": "x"}}}}`: "zones.a.kind", `nonsense`: "preview",
	} {
		if _, err := b.preview(t.Context(), []byte(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
