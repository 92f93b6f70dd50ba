//go:build !nocv

package decode_test

import (
	"bytes"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/decode"
	"eastgate/edge/flow"
)

// noisy is a block that crosses noise.
const noisy = "color=gray:size=640x360:rate=25:duration=2,noise=alls=8:allf=t[b];color=white:size=64x96:rate=25:duration=2,noise=alls=60[w];[b][w]overlay=x=10+6*n:y=120"

// lone has a decoder tell the movement of each picture but the key ones, in an order in which nothing can
// refer to the picture before: the last first.
func lone(t testing.TB, pool *decode.Pool, ps []*flow.Packet) (told map[time.Duration][]byte, untold int) {
	t.Helper()
	in, out := make(chan flow.Order, len(ps)), make(chan *flow.Frame)
	for i := len(ps) - 1; i >= 0; i-- {
		if !ps[i].Key {
			in <- flow.Order{Packet: ps[i], Lone: true}
		}
	}
	close(in)
	told = map[time.Duration][]byte{}
	reg := prometheus.NewRegistry()
	d := newDecoder(reg)
	d.Shared = pool
	d.Moved = func(m flow.Movement, ok bool) {
		if !ok {
			untold++
			return
		}
		told[m.PTS] = bytes.Clone(m.Moved)
	}
	var g errgroup.Group
	g.Go(func() error { return d.Run(t.Context(), in, out) })
	for f := range out {
		t.Error("a frame was made")
		f.Release()
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := value(t, reg, "edge_decode_faults_total"); n != 0 {
		t.Errorf("%v faults: a picture that tells nothing is none", n)
	}
	return told, untold
}

// TestALonePictureTellsTheMovementOfAFullDecode pins what libavcodec does not promise: the vectors of a
// P-picture are the same with and without the pictures to which it refers.
func TestALonePictureTellsTheMovementOfAFullDecode(t *testing.T) {
	for name, args := range map[string][]string{
		"constant": {"-preset", "veryfast", "-bf", "0", "-b:v", "600k", "-minrate", "600k", "-maxrate", "600k", "-bufsize", "300k"},
		"variable": {"-preset", "veryfast", "-bf", "0", "-crf", "27"},
		"baseline": {"-preset", "veryfast", "-profile:v", "baseline", "-crf", "27"},
		"refs":     {"-preset", "medium", "-bf", "0", "-refs", "4", "-crf", "30"},
	} {
		t.Run(name, func(t *testing.T) {
			ps := packets(t, clip(t, name+".mp4", append([]string{"-i", noisy, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-threads", "1", "-g", "250", "-sc_threshold", "0"}, args...)...))
			whole, err := decode.Movements(ps)
			if err != nil {
				t.Fatal(err)
			}
			told, untold := lone(t, decode.NewPool(), ps)
			if len(told) < 40 || untold > 49/10 { // one in sixteen begins a count of pictures anew
				t.Errorf("%d pictures told their movement, %d did not", len(told), untold)
			}
			moving := 0
			for at, moved := range told {
				if !bytes.Equal(moved, whole[at]) {
					t.Errorf("the picture at %v tells another movement by itself", at)
				}
				for _, far := range moved {
					if far >= 20 && far <= 28 { // 6 pixels
						moving++
						break
					}
				}
			}
			if moving < len(told)*9/10 {
				t.Errorf("only %d of %d show the block that moves", moving, len(told))
			}
		})
	}
}

// TestPicturesThatTellNoMovement: those of H.265, B-pictures to which none refers, and what is broken.
func TestPicturesThatTellNoMovement(t *testing.T) {
	hevc := packets(t, clip(t, "a.mp4", "-i", noisy, "-pix_fmt", "yuv420p", "-c:v", "libx265", "-x265-params", "log-level=error:pools=1:bframes=0"))
	if told, untold := lone(t, nil, hevc); len(told) != 0 || untold == 0 {
		t.Errorf("H.265: %d told, %d did not", len(told), untold)
	}
	ps := packets(t, clip(t, "b.mp4", "-i", noisy, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-threads", "1", "-bf", "2", "-b_strategy", "0", "-x264-params", "b-pyramid=0"))
	if told, untold := lone(t, nil, ps); len(told) == 0 || untold < len(told) {
		t.Errorf("two B-pictures between each: %d told, %d did not", len(told), untold)
	}
	for i, p := range ps {
		q := *p
		q.Data = bytes.Clone(p.Data[:len(p.Data)/2])
		for j := 5; j < len(q.Data); j += 7 {
			q.Data[j] ^= byte(i)
		}
		ps[i] = &q
	}
	lone(t, decode.NewPool(), ps) // whatever it tells, it goes on
}

// BenchmarkLone asks pictures of 1080p25 at 2 Mbit/s for their movement.
func BenchmarkLone(b *testing.B) {
	const scene = "testsrc2=duration=4:rate=25:size=1920x1080,noise=alls=4:allf=t"
	ps := packets(b, clip(b, "lone.mp4", "-i", scene, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M", "-g", "100", "-bf", "0"))
	pool := decode.NewPool()
	var spent time.Duration
	n := 0
	for b.Loop() {
		began := cpu(b, syscall.RUSAGE_SELF)
		told, _ := lone(b, pool, ps)
		spent += cpu(b, syscall.RUSAGE_SELF) - began
		n += len(told)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(n), "cpu-ns/picture")
}
