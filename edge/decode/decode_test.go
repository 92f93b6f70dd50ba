//go:build !nocv

package decode_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/decode"
	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

// clip has ffmpeg make a short film of moving test bars.
func clip(t testing.TB, name string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	all := append([]string{"-v", "error", "-f", "lavfi"}, args...)
	out, err := exec.Command("ffmpeg", append(all, file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg (installed by scripts/setup): %v\n%s", err, out)
	}
	return file
}

const bars = "testsrc2=duration=2:rate=25:size="

func packets(t testing.TB, file string) []*flow.Packet {
	t.Helper()
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	var all []*flow.Packet
	ch := make(chan *flow.Packet)
	var g errgroup.Group
	g.Go(func() error { return v.Run(context.Background(), ch) })
	for p := range ch {
		all = append(all, p)
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

func newDecoder(reg *prometheus.Registry) *decode.Decoder {
	return decode.New("test", decode.NewMetrics(reg), slog.New(slog.DiscardHandler))
}

// run decodes packets and calls see with each frame.
func run(t testing.TB, reg *prometheus.Registry, ps []*flow.Packet, see func(*flow.Frame)) error {
	t.Helper()
	in, out := make(chan *flow.Packet, len(ps)), make(chan *flow.Frame)
	for _, p := range ps {
		in <- p
	}
	close(in)
	var g errgroup.Group
	g.Go(func() error { return newDecoder(reg).RunAll(t.Context(), in, out) })
	for f := range out {
		if see != nil {
			see(f)
		}
		f.Release()
	}
	return g.Wait()
}

// value is a metric summed over its labels.
func value(t testing.TB, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func TestEveryPictureOfEveryFormatInOrder(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"h264.mp4", []string{"-i", bars + "320x240", "-c:v", "libx264", "-bf", "0"}},
		{"b-pictures.mp4", []string{"-i", bars + "320x240", "-c:v", "libx264", "-bf", "3"}},
		{"hevc.mkv", []string{"-i", bars + "320x240", "-c:v", "libx265", "-x265-params", "log-level=error"}},
		{"mpeg4.avi", []string{"-i", bars + "320x240", "-c:v", "mpeg4"}},
		{"mjpeg.avi", []string{"-i", bars + "320x240", "-c:v", "mjpeg", "-pix_fmt", "yuvj422p"}},
		{"ten-bit.mp4", []string{"-i", bars + "320x240", "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error"}},
		{"grey.mp4", []string{"-i", bars + "320x240", "-c:v", "libx264", "-pix_fmt", "gray"}},
		{"odd.mp4", []string{"-i", bars + "322x242", "-c:v", "libx264", "-pix_fmt", "yuv444p", "-vf", "crop=321:241"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := prometheus.NewRegistry()
			n, last := 0, time.Duration(-1)
			err := run(t, reg, packets(t, clip(t, c.name, c.args...)), func(f *flow.Frame) {
				n++
				if f.PTS <= last {
					t.Errorf("frame %d at %v comes after one at %v", n, f.PTS, last)
				}
				last = f.PTS
				if want := videofile.Base.Add(f.PTS); !f.Taken.Equal(want) {
					t.Errorf("frame at %v was taken at %v", f.PTS, f.Taken)
				}
				size := f.Image.Rect.Size()
				if size.X < 320 || size.Y < 240 || len(f.Image.Y) < f.Image.YStride*size.Y {
					t.Errorf("frame is %v with %d bytes of luma", size, len(f.Image.Y))
				}
				_ = f.Image.YCbCrAt(size.X-1, size.Y-1) // the far corner must be ours to read
			})
			if err != nil || n != 50 {
				t.Errorf("%d frames and %v, want 50", n, err)
			}
			if live := value(t, reg, "edge_decode_frames_live"); live != 0 {
				t.Errorf("%v frames are still held", live)
			}
		})
	}
}

func TestStreamChangesMidway(t *testing.T) {
	small := packets(t, clip(t, "small.mp4", "-i", bars+"320x240", "-c:v", "libx264"))
	large := packets(t, clip(t, "large.mp4", "-i", bars+"640x360", "-c:v", "libx264"))
	other := packets(t, clip(t, "other.mkv", "-i", bars+"480x270", "-c:v", "libx265", "-x265-params", "log-level=error"))
	sizes := map[string]int{}
	all := append(append(append([]*flow.Packet{}, small...), large...), other...)
	if err := run(t, prometheus.NewRegistry(), all, func(f *flow.Frame) {
		sizes[f.Image.Rect.Size().String()]++
	}); err != nil {
		t.Fatal(err)
	}
	for size, n := range sizes {
		if n != 50 {
			t.Errorf("%d frames of %s, want 50", n, size)
		}
	}
	if len(sizes) != 3 {
		t.Errorf("sizes %v, want three", sizes)
	}
}

func TestDamageIsPassedOver(t *testing.T) {
	whole := packets(t, clip(t, "whole.mp4", "-i", bars+"320x240", "-c:v", "libx264", "-g", "10"))
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 60 {
		damaged := make([]*flow.Packet, 0, len(whole))
		for _, p := range whole {
			q := *p
			q.Data = append([]byte(nil), p.Data...)
			switch dice.IntN(12) {
			case 0:
				continue // lost
			case 1:
				q.Data = q.Data[:dice.IntN(len(q.Data))]
			case 2:
				for range 20 {
					q.Data[dice.IntN(len(q.Data))] = byte(dice.Uint32())
				}
			}
			damaged = append(damaged, &q)
		}
		reg := prometheus.NewRegistry()
		if err := run(t, reg, damaged, nil); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if live := value(t, reg, "edge_decode_frames_live"); live != 0 {
			t.Fatalf("round %d: %v frames are still held", round, live)
		}
	}
}

func TestNothingBeforeTheFirstKeyPicture(t *testing.T) {
	ps := packets(t, clip(t, "late.mp4", "-i", bars+"320x240", "-c:v", "libx264", "-g", "20", "-bf", "0"))
	reg := prometheus.NewRegistry()
	n := 0
	if err := run(t, reg, ps[7:], func(*flow.Frame) { n++ }); err != nil {
		t.Fatal(err)
	}
	if n != 30 || value(t, reg, "edge_decode_packets_skipped_total") != 13 {
		t.Errorf("%d frames, %v skipped; want 30 and 13", n, value(t, reg, "edge_decode_packets_skipped_total"))
	}
}

func TestUnknownCodecNamesTheCamera(t *testing.T) {
	p := &flow.Packet{Stream: &flow.Stream{Codec: "h266"}, Key: true, Data: []byte{1}}
	err := run(t, prometheus.NewRegistry(), []*flow.Packet{p}, nil)
	if err == nil || err.Error() != `camera test: open decoder for "h266": Decoder not found` {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	ps := packets(f, clip(f, "seed.mp4", "-i", "testsrc2=duration=0.2:rate=25:size=64x64", "-c:v", "libx264"))
	for _, p := range ps {
		f.Add(p.Data, "h264")
	}
	f.Add([]byte{0, 0, 0, 1, 0x40, 1, 0x0c}, "hevc")
	f.Fuzz(func(t *testing.T, data []byte, codec string) {
		if codec != "h264" && codec != "hevc" {
			codec = "h264"
		}
		s := &flow.Stream{Codec: codec}
		reg := prometheus.NewRegistry()
		run(t, reg, []*flow.Packet{{Stream: s, Key: true, Data: data}, {Stream: s, PTS: 1, Data: data}}, nil)
		if live := value(t, reg, "edge_decode_frames_live"); live != 0 {
			t.Errorf("%v frames are still held", live)
		}
	})
}

func ExampleDecoder() {
	in, out := make(chan *flow.Packet), make(chan *flow.Frame)
	close(in) // a camera that never sent anything
	d := decode.New("yard", decode.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
	fmt.Println(d.RunAll(context.Background(), in, out))
	// Output: <nil>
}
