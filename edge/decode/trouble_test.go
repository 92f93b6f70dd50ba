//go:build !nocv

package decode_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/flow"
)

func TestNoDamageIsShown(t *testing.T) {
	for name, args := range map[string][]string{
		"plain.mp4":      {"-c:v", "libx264", "-g", "20", "-bf", "0"},
		"b-pictures.mp4": {"-c:v", "libx264", "-g", "20", "-bf", "2"},
		"mpeg4.mp4":      {"-c:v", "mpeg4", "-g", "20"},
	} {
		t.Run(name, func(t *testing.T) {
			ps := packets(t, clip(t, name, append([]string{"-i", bars + "320x240"}, args...)...))
			whole := map[time.Duration][]byte{}
			if err := run(t, prometheus.NewRegistry(), ps, func(f *flow.Frame) {
				whole[f.PTS] = bytes.Clone(f.Image.Y)
			}); err != nil {
				t.Fatal(err)
			}
			cut := *ps[6]
			cut.Data = cut.Data[:len(cut.Data)/2]
			ps[6] = &cut
			reg := prometheus.NewRegistry()
			n := 0
			if err := run(t, reg, ps, func(f *flow.Frame) {
				n++
				if !bytes.Equal(whole[f.PTS], f.Image.Y) {
					t.Errorf("picture at %v was made from a damaged one", f.PTS)
				}
			}); err != nil {
				t.Fatal(err)
			}
			if n < 34 || value(t, reg, "edge_decode_faults_total") != 1 { // 30 after the next key picture, 6 before less some held back
				t.Errorf("%d frames, %v faults; want at least 34 and 1", n, value(t, reg, "edge_decode_faults_total"))
			}
		})
	}
}

// Some cameras send parameter sets and messages as if they were pictures.
func TestPacketsWithoutAPictureDoNoHarm(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		extra []byte
	}{
		"avc.mp4":  {[]string{"-c:v", "libx264", "-bf", "0"}, []byte{0, 0, 0, 1, 0x06, 5, 1, 0, 0x80}},
		"hevc.mp4": {[]string{"-c:v", "libx265", "-x265-params", "log-level=error"}, []byte{0, 0, 0, 1, 0x4e, 1, 5, 1, 0, 0x80}},
	} {
		t.Run(name, func(t *testing.T) {
			ps := packets(t, clip(t, name, append([]string{"-i", bars + "320x240"}, c.args...)...))
			var mixed []*flow.Packet
			for _, p := range ps {
				sets, message := *p, *p
				sets.Key, sets.Data = false, p.Stream.Extradata
				message.Key, message.Data = false, c.extra
				mixed = append(mixed, &sets, p, &message)
			}
			reg := prometheus.NewRegistry()
			n := 0
			if err := run(t, reg, mixed, func(*flow.Frame) { n++ }); err != nil {
				t.Fatal(err)
			}
			if n != 50 || value(t, reg, "edge_decode_faults_total") != 0 {
				t.Errorf("%d frames, %v faults; want 50 and none", n, value(t, reg, "edge_decode_faults_total"))
			}
		})
	}
}

func TestTimeGoesOnWhenTheStreamsClockIsSetBack(t *testing.T) {
	ps := packets(t, clip(t, "clock.mp4", "-i", bars+"320x240", "-c:v", "libx264", "-bf", "0", "-g", "25"))
	for i, p := range ps {
		if i < 25 {
			p.PTS += time.Hour
		}
	}
	var at []time.Duration
	if err := run(t, prometheus.NewRegistry(), ps, func(f *flow.Frame) { at = append(at, f.PTS) }); err != nil {
		t.Fatal(err)
	}
	if took := at[len(at)-1] - at[0]; len(at) != 50 || took < 1900*time.Millisecond || took > 2*time.Second {
		t.Errorf("%d frames over %v, want 50 over nearly 2s", len(at), took)
	}
}

