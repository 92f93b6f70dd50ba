package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/access"
	cloudapp "eastgate/cloud/app"
	cloudconfig "eastgate/cloud/config"
	"eastgate/cloud/console/consoletest"
	"eastgate/cloud/incident"
	"eastgate/edge/app"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/config"
)

// TestAFireReachesThePage runs camera, box and cloud in this process, and a guard
// in a real browser: from the lens to the acknowledgement.
func TestAFireReachesThePage(t *testing.T) {
	server, _ := cameratest.Start(t, cameratest.Config{}, scene(t, "courtyard"))
	cloud, name, password := startCloud(t)
	startBox(t, cloud, server.URL("cam"))

	guard := consoletest.Browser(t)
	if err := chromedp.Run(guard,
		consoletest.Login("http://"+cloud.Addr(), name, password),
		chromedp.WaitVisible(`[data-kind="fire.visual"]`, chromedp.ByQuery),
		chromedp.Poll(`document.querySelector('[data-kind="fire.visual"] img').naturalWidth === 640`, nil, chromedp.WithPollingTimeout(20*time.Second)),
		chromedp.Click(`[data-kind="fire.visual"] .ack`, chromedp.ByQuery),
		chromedp.Poll(`document.body.innerText.includes("duty looks after it")`, nil, chromedp.WithPollingTimeout(10*time.Second)),
	); err != nil {
		t.Fatal(err)
	}
	taken := true
	list, err := cloud.Incidents().List(t.Context(), incident.Filter{Taken: &taken, Scope: incident.Everything})
	if err != nil || len(list) != 1 || list[0].TakenBy != "duty" || list[0].Device != "cam" {
		t.Errorf("in the database: %+v, %v", list, err)
	}
	// The film of its beginning follows, with the clock in the picture black.
	var clip string
	if err := chromedp.Run(guard, chromedp.Poll(`fetch("/api/v1/incidents").then(r => r.json()).then(l => l.incidents.find(i => i.class === "fire.visual").clip || false)`, &clip, chromedp.WithPollingTimeout(40*time.Second), chromedp.WithPollingInterval(500*time.Millisecond))); err != nil {
		t.Fatal("no clip is told of:", err)
	}
	var got played
	for end := time.Now().Add(30 * time.Second); got.Type != "video/mp4"; time.Sleep(200 * time.Millisecond) { // it is sent after the event
		if err := chromedp.Run(guard, chromedp.Evaluate(fmt.Sprintf(play, clip), &got, awaited)); err != nil || time.Now().After(end) {
			t.Fatalf("%v, %+v", err, got)
		}
	}
	if got.Error != "" || got.Width != 640 || got.Seconds < 3 || got.Seconds > 12 {
		t.Errorf("the clip of the fire: %+v", got)
	}
}

// scene draws one of the demo's films, unless the demo has.
func scene(t *testing.T, name string) string {
	t.Helper()
	if file := filepath.Join("../..", scenesDir, name+".mp4"); exists(file) {
		return file
	}
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "../scenes", "-out", dir, "-only", name).CombinedOutput(); err != nil {
		t.Fatalf("draw %s: %v\n%s", name, err, out)
	}
	return filepath.Join(dir, name+".mp4")
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// keepRunning runs something until the test ends, and then wants no error of it.
func keepRunning(t *testing.T, what func(context.Context) error, closing func() error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- what(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := closing(); err != nil {
			t.Error(err)
		}
	})
}

func startCloud(t *testing.T) (c *cloudapp.Cloud, name, password string) {
	t.Helper()
	dir := t.TempDir()
	f, faults := cloudconfig.Parse(fmt.Appendf(nil, `
listen: 127.0.0.1:0
public_url: http://127.0.0.1
store: sqlite:%s/cloud.db
evidence_dir: %s/evidence
broker: {listen: "127.0.0.1:0"}
boxes: {secrets: loopback}
`, dir, dir))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c, err := cloudapp.New(t.Context(), f, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keepRunning(t, c.Run, c.Close)
	name, password = "duty", access.NewPassword()
	if err := c.People().Add(t.Context(), name, access.Guard, password); err != nil {
		t.Fatal(err)
	}
	return c, name, password
}

func startBox(t *testing.T, cloud *cloudapp.Cloud, camera string) *app.Box {
	t.Helper()
	dir := t.TempDir()
	word, err := cloud.Boxes().Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	f, faults := config.Parse(fmt.Appendf(nil, `
site: garden
box: gate-1
data: %s/data
listen: 127.0.0.1:0
cloud: {broker: "%s", evidence: "http://%s", secret: {file: %s}}
clips: {pre_roll: 2s, post_roll: 3s}
cameras:
  cam: {inputs: [{url: "%s"}], privacy: [[[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]]]}
`, dir, cloud.Broker(), cloud.Addr(), secret, camera))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	b, err := app.New(f, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	keepRunning(t, b.Run, b.Close)
	return b
}
