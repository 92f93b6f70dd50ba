//go:build !nocv

package decode_test

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/flow"
)

// cpu is the user and system time of this process, or of its ended children.
func cpu(b *testing.B, who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkDecode decodes ten seconds of 1080p25 at 2 Mbit/s, noise and all, by
// turns with ffmpeg's own command on the same clip. xffmpeg is our CPU time over
// its own.
func BenchmarkDecode(b *testing.B) {
	const scene = "testsrc2=duration=10:rate=25:size=1920x1080,noise=alls=4:allf=t"
	for _, c := range []struct {
		name string
		args []string
	}{
		{"h264", []string{"-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M", "-g", "50", "-bf", "0"}},
		{"h265", []string{"-c:v", "libx265", "-preset", "superfast", "-b:v", "2M", "-x265-params", "log-level=error:keyint=50:bframes=0:vbv-maxrate=2000:vbv-bufsize=1000"}},
	} {
		b.Run(c.name+"/1080p25", func(b *testing.B) {
			file := clip(b, "bench.mp4", append([]string{"-i", scene, "-pix_fmt", "yuv420p"}, c.args...)...)
			ps := packets(b, file)
			var frames int
			var ours, theirs time.Duration
			b.ReportAllocs()
			for b.Loop() {
				began := cpu(b, syscall.RUSAGE_SELF)
				if err := run(b, prometheus.NewRegistry(), ps, func(*flow.Frame) { frames++ }); err != nil {
					b.Fatal(err)
				}
				ours += cpu(b, syscall.RUSAGE_SELF) - began

				b.StopTimer()
				began = cpu(b, syscall.RUSAGE_CHILDREN)
				if out, err := exec.Command("ffmpeg", "-v", "error", "-threads", "1", "-i", file, "-f", "null", "-").CombinedOutput(); err != nil {
					b.Fatalf("ffmpeg: %v\n%s", err, out)
				}
				theirs += cpu(b, syscall.RUSAGE_CHILDREN) - began
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(frames), "ns/frame")
			b.ReportMetric(float64(ours.Nanoseconds())/float64(frames), "cpu-ns/frame")
			b.ReportMetric(float64(ours)/float64(theirs), "xffmpeg")
		})
	}
}