func TestAStreamWithoutKeyPicturesIsTriedInTheEnd(t *testing.T) {
	ps := packets(t, clip(t, "nokeys.mp4", "-i", bars+"64x64", "-c:v", "mpeg4", "-g", "300"))
	for i, p := range ps {
		p.Key, p.PTS = false, time.Duration(i)*time.Second
	}
	reg := prometheus.NewRegistry()
	if err := run(t, reg, ps, nil); err != nil {
		t.Fatal(err)
	}
	if skipped := value(t, reg, "edge_decode_packets_skipped_total"); skipped != 30 {
		t.Errorf("%v packets passed over, want those of 30s", skipped)
	}
}

// TestAPictureRenewedPieceByPieceBecomesWhole begins in the middle of a stream that has no key
// picture but its first: frames come once they are whole, and none before.
func TestAPictureRenewedPieceByPieceBecomesWhole(t *testing.T) {
	ps := packets(t, clip(t, "refresh.mp4", "-i", bars+"320x240", "-c:v", "libx264", "-threads", "1", "-bf", "0", "-refs", "1",
		"-x264-params", "intra-refresh=1:keyint=10"))
	whole := map[time.Duration][]byte{}
	if err := run(t, prometheus.NewRegistry(), ps, func(f *flow.Frame) { whole[f.PTS] = bytes.Clone(f.Image.Y) }); err != nil {
		t.Fatal(err)
	}
	in, out := make(chan flow.Order, len(ps)), make(chan *flow.Frame)
	for i, p := range ps[15:] {
		q := *p
		q.Key = false
		in <- flow.Order{Packet: &q, Anew: i == 0}
	}
	close(in)
	var g errgroup.Group
	g.Go(func() error { return newDecoder(prometheus.NewRegistry()).Run(t.Context(), in, out) })
	n := 0
	for f := range out {
		n++
		if !bytes.Equal(whole[f.PTS], f.Image.Y) {
			t.Errorf("the picture at %v was shown before it was whole", f.PTS)
		}
		f.Release()
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n < 10 {
		t.Errorf("%d frames of %d pictures", n, len(ps)-15)
	}
}

func TestRangeOfValuesIsKept(t *testing.T) {
	for _, c := range []struct {
		name, format string
		args         []string
		limited      bool
	}{
		{"tv.mp4", "yuv420p", []string{"-c:v", "libx264"}, true},
		{"pc.mp4", "yuvj420p", []string{"-c:v", "libx264"}, false},
		{"tv422.mp4", "yuv422p", []string{"-c:v", "libx264"}, true},
		{"pc422.avi", "yuvj422p", []string{"-c:v", "mjpeg"}, false},
		{"ten.mp4", "yuv420p10le", []string{"-c:v", "libx264"}, true},
		{"rgb.avi", "bgr24", []string{"-c:v", "rawvideo"}, true},
		{"png.avi", "rgb24", []string{"-c:v", "png"}, true},
		{"nv12.avi", "nv12", []string{"-c:v", "rawvideo"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"-i", "color=white:duration=0.4:rate=25:size=64x48", "-vf", "scale=out_range=auto,format=" + c.format}, c.args...)
			n := 0
			if err := run(t, prometheus.NewRegistry(), packets(t, clip(t, c.name, args...)), func(f *flow.Frame) {
				n++
				want := uint8(255)
				if c.limited {
					want = 235
				}
				if y := f.Image.Y[0]; f.Limited != c.limited || max(y, want)-min(y, want) > 2 {
					t.Errorf("limited %v with white at %d, want %v and %d", f.Limited, y, c.limited, want)
				}
				if cb, cr := f.Image.Cb[0], f.Image.Cr[0]; max(cb, cr) > 130 || min(cb, cr) < 126 {
					t.Errorf("chroma of white is %d, %d", cb, cr)
				}
			}); err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				t.Error("no frame came")
			}
		})
	}
}

// resident is how much memory this process has now, in MiB.
func resident(t testing.TB) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("memory is read from /proc")
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kb >> 10
		}
	}
	return 0
}

