package camera_test

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/flow"
)

// TestASmallStreamIsLookedAtAndALargeOneKept, and the large one is looked at while the
// small one is lost.
func TestASmallStreamIsLookedAtAndALargeOneKept(t *testing.T) {
	server, small := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "160x96", 10, 2, "-c:v", "libx264", "-g", "10", "-preset", "ultrafast"))
	film, err := cameratest.Load(h264(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.Add("large", film); err != nil {
		t.Fatal(err)
	}
	var kept atomic.Int64
	keep := func(p *flow.Packet) {
		if p.Stream.Width != 320 || p.Camera != "yard" {
			t.Errorf("kept: %+v of %+v", p, p.Stream)
		}
		kept.Add(1)
	}
	states := make(chan camera.State, 1000)
	twin := camera.NewTwin("yard", config(server.URL("cam")), config(server.URL("large")),
		func(s camera.State) { states <- s }, camera.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	twin.Keep = keep
	ctx, stop := context.WithCancel(t.Context())
	out, done := make(chan *flow.Packet, 50), make(chan error, 1)
	go func() { done <- twin.Run(ctx, out) }()

	last := time.Duration(-1)
	see := func(width, pictures int) { // waits for so many of a width, one after the other
		deadline, n := time.After(60*time.Second), 0
		for n < pictures {
			select {
			case p := <-out:
				if p.PTS <= last || p.Camera != "yard" {
					t.Fatalf("media time goes from %v to %v; %+v", last, p.PTS, p)
				}
				last = p.PTS
				if p.Stream.Width != width {
					n = 0
					continue
				}
				if n++; n == 1 && !p.Key {
					t.Fatalf("the first picture of %d is no key picture", width)
				}
			case <-deadline:
				t.Fatalf("no %d pictures of width %d came", pictures, width)
			}
		}
	}
	see(160, 20)
	if err := small.Set(cameratest.Cut, 9*time.Second); err != nil {
		t.Fatal(err)
	}
	before := kept.Load()
	see(320, 20)
	if kept.Load() == before {
		t.Error("nothing was kept meanwhile")
	}
	see(160, 20)
	stop()
	for range out { //nolint:revive // until it closes
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	said := false
	for len(states) > 0 {
		s := <-states
		said = said || s.Word == camera.Online && strings.Contains(s.Reason, "main stream is looked at in its place")
	}
	if !said {
		t.Error("it was not said that the large stream is looked at")
	}
}
