//go:build !nocv

package app

import (
	"bytes"
	"context"
	"image"
	"log/slog"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/config"
	"eastgate/edge/decode"
	"eastgate/edge/flow"
	"eastgate/edge/videofile"
	"eastgate/edge/zone"
)

// filmed has ffmpeg make a film of moving test bars, and returns its packets.
func filmed(t testing.TB, size string, encoder ...string) []*flow.Packet {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=rate=25:duration=2:size=" + size}
	if out, err := exec.Command("ffmpeg", append(append(args, encoder...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var packets []*flow.Packet
	ch := make(chan *flow.Packet)
	var g errgroup.Group
	g.Go(func() error { return v.Run(t.Context(), ch) })
	for p := range ch {
		packets = append(packets, p)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return packets
}

// decoded returns copies of the pictures of packets.
func decoded(t testing.TB, packets []*flow.Packet) (out []*flow.Frame) {
	t.Helper()
	in, frames := make(chan *flow.Packet, len(packets)), make(chan *flow.Frame)
	for _, p := range packets {
		in <- p
	}
	close(in)
	var g errgroup.Group
	g.Go(func() error {
		return decode.New("test", decode.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler)).RunAll(t.Context(), in, frames)
	})
	for f := range frames {
		img := *f.Image
		img.Y, img.Cb, img.Cr = bytes.Clone(img.Y), bytes.Clone(img.Cb), bytes.Clone(img.Cr)
		own := flow.NewFrame("test", f.Taken, f.PTS, &img, nil)
		own.Limited = f.Limited
		out = append(out, own)
		f.Release()
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoPictureOfAClipShowsWhatIsPrivate(t *testing.T) {
	areas := []zone.Polygon{{{0.1, 0.1}, {0.5, 0.2}, {0.4, 0.7}}, {{0.7, 0.6}, {1, 0.6}, {1, 1}, {0.7, 1}}}
	for name, packets := range map[string][]*flow.Packet{
		"h264":            filmed(t, "320x240", "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p"),
		"h264 reordered":  filmed(t, "320x240", "-c:v", "libx264", "-bf", "3", "-pix_fmt", "yuv420p"),
		"h265":            filmed(t, "320x240", "-c:v", "libx265", "-x265-params", "log-level=error", "-pix_fmt", "yuv420p"),
		"odd, full range": filmed(t, "322x242", "-c:v", "libx264", "-pix_fmt", "yuvj444p", "-vf", "crop=321:241"),
		"size changes":    append(filmed(t, "320x240", "-c:v", "libx264", "-pix_fmt", "yuv420p"), later(filmed(t, "160x120", "-c:v", "libx264", "-pix_fmt", "yuv420p"))...),
	} {
		t.Run(name, func(t *testing.T) {
			c := config.Camera{Privacy: areas}
			c.Clips.MaxBytes = 8 << 20
			masked, err := blackener("yard", c)(t.Context(), packets)
			if err != nil {
				t.Fatal(err)
			}
			before, after := decoded(t, packets), decoded(t, masked)
			if len(before) != len(packets) || len(after) != len(before) {
				t.Fatalf("%d packets, %d pictures, %d after", len(packets), len(before), len(after))
			}
			for i, f := range after {
				if f.PTS-before[i].PTS > 1e5 || before[i].PTS-f.PTS > 1e5 {
					t.Fatalf("picture %d is shown at %v, want %v", i, f.PTS, before[i].PTS)
				}
				compare(t, i, before[i], f, areas)
			}
		})
	}
}

// later returns packets that follow the two seconds of others.
func later(packets []*flow.Packet) []*flow.Packet {
	for _, p := range packets {
		p.PTS += 2e9
		p.Received = p.Received.Add(2e9)
	}
	return packets
}

// compare fails unless b is black inside areas and like a elsewhere.
func compare(t *testing.T, i int, a, b *flow.Frame, areas []zone.Polygon) {
	t.Helper()
	r := b.Image.Rect
	if a.Limited != b.Limited {
		t.Fatalf("picture %d: limited %v, was %v", i, b.Limited, a.Limited)
	}
	sum, n := 0, 0
	for y := 0; y < r.Dy(); y += 2 {
		for x := 0; x < r.Dx(); x += 2 {
			was, is := at(a.Image, x, y), at(b.Image, x, y)
			in := false
			for _, p := range areas {
				in = in || p.Contains((float64(x)+0.5)/float64(r.Dx()), (float64(y)+0.5)/float64(r.Dy()))
			}
			switch {
			case in && int(is) > int(b.Black())+20: // ringing of its bright neighbours
				t.Fatalf("picture %d shows luma %d at %d,%d inside a private area", i, is, x, y)
			case !in:
				sum += max(int(was)-int(is), int(is)-int(was))
				n++
			}
		}
	}
	if mean := float64(sum) / float64(n); mean > 6 {
		t.Fatalf("picture %d differs by %.1f outside the private areas", i, mean)
	}
}

func at(img *image.YCbCr, x, y int) uint8 {
	return img.Y[img.YOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y)]
}

func TestBlackeningStops(t *testing.T) {
	c := config.Camera{Privacy: []zone.Polygon{{{0, 0}, {1, 0}, {1, 1}}}}
	c.Clips.MaxBytes = 8 << 20
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out, err := blackener("yard", c)(ctx, filmed(t, "160x120", "-c:v", "libx264")); err == nil {
		t.Errorf("told to stop, it made %d packets", len(out))
	}
}

// BenchmarkBlacken codes two seconds of 720p25 anew.
func BenchmarkBlacken(b *testing.B) {
	packets := filmed(b, "1280x720", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast")
	c := config.Camera{Privacy: []zone.Polygon{{{0, 0}, {0.3, 0}, {0.3, 0.3}}}}
	c.Clips.MaxBytes = 8 << 20
	size := 0
	for b.Loop() {
		out, err := blackener("yard", c)(b.Context(), packets)
		if err != nil {
			b.Fatal(err)
		}
		size = 0
		for _, p := range out {
			size += len(p.Data)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(packets)), "ns/picture")
	b.ReportMetric(float64(size)*8/2, "bit/s")
}
