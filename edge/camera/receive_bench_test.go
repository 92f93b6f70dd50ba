package camera_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/flow"
)

// serverOf, when set, makes this process the cameras of BenchmarkReceive.
const serverOf = "CAMERA_BENCH_FILM"

// BenchmarkReceive measures what receiving costs: 16 cameras of 2 Mbit/s, sent in real
// time by another process. One operation is a second of all of them.
func BenchmarkReceive(b *testing.B) {
	const cameras = 16
	film := filepath.Join(b.TempDir(), "film.mp4")
	encode := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=4,noise=alls=20:allf=t", "-c:v", "libx264",
		"-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "50", "-b:v", "2M", "-maxrate", "2M", "-bufsize", "1M", film)
	if out, err := encode.CombinedOutput(); err != nil {
		b.Fatalf("ffmpeg: %v\n%s", err, out)
	}
	for _, transport := range []string{camera.TCP, camera.UDP} {
		b.Run(transport, func(b *testing.B) { receive(b, film, transport, cameras) })
	}
}

func receive(b *testing.B, film, transport string, cameras int) {
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), fmt.Sprintf("%s=%s", serverOf, film))
	says, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	defer server.Wait()
	defer server.Process.Kill()
	var url string
	if _, err := fmt.Fscanln(says, &url); err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	out := make(chan *flow.Packet, 1000)
	m := camera.NewMetrics(prometheus.NewRegistry())
	done := make(chan error, cameras)
	for i := range cameras {
		name := fmt.Sprintf("cam-%d", i)
		cfg := config(strings.TrimSpace(url) + name)
		cfg.Transport = transport
		own := make(chan *flow.Packet, 100)
		go func() {
			for p := range own {
				out <- p
			}
		}()
		go func() {
			done <- camera.New(name, cfg, func(camera.State) {}, m, slog.New(slog.DiscardHandler)).Run(ctx, own)
		}()
	}
	for settle := time.After(4 * time.Second); settle != nil; {
		select {
		case <-out:
		case <-settle:
			settle = nil
		}
	}
	bytes, pictures := 0, 0
	before, switches := spent()
	b.ResetTimer()
	end := time.After(time.Duration(b.N) * time.Second)
	for over := false; !over; {
		select {
		case p := <-out:
			bytes += len(p.Data)
			pictures++
		case <-end:
			over = true
		}
	}
	after, more := spent()
	cpu := (after - before).Seconds() * 1000
	b.ReportMetric(cpu/(float64(bytes)*8/1e6), "cpu-ms/Mbit")
	b.ReportMetric(cpu/float64(b.N)/float64(cameras), "cpu-ms/s/camera")
	b.ReportMetric(float64(more-switches)/float64(b.N)/float64(cameras), "switches/s/camera")
	b.ReportMetric(float64(pictures)/float64(b.N)/float64(cameras), "pictures/s/camera")
	stop()
	for range cameras {
		<-done
	}
}

func spent() (cpu time.Duration, switches int64) {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Nvcsw
}

// serve is the other process.
func serve(film string) {
	server, err := cameratest.New(cameratest.Config{UDP: true})
	if err == nil {
		var reel *cameratest.Reel
		if reel, err = cameratest.LoadReel(film); err == nil {
			for i := range 200 {
				begin := time.Now().Add(time.Duration(i) * 73 * time.Millisecond % (2 * time.Second))
				if _, err = server.Perform(fmt.Sprintf("cam-%d", i), cameratest.Script{Begin: begin, Quiet: reel}); err != nil {
					break
				}
			}
		}
	}
	if err != nil {
		panic(err)
	}
	fmt.Println(server.URL(""))
	select {}
}