func TestRottenStreamsNeitherCrashNorLeak(t *testing.T) {
	var kinds [][]*flow.Packet
	for name, args := range map[string][]string{
		"a.mp4": {"-i", "testsrc2=duration=0.6:rate=25:size=320x240", "-c:v", "libx264", "-g", "5"},
		"b.mp4": {"-i", "testsrc2=duration=0.6:rate=25:size=640x480", "-c:v", "libx264", "-pix_fmt", "yuv444p"},
		"c.mp4": {"-i", "testsrc2=duration=0.6:rate=25:size=176x144", "-c:v", "libx265", "-x265-params", "log-level=error:keyint=5"},
		"d.avi": {"-i", "testsrc2=duration=0.6:rate=25:size=322x242", "-c:v", "mjpeg"},
	} {
		kinds = append(kinds, packets(t, clip(t, name, args...)))
	}
	dice := rand.New(rand.NewPCG(3, 4))
	round := func() {
		var ps []*flow.Packet
		for range 3 { // codec and size change midway
			for _, p := range kinds[dice.IntN(len(kinds))] {
				q := *p
				q.Data = bytes.Clone(p.Data)
				switch dice.IntN(8) {
				case 0:
					q.Data = q.Data[:dice.IntN(len(q.Data))]
				case 1:
					for range 1 + dice.IntN(50) {
						q.Data[dice.IntN(len(q.Data))] ^= byte(dice.Uint32())
					}
				case 2:
					for i := range q.Data {
						q.Data[i] = byte(dice.Uint32())
					}
				}
				ps = append(ps, &q)
			}
		}
		reg := prometheus.NewRegistry()
		if err := run(t, reg, ps, nil); err != nil {
			t.Fatal(err)
		}
		if live := value(t, reg, "edge_decode_frames_live"); live != 0 {
			t.Fatalf("%v frames are still held", live)
		}
	}
	for range 40 {
		round()
	}
	before := resident(t)
	for range 160 {
		round()
	}
	if after := resident(t); after > before+48 {
		t.Errorf("memory went from %d to %d MiB", before, after)
	}
}

func TestStopGivesEverythingBack(t *testing.T) {
	ps := packets(t, clip(t, "stop.mp4", "-i", bars+"320x240", "-c:v", "libx264"))
	reg := prometheus.NewRegistry()
	ctx, cancel := context.WithCancel(t.Context())
	in, out := make(chan *flow.Packet, len(ps)), make(chan *flow.Frame)
	for _, p := range ps {
		in <- p
	} // in stays open, and nobody takes from out after the first
	var g errgroup.Group
	g.Go(func() error { return newDecoder(reg).RunAll(ctx, in, out) })
	f := <-out
	cancel()
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	for _, open := <-out; open; _, open = <-out {
		t.Error("a frame came after the end")
	}
	// A frame outlives the decoder that made it.
	if sum := f.Image.YCbCrAt(319, 239); sum.Cb == 0 && sum.Cr == 0 {
		t.Error("the frame's memory is gone")
	}
	f.Release()
	if live := value(t, reg, "edge_decode_frames_live"); live != 0 {
		t.Errorf("%v frames are still held", live)
	}
}

// TestWhatWasShownIsNotShownAgain goes back to a key picture although half of what follows it was shown, with
// pictures that are held back and without.
func TestWhatWasShownIsNotShownAgain(t *testing.T) {
	for name, b := range map[string]string{"plain.mp4": "0", "b-pictures.mp4": "2"} {
		ps := packets(t, clip(t, name, "-i", bars+"320x240", "-c:v", "libx264", "-threads", "1", "-bf", b, "-g", "250"))
		var half time.Duration
		in, out := make(chan flow.Order, 2*len(ps)), make(chan *flow.Frame)
		for _, p := range ps[:26] {
			half = max(half, p.PTS)
			in <- flow.Order{Packet: p}
		}
		for _, p := range ps {
			in <- flow.Order{Packet: p, Shown: p.PTS <= half}
		}
		close(in)
		var g errgroup.Group
		g.Go(func() error { return newDecoder(prometheus.NewRegistry()).Run(t.Context(), in, out) })
		n, last := 0, time.Duration(-1)
		for f := range out {
			if f.PTS <= last {
				t.Errorf("%s: %v came after %v", name, f.PTS, last)
			}
			last = f.PTS
			n++
			f.Release()
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		if n < len(ps)-3 || n > len(ps) || last > ps[len(ps)-1].PTS+200*time.Millisecond {
			t.Errorf("%s: %d frames of %d pictures, the last at %v", name, n, len(ps), last)
		}
	}
}
