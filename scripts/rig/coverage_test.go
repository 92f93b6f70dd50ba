package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	cloudapp "eastgate/cloud/app"
	"eastgate/cloud/coverage"
	"eastgate/edge/app"
	"eastgate/edge/camera/cameratest"
	"eastgate/edge/config"
	"eastgate/shared/wire"
)

// tolerance is how far the figure of a gap may be from the gap that was made, in
// seconds: a camera plays on from its next key picture, a second apart, and is
// tried again a second or two after it was lost.
const tolerance = 4.0

// TestTheFigureIsTheSumOfTheGaps makes gaps of known length in front of a real box
// and a real cloud, and reads what the API says of them.
func TestTheFigureIsTheSumOfTheGaps(t *testing.T) {
	cloud, name, password := startCloud(t)
	y := newYard(t, cloud)
	day := time.Now().In(time.FixedZone("", 8*60*60)).Format(time.DateOnly)

	began := time.Now()
	y.start(t, "wrong")
	sleep(t, 12*time.Second) // the views are learnt, and cameras are known to be alive

	made := time.Now()
	y.cameras["frozen"].Set(cameratest.Freeze, 0)
	y.cameras["dark"].Set(cameratest.Black, 0)
	y.cameras["stalled"].Set(cameratest.Stall, 0)
	if err := y.cameras["covered"].Show(y.blank); err != nil {
		t.Fatal(err)
	}
	y.killed.Close()
	sleep(t, 15*time.Second)
	for _, c := range []string{"frozen", "dark", "stalled"} {
		y.cameras[c].Set(cameratest.Play, 0)
	}
	if err := y.cameras["covered"].Show(y.film); err != nil {
		t.Fatal(err)
	}
	length := time.Since(made).Seconds()
	sleep(t, 6*time.Second)

	y.stop(t)
	stopped := time.Now()
	sleep(t, 6*time.Second)
	y.revive(t)
	again := time.Now()
	y.start(t, "right")

	off := again.Sub(stopped).Seconds()
	want := map[string]map[string]float64{
		"fine":    {wire.BoxOff: off},
		"frozen":  {wire.BoxOff: off, wire.Frozen: length},
		"dark":    {wire.BoxOff: off, wire.Dark: length},
		"covered": {wire.BoxOff: off, wire.Hidden: length},
		"stalled": {wire.BoxOff: off, wire.Stalled: length},
		"killed":  {wire.BoxOff: off, wire.Unreachable: stopped.Sub(made).Seconds()},
		"locked":  {wire.BoxOff: off, wire.Credentials: stopped.Sub(began).Seconds()},
	}
	ask := reader(t, cloud, name, password, day)
	var r coverage.Report
	for end := time.Now().Add(90 * time.Second); ; sleep(t, time.Second) {
		r = ask()
		seen := 0
		for _, d := range r.Devices {
			if math.Abs(d.Due-time.Since(began).Seconds()) < 35 && d.Blind[wire.BoxOff] > 0 {
				seen++
			}
		}
		if seen == len(want) && len(r.Open) == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("never told: %+v", r)
		}
	}
	for _, d := range r.Devices {
		t.Logf("%-8s due %.1f s, not seen %v, made %v", d.Device, d.Due, d.Blind, want[d.Device])
		gaps := 0.0
		for cause, s := range want[d.Device] {
			gaps += s
			if got := d.Blind[cause]; math.Abs(got-s) > tolerance {
				t.Errorf("%s: %.1f s %s, made were %.1f s", d.Device, got, cause, s)
			}
		}
		if math.Abs(d.Due-d.Seen-gaps) > 2*tolerance || d.Share == nil || math.Abs(*d.Share-d.Seen/d.Due) > 1e-9 {
			t.Errorf("%s: %.1f s not seen of %.1f s, made were %.1f s: %v", d.Device, d.Due-d.Seen, d.Due, gaps, d.Blind)
		}
	}
}

