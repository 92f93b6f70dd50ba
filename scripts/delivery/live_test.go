//go:build !nocv

package delivery

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/register"
	edge "eastgate/edge/app"
	"eastgate/edge/camera"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/config"
	"eastgate/edge/evidence"
	"eastgate/edge/zone"
	"eastgate/shared/brokertest"
	"eastgate/shared/secret"
)

// sends runs a gateway with a camera, "courtyard", that finds the cloud at an address,
// until the test ends or stop is called. The camera speaks RTSP and shows moving bars.
func sends(t *testing.T, s *apptest.Site, at string, change func(*config.Camera), coder ...string) (stop func()) {
	t.Helper()
	word, err := s.Boxes().Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	server, _ := cameratest.Start(t, cameratest.Config{}, cameratest.Record(t, "320x240", 10, 4, append([]string{"-c:v", "libx264", "-g", "10", "-bf", "0", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1"}, coder...)...))
	c := config.Camera{Name: "Courtyard", Inputs: []config.Input{{Config: camera.DefaultConfig()}}}
	c.Inputs[0].URL = server.URL("cam")
	c.Clips.ClipConfig = evidence.DefaultClipConfig()
	if change != nil {
		change(&c)
	}
	f := config.File{
		Site: "garden", Box: "gate-1", Timezone: "Asia/Shanghai", Data: filepath.Join(dir, "box"), Live: config.Live{Uploads: 2},
		Cloud:   config.Cloud{Broker: s.Broker(), Evidence: at, UploadRate: 1 << 20, Secret: secret.Ref{File: file}},
		Outbox:  config.Outbox{MaxBytes: 64 << 20, Pictures: 64 << 20},
		Cameras: map[string]config.Camera{"courtyard": c},
	}
	b, err := edge.New(f, "test", quiet)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	over := false
	stop = func() {
		if over {
			return
		}
		over = true
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// listed waits until the cloud knows the box's camera by its name.
func listed(t *testing.T, s *apptest.Site) {
	t.Helper()
	within(t, time.Minute, "the cloud knows the camera", func() bool {
		names, err := s.Store().CameraNames(t.Context())
		return err == nil && names["garden/gate-1/courtyard"] == "Courtyard"
	})
}

// wall opens the wall as the duty officer and says why.
func wall(at string) chromedp.Tasks {
	return chromedp.Tasks{
		consoletest.Login(at, "duty", apptest.Password),
		chromedp.Navigate(at + "/wall"),
		chromedp.WaitVisible(".why input", chromedp.ByQuery),
		chromedp.SendKeys(".why input", "smoke at the bins?", chromedp.ByQuery),
	}
}

const (
	video = `document.querySelector("[data-camera='garden/gate-1/courtyard'] video")`
	plays = `document.querySelector("[data-live=plays]") !== null && ` + video + `.currentTime > 0`
)

func do(t *testing.T, tab context.Context, what string, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(tab, actions...); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func until(js string) chromedp.Action {
	return chromedp.PollFunction(`() => `+js, nil, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(60*time.Second))
}

// TestACameraIsWatchedLive: a real camera protocol, a whole gateway, a whole cloud and
// a browser. Two browsers watch over one connection from the box; the reason is in the
// register; the cloud's sockets are cut and it goes on; nothing is sent when nobody
// watches.
func TestACameraIsWatchedLive(t *testing.T) {
	s := apptest.StartPlain(t)
	line := brokertest.NewProxy(t, strings.Replace(s.URL, "http", "mqtt", 1))
	at := strings.Replace(line.URL(), "mqtt", "http", 1)
	sends(t, s, at, nil)
	listed(t, s)
	s.Let(t, "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "the wall", wall(at))
	began := time.Now()
	do(t, tab, "the picture moves", chromedp.Click(".why button", chromedp.ByQuery), until(plays))
	t.Logf("click to moving picture: %v", time.Since(began).Round(time.Millisecond))

	var first, then float64
	do(t, tab, "time is", chromedp.Evaluate(video+`.currentTime`, &first))
	do(t, tab, "time goes on", until(fmt.Sprintf(`%s.currentTime > %f`, video, first+1)), chromedp.Evaluate(video+`.currentTime`, &then))
	if then < first+1 {
		t.Errorf("time went from %.2f to %.2f", first, then)
	}
	do(t, tab, "its age is told", until(`/^[0-9.]+ s$/.test(document.querySelector(".live .age").innerText)`))

	other := consoletest.Browser(t)
	do(t, other, "a second one watches", wall(at), chromedp.Click(".why button", chromedp.ByQuery), until(plays))
	if n := metric(t, s, "cloud_live_viewers"); n != 2 {
		t.Errorf("%v watch", n)
	}
	if n := metric(t, s, "cloud_live_streams"); n != 1 {
		t.Errorf("%v cameras are sent for two who watch one", n)
	}
	rows, err := s.Store().Register(t.Context(), register.Query{Object: "camera/garden/gate-1/courtyard", Limit: 10})
	if err != nil || len(rows) != 2 || rows[0].Reason != "smoke at the bins?" || rows[0].Act != register.Playback || rows[0].Who != "duty" {
		t.Errorf("the register: %+v, %v", rows, err)
	}

	line.Cut() // browsers' and the box's alike
	do(t, tab, "time is", chromedp.Evaluate(video+`.currentTime`, &first))
	do(t, tab, "cut, it is watched again", until(fmt.Sprintf(`document.querySelector("[data-live=plays]") !== null && %s.currentTime > %f && document.querySelector(".live .age.now") !== null`, video, first+2)))

	do(t, tab, "it leaves", chromedp.Navigate(at+"/"))
	do(t, other, "and the other", chromedp.Navigate(at+"/"))
	within(t, time.Minute, "nothing is sent when nobody watches", func() bool { return metric(t, s, "cloud_live_streams") == 0 })
}

// TestAFrozenPictureIsNotLive: the box dies while somebody watches.
func TestAFrozenPictureIsNotLive(t *testing.T) {
	s := apptest.StartPlain(t)
	stop := sends(t, s, s.URL, nil)
	listed(t, s)
	s.Let(t, "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "the picture moves", wall(s.URL), chromedp.Click(".why button", chromedp.ByQuery), until(plays))
	stop()
	do(t, tab, "it is said to be frozen", until(`document.querySelector(".live.cold .veil")?.innerText.includes("frozen")`), until(`document.querySelector(".live .words") !== null`))
}

// TestReorderedPicturesPlay: a camera that sends pictures out of their order, which a
// browser's film must not break at.
func TestReorderedPicturesPlay(t *testing.T) {
	s := apptest.StartPlain(t)
	sends(t, s, s.URL, nil, "-profile:v", "main", "-bf", "2", "-g", "30")
	listed(t, s)
	s.Let(t, "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "the picture moves", wall(s.URL), chromedp.Click(".why button", chromedp.ByQuery), until(plays))
	var began, dropped float64
	do(t, tab, "time is", chromedp.Evaluate(video+`.currentTime`, &began))
	do(t, tab, "time goes on", until(fmt.Sprintf(`%s.currentTime > %f`, video, began+4)), chromedp.Evaluate(video+`.buffered.length`, &dropped))
	if dropped != 1 {
		t.Errorf("the film has %v pieces: pictures were left out", dropped)
	}
}

// TestPrivateAreasLeaveNoBox: of a camera with private areas only stills go out, and
// there the area is black.
func TestPrivateAreasLeaveNoBox(t *testing.T) {
	s := apptest.StartPlain(t)
	sends(t, s, s.URL, func(c *config.Camera) { c.Privacy = []zone.Polygon{{{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}}} })
	listed(t, s)
	s.Let(t, "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "a still is shown", wall(s.URL), chromedp.Click(".why button", chromedp.ByQuery), until(`document.querySelector("[data-live=stills] img")?.complete`), until(`document.querySelector(".live .words")?.innerText.includes("private areas")`))
	var left, right float64
	light := func(x string) string {
		return `(() => { const i = document.querySelector(".live img"); const c = document.createElement("canvas"); c.width = 100; c.height = 100;
			const g = c.getContext("2d"); g.drawImage(i, 0, 0, 100, 100); const d = g.getImageData(` + x + `, 0, 30, 100).data;
			let n = 0; for (let k = 0; k < d.length; k += 4) n += d[k] + d[k+1] + d[k+2]; return n / (d.length / 4 * 3); })()`
	}
	do(t, tab, "what it shows", chromedp.Evaluate(light("5"), &left), chromedp.Evaluate(light("65"), &right))
	if left > 8 || right < 30 {
		t.Errorf("the private half is %.0f light and the other %.0f: want black and not", left, right)
	}
}

// TestWhoMayNotWatchSeesNothing: without the right, without a reason, of no camera.
func TestWhoMayNotWatchSeesNothing(t *testing.T) {
	s := apptest.StartPlain(t)
	s.Let(t, "watch", "duty")
	tab := consoletest.Browser(t)
	do(t, tab, "no session", chromedp.Navigate(s.URL+"/login?lang=en"))
	asks := func(camera, hello string) string {
		return `new Promise(done => { const s = new WebSocket(location.origin.replace("http", "ws") + "/v1/live/` + camera + `"); s.binaryType = "arraybuffer"; let said = "";
			s.onopen = () => s.send(JSON.stringify(` + hello + `)); s.onmessage = e => said += new Uint8Array(e.data)[0] === 4 ? JSON.parse(new TextDecoder().decode(e.data.slice(24))).code : "a picture"; s.onclose = e => done(said + " " + e.code); })`
	}
	for _, c := range []struct{ who, camera, hello, want string }{
		{"", "garden/gate-1/courtyard", `{purpose: "verify", reason: "x"}`, "session 1008"},
		{"watch", "garden/gate-1/courtyard", `{purpose: "verify", reason: "x"}`, "forbidden 1008"},
		{"duty", "garden/gate-1/courtyard", `{purpose: "verify", reason: " "}`, "reason 1008"},
		{"duty", "garden/none/courtyard", `{purpose: "verify", reason: "x"}`, "notfound 1008"},
	} {
		var got string
		if c.who != "" {
			do(t, tab, "log in", chromedp.ActionFunc(func(ctx context.Context) error { return network.ClearBrowserCookies().Do(ctx) }), consoletest.Login(s.URL, c.who, apptest.Password))
		}
		do(t, tab, "asks", chromedp.Evaluate(asks(c.camera, c.hello), &got, chromedp.EvalAsValue, awaited))
		if got != c.want {
			t.Errorf("%q of %s with %s: %q, want %q", c.who, c.camera, c.hello, got, c.want)
		}
	}
}

func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

// metric reads one of the cloud's own figures.
func metric(t *testing.T, s *apptest.Site, name string) float64 {
	t.Helper()
	a := s.Visitor(t).Do(t, "GET", "/metrics", nil)
	for line := range strings.Lines(string(a.Body)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
