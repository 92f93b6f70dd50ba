//go:build !nocv

// Package detecttest holds what tests of detectors share: pictures from real
// clips, pictures drawn by hand, and the contract that every detector keeps.
package detecttest

import (
	"context"
	"image"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

// Play decodes a video file through the real stages and calls see with every
// picture that is at least every after the last one. It fails t when the file
// cannot be read.
func Play(t testing.TB, file string, every time.Duration, see func(*detect.Picture)) {
	t.Helper()
	video, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	packets, frames := make(chan *flow.Packet), make(chan *flow.Frame)
	ctx, stop := context.WithCancel(t.Context())
	g, ctx := errgroup.WithContext(ctx)
	defer func() { // also when see ends the test
		stop()
		for f := range frames {
			f.Release()
		}
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		video.Close()
	}()
	g.Go(func() error { return video.Run(ctx, packets) })
	g.Go(func() error {
		return decode.New("test", decode.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler)).
			RunAll(ctx, packets, frames)
	})
	next := time.Duration(math.MinInt64)
	for f := range frames {
		if f.PTS >= next {
			next = f.PTS + every
			show(f, see)
		} else {
			f.Release()
		}
	}
}

// Data returns the folder of real clips, or skips the test loudly when there is
// none: EASTGATE_DATA, or shared/data beside the project.
func Data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("EASTGATE_DATA")
	if dir == "" {
		_, here, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(here), "../../../../shared/data")
	}
	if _, err := os.Stat(filepath.Join(dir, "truth.json")); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: no clips in %s; set EASTGATE_DATA to the folder that holds truth.json", dir)
	}
	return dir
}

// Show calls see with img as a picture at pts.
func Show(img *image.YCbCr, pts time.Duration, see func(*detect.Picture)) {
	show(flow.NewFrame("test", time.Unix(0, 0).Add(pts), pts, img, nil), see)
}

// show calls see with f and releases it.
func show(f *flow.Frame, see func(*detect.Picture)) {
	defer f.Release()
	p := detect.NewPicture(f)
	defer p.Close()
	see(p)
}
