package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	cloudapp "eastgate/cloud/app"
	"eastgate/cloud/console/consoletest"
	"eastgate/edge/evidence"
	"eastgate/edge/flow"
	"eastgate/edge/videofile"
	"eastgate/shared/event"
	"eastgate/shared/secret"
)

// A film is what a camera sent, as one session or more.
type film struct {
	name     string
	sessions [][]string // sizes and encoders
}

// TestClipsReachABrowserOverABadLine makes clips as a box does, sends them over a
// line that breaks again and again to a cloud, and plays them in a real browser.
func TestClipsReachABrowserOverABadLine(t *testing.T) {
	cloud, name, password := startCloud(t)
	breaks, address := badLine(t, cloud.Addr(), 900<<10)
	folder, told := clips(t, cloud, address, []film{
		{"plain", [][]string{{"320x240", "-bf", "0"}}},
		{"reordered", [][]string{{"320x240", "-bf", "3"}}},
		{"another size midway", [][]string{{"320x240", "-bf", "0"}, {"640x360", "-bf", "0"}}},
		{"large", [][]string{{"1280x720", "-bf", "0", "-qp", "4"}}},
	})
	for end := time.Now().Add(60 * time.Second); len(folder.Pending()) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d files have not arrived", len(folder.Pending()))
		}
	}
	if breaks.Load() < 2 {
		t.Errorf("the line broke %d times: nothing was resumed", breaks.Load())
	}
	guard := consoletest.Browser(t)
	if err := chromedp.Run(guard, consoletest.Login("http://"+cloud.Addr(), name, password)); err != nil {
		t.Fatal(err)
	}
	for film, v := range told {
		var got played
		if err := chromedp.Run(guard, chromedp.Evaluate(fmt.Sprintf(play, v.SHA256), &got, awaited)); err != nil {
			t.Fatal(film, err)
		}
		t.Logf("%s: %+v", film, got)
		if got.Error != "" || got.Type != "video/mp4" || got.Range != fmt.Sprintf("206 bytes 10-19/%d", v.Bytes) {
			t.Errorf("%s: %+v", film, got)
		}
		if long := v.To.Sub(v.From).Seconds(); got.Seconds < long-0.2 || got.Seconds > long+0.3 || got.Frames < 20 {
			t.Errorf("%s: %d frames over %.2f s were shown, the clip is %.2f s long", film, got.Frames, got.Seconds, long)
		}
	}
}

// A played clip, as the browser tells of it.
type played struct {
	Error, Type, Range string
	Width, Frames      int
	Seconds            float64
}

const play = `(async () => {
	const url = "/evidence/%s"
	const part = await fetch(url, {headers: {Range: "bytes=10-19"}})
	const v = document.createElement("video")
	v.muted = true
	v.playbackRate = 2
	v.src = url
	document.body.append(v)
	const error = await new Promise(end => {
		v.onended = () => end("")
		v.onerror = () => end(v.error.message || "error " + v.error.code)
		v.play().catch(e => end(String(e)))
	})
	v.remove()
	return {
		Error: error, Type: part.headers.get("Content-Type"), Range: part.status + " " + part.headers.get("Content-Range"),
		Width: v.videoWidth, Frames: v.getVideoPlaybackQuality().totalVideoFrames, Seconds: v.currentTime,
	}
})()`

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// clips keeps a clip of each film and sends them to address. It returns what the
// events say of them, by film.
func clips(t *testing.T, cloud *cloudapp.Cloud, address string, films []film) (*evidence.Folder, map[string]event.Evidence) {
	t.Helper()
	word, err := cloud.Boxes().Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	c, m, log := evidence.DefaultConfig(), evidence.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler)
	c.Dir, c.CloudURL, c.User, c.Secret, c.ReserveBytes, c.BytesPerSecond = t.TempDir(), "http://"+address, "garden/gate-1", secret.New(word), 0, 1<<30
	folder, err := evidence.Open(c, m, log)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]event.Evidence{}
	for _, f := range films {
		told[f.name] = clip(t, evidence.Camera{Name: "yard", Ring: evidence.NewRing("yard", evidence.DefaultClipConfig(), m)}, f, folder, m)
	}
	up, err := evidence.NewUploader(c, folder, noEvents{}, m, log)
	if err != nil {
		t.Fatal(err)
	}
	keepRunning(t, up.Run, func() error { return nil })
	return folder, told
}

type noEvents struct{}

func (noEvents) Urgent() bool { return false }

func (noEvents) Unacknowledged() (map[string]bool, error) { return nil, nil }

// clip sends a film through a camera's ring and an event at its end through its
// stage, and returns what tells of the clip.
func clip(t *testing.T, cam evidence.Camera, f film, folder *evidence.Folder, m *evidence.Metrics) event.Evidence {
	t.Helper()
	var packets []*flow.Packet
	pts := time.Duration(0)
	for _, s := range f.sessions {
		for _, p := range record(t, s[0], s[1:]...) {
			p.PTS += pts
			packets = append(packets, p)
		}
		pts += 2 * time.Second
	}
	now := time.Now()
	for _, p := range packets {
		p.Received = now.Add(p.PTS - pts)
		cam.Ring.Add(p)
	}
	in, out := make(chan flow.Confirmed, 1), make(chan event.Event, 4)
	e := event.Event{ID: event.NewID(), Kind: event.FireVisual, State: event.Start, Time: now.Add(-time.Second)}
	e.Episode = e.ID
	in <- flow.Confirmed{Event: e}
	close(in) // the clip under way ends with what there is
	if err := evidence.New(cam, folder, m, slog.New(slog.DiscardHandler)).Run(t.Context(), in, out); err != nil {
		t.Fatal(err)
	}
	for e := range out {
		if e.State == event.Update && len(e.Evidence) == 1 {
			return e.Evidence[0]
		}
	}
	t.Fatalf("%s: no clip", f.name)
	return event.Evidence{}
}

// record has ffmpeg make two seconds of film, and returns its packets.
func record(t *testing.T, size string, encoder ...string) (packets []*flow.Packet) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=rate=25:duration=2:size=" + size, "-pix_fmt", "yuv420p", "-c:v", "libx264", "-g", "25"}
	if out, err := exec.Command("ffmpeg", append(append(args, encoder...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	v, err := videofile.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for {
		p, err := v.Next()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		p.Data = bytes.Clone(p.Data)
		packets = append(packets, p)
	}
}

// badLine is a way to an address that breaks each connection after so many bytes.
func badLine(t *testing.T, to string, bytes int64) (breaks *atomic.Int64, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	breaks = &atomic.Int64{}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer from.Close()
				there, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer there.Close()
				go io.Copy(from, there)
				if n, _ := io.CopyN(there, from, bytes); n == bytes {
					breaks.Add(1)
				}
			}()
		}
	}()
	return breaks, l.Addr().String()
}
