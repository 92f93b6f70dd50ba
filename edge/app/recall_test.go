//go:build !nocv

package app

import (
	"context"
	"image"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/config"
	"eastgate/edge/detect/detecttest"
	"eastgate/edge/evidence"
	"eastgate/edge/outbox"
	"eastgate/edge/zone"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// street films a drawn street for two seconds, with or without a car that stands there.
func street(t *testing.T, car bool) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "street.mkv")
	ffmpeg := exec.Command("ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "320x240", "-r", "10", "-i", "-",
		"-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-bf", "0", "-threads", "1", file)
	in, err := ffmpeg.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ffmpeg.Start(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v", err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		img := detecttest.Noise(320, 240, 100, 2, dice)
		detecttest.Texture(img, 12, 4)
		if car {
			detecttest.Fill(img, image.Rect(110, 120, 200, 170), 200, 110, 150)
			detecttest.Fill(img, image.Rect(125, 125, 150, 140), 40, 128, 128)
			detecttest.Fill(img, image.Rect(160, 125, 185, 140), 40, 128, 128)
		}
		for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
			if _, err := in.Write(plane); err != nil {
				t.Fatal(err)
			}
		}
	}
	in.Close()
	if err := ffmpeg.Wait(); err != nil {
		t.Fatal(err)
	}
	return file
}

// startBox runs a box with one camera, where nothing may stand for two seconds. stop ends it.
func startBox(t *testing.T, data, url string) (b *Box, stop func()) {
	t.Helper()
	t.Setenv("BOX_SECRET", "word")
	c := config.Camera{Inputs: []config.Input{{Config: camera.DefaultConfig()}}, Detect: config.Everything()}
	c.Inputs[0].URL = url
	c.Clips.ClipConfig = evidence.DefaultClipConfig()
	c.Detect.Fire.Enabled, c.Detect.Motion.Enabled, c.Detect.Tamper.Enabled = false, false, false
	c.Zones = map[string]zone.Zone{"lot": {Use: zone.NoParking, Points: zone.Polygon{{0.1, 0.3}, {0.9, 0.3}, {0.9, 0.95}, {0.1, 0.95}}, Dwell: 2 * time.Second}}
	b, err := New(config.File{
		Site: "garden", Box: "gate-1", Data: data,
		Cloud:   config.Cloud{Broker: "mqtt://127.0.0.1:1", Evidence: "http://127.0.0.1:1", UploadRate: 1 << 20, Secret: secret.Ref{Env: "BOX_SECRET"}},
		Outbox:  config.Outbox{MaxBytes: 64 << 20, Pictures: 64 << 20},
		Cameras: map[string]config.Camera{"yard": c},
	}, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return b, stop
}

// looks is how many pictures the detector has judged.
func looks(t *testing.T, b *Box) (n float64) {
	t.Helper()
	families, err := b.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "edge_detect_frames_judged_total" {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}

// told are the events of a kind that wait for the cloud.
func told(t *testing.T, b *Box, kind event.Kind) (out []event.Event) {
	t.Helper()
	var c outbox.Cursor
	for p := 1; p <= outbox.Priorities; p++ {
		entries, err := b.outbox.Next(&c, outbox.Limit{From: p, To: p, Entries: 1 << 20, Bytes: 1 << 30})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			q := wire.Queued{Position: wire.Position{Epoch: b.outbox.Epoch(), Priority: event.Level(p), Sequence: e.Seq}, Body: e.Body}
			items, _, err := wire.DecodeBatch(wire.AppendBatch(nil, []wire.Queued{q}), "garden", "gate-1")
			if err != nil || len(items) != 1 {
				t.Fatal(err)
			}
			if items[0].Event.Kind == kind {
				out = append(out, items[0].Event)
			}
		}
	}
	return out
}

// TestAStayIsOneEventOverARestart stops a box while something stands before its camera,
// and starts it again: it is the same stay, and its end is told when it leaves.
func TestAStayIsOneEventOverARestart(t *testing.T) {
	empty, err := cameratest.Load(street(t, false))
	if err != nil {
		t.Fatal(err)
	}
	stands, err := cameratest.Load(street(t, true))
	if err != nil {
		t.Fatal(err)
	}
	server, err := cameratest.New(cameratest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	cam, err := server.Add("cam", empty)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	b, stop := startBox(t, data, server.URL("cam"))
	until(t, "it knows the empty place", func() bool { return looks(t, b) > 12 })
	if err := cam.Show(stands); err != nil {
		t.Fatal(err)
	}
	until(t, "the stay is told", func() bool { return len(told(t, b, event.ParkingMotor)) > 0 })
	stop()
	restart := time.Now()
	b, _ = startBox(t, data, server.URL("cam"))
	until(t, "it has looked for longer than the dwell", func() bool { return looks(t, b) > 16 })
	if err := cam.Show(empty); err != nil {
		t.Fatal(err)
	}
	until(t, "the end is told", func() bool { e := told(t, b, event.ParkingMotor); return e[len(e)-1].State == event.End })
	e := slices.DeleteFunc(told(t, b, event.ParkingMotor), func(e event.Event) bool { return e.State == event.Update }) // such as with its clip
	if len(e) != 2 || e[0].State != event.Start || e[1].Episode != e[0].ID || e[1].Since.Sub(e[0].Since).Abs() > time.Second || e[1].Time.Before(restart) {
		t.Errorf("restarted at %v: %+v", restart, e)
	}
}