func sleep(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// A yard is seven cameras and the box that watches them.
type yard struct {
	cloud       *cloudapp.Cloud
	dir         string
	film, blank cameratest.Film
	cameras     map[string]*cameratest.Camera
	urls        map[string]string
	killed      *cameratest.Server

	cancel context.CancelFunc
	done   chan error
	box    *app.Box
}

func newYard(t *testing.T, cloud *cloudapp.Cloud) *yard {
	y := &yard{
		cloud: cloud, dir: t.TempDir(), cameras: map[string]*cameratest.Camera{}, urls: map[string]string{},
		film: filmed(t, "testsrc=size=320x180:rate=10:duration=4"), blank: filmed(t, "color=gray:size=320x180:rate=10:duration=4"),
	}
	word, err := cloud.Boxes().Enrol(t.Context(), "garden", "gate-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(y.dir, "secret"), []byte(word), 0o600); err != nil {
		t.Fatal(err)
	}
	open := y.serve(t, cameratest.Config{})
	for _, c := range []string{"fine", "frozen", "dark", "covered", "stalled"} {
		y.add(t, open, c)
	}
	y.add(t, y.serve(t, cameratest.Config{User: "op", Password: "right", Digest: true}), "locked")
	y.killed = y.serve(t, cameratest.Config{})
	y.add(t, y.killed, "killed")
	t.Cleanup(func() {
		if y.box != nil {
			y.stop(t)
		}
	})
	return y
}

// filmed is a film with a sensor's noise.
func filmed(t *testing.T, picture string) cameratest.Film {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture+",format=yuv420p,noise=alls=6:allf=t",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "0", "-g", "10", "-crf", "20", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	f, err := cameratest.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (y *yard) serve(t *testing.T, c cameratest.Config) *cameratest.Server {
	t.Helper()
	s, err := cameratest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func (y *yard) add(t *testing.T, s *cameratest.Server, name string) {
	t.Helper()
	c, err := s.Add(name, y.film)
	if err != nil {
		t.Fatal(err)
	}
	y.cameras[name], y.urls[name] = c, s.URL(name)
}

// revive gives the killed camera its power back, at the same address.
func (y *yard) revive(t *testing.T) {
	t.Helper()
	u, err := url.Parse(y.urls["killed"])
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := net.SplitHostPort(u.Host); err != nil {
		t.Fatal(err)
	}
	y.add(t, y.serve(t, cameratest.Config{Listen: u.Host}), "killed")
}

// start runs the box with a password for the locked camera.
func (y *yard) start(t *testing.T, password string) {
	t.Helper()
	t.Setenv("YARD_PASSWORD", password)
	cameras := ""
	for name, u := range y.urls {
		login := ""
		if name == "locked" {
			login = ", username: op, password: {env: YARD_PASSWORD}"
		}
		cameras += fmt.Sprintf("  %s: {inputs: [{url: \"%s\"%s}]}\n", name, u, login)
	}
	f, faults := config.Parse(fmt.Appendf(nil, `
site: garden
box: gate-1
data: %s/data
listen: ""
cloud: {broker: "%s", evidence: "http://%s", secret: {file: %s/secret}}
detect:
  fire: {enabled: false}
  motion: {enabled: false}
  parking: {enabled: false}
  tamper: {frozen_after: 4s}
cameras:
%s`, y.dir, y.cloud.Broker(), y.cloud.Addr(), y.dir, cameras))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var err error
	if y.box, err = app.New(f, "test", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	y.cancel, y.done = cancel, make(chan error, 1)
	go func() { y.done <- y.box.Run(ctx) }()
}

func (y *yard) stop(t *testing.T) {
	t.Helper()
	y.cancel()
	if err := <-y.done; err != nil {
		t.Error(err)
	}
	if err := y.box.Close(); err != nil {
		t.Error(err)
	}
	y.box = nil
}

// reader logs in and returns what asks the API.
func reader(t *testing.T, cloud *cloudapp.Cloud, name, password, from string) func() coverage.Report {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	base := "http://" + cloud.Addr()
	resp, err := client.PostForm(base+"/login", url.Values{"name": {name}, "password": {password}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return func() (r coverage.Report) {
		to := time.Now().In(time.FixedZone("", 8*60*60)).Format(time.DateOnly)
		resp, err := client.Get(base + "/api/v1/coverage?site=garden&from=" + from + "&to=" + to)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.Status)
		}
		if err := json.NewDecoder(resp.Body).Decode(&r); err != nil {
			t.Fatal(err)
		}
		return r
	}
}
