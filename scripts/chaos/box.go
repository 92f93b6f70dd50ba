package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// otherFilm is a film of another size, for a camera that changes its resolution.
const otherFilm = "other"

// film makes a film in which something white crosses the picture every six seconds.
func film(ctx context.Context, path string, width, height int) error {
	grey := fmt.Sprintf("color=gray:s=%dx%d:r=10:d=24,noise=alls=4:allf=t", width, height)
	white := fmt.Sprintf("color=white:s=%dx%d:r=10:d=24", width/8, height/4)
	_, err := output(ctx, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", grey, "-f", "lavfi", "-i", white,
		"-filter_complex", "[0][1]overlay=x='if(lt(mod(t,6),3),mod(t,6)*W/3,-W)':y='H/3'",
		"-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g", "20", "-bf", "0", path)
	return err
}

// strips are four zones side by side: what crosses the picture is eight events.
func strips() string {
	zones := ""
	for i := range 4 {
		left, right := 0.25*float64(i), 0.25*float64(i+1)
		zones += fmt.Sprintf("      strip-%d: {kind: motion, points: [[%g, 0], [%g, 0], [%g, 1], [%g, 1]]}\n", i+1, left, right, right, left)
	}
	return zones
}

func cameraName(i int) string { return fmt.Sprintf("cam-%d", i+1) }

// startBox starts cameras and one whole box, where the boxes are.
func (s *site) startBox(ctx context.Context) error {
	s.health, s.control = "127.0.0.1:9464", "127.0.0.1:8555"
	rtsp := "127.0.0.1:8554"
	if s.net == nil { // the namespace's ports are all free, the machine's may not be
		s.health, s.control, rtsp = freePort("127.0.0.1"), freePort("127.0.0.1"), freePort("127.0.0.1")
	}
	busy, other := filepath.Join(s.dir, "busy.mp4"), filepath.Join(s.dir, "other.mp4")
	if err := errors.Join(film(ctx, busy, 320, 240), film(ctx, other, 480, 360)); err != nil {
		return err
	}
	play := []string{".cache/bin/simulator", "-listen", rtsp, "-control", s.control, otherFilm + "=" + other}
	cameras := ""
	for i := range s.films {
		play = append(play, cameraName(i)+"="+busy)
		cameras += fmt.Sprintf("  %s:\n    inputs: [{url: \"rtsp://%s/%s\"}]\n    zones:\n%s", cameraName(i), rtsp, cameraName(i), strips())
	}
	s.simulator = newProcess(s.dir, "simulator", s.inside(play...)...)
	if err := s.simulator.start(); err != nil {
		return err
	}
	config := s.file("edge.yml", fmt.Sprintf("site: %s\nbox: %s\ndata: %s\nlisten: %s\noutbox: {max_bytes: %d, max_picture_bytes: 67108864, min_free_bytes: 4194304}\ncloud: {broker: \"mqtt://%s\", evidence: \"http://%s\", secret: {file: %s}}\ncameras:\n%s",
		siteName, wholeBox, filepath.Join(s.edgeDir, wholeBox), s.health, s.bytes, s.door.Addr(), s.pages, filepath.Join(s.dir, wholeBox+".secret"), cameras))
	s.edge = newProcess(s.dir, "edge", s.inside("bin/edge", "run", "-config", config)...)
	if err := s.edge.start(); err != nil {
		return err
	}
	return s.boxAnswers(ctx)
}

// boxAnswers waits until the whole box tells its figures.
func (s *site) boxAnswers(ctx context.Context) (err error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, 100*time.Millisecond) {
		if _, err = s.metric(ctx, "edge_outbox_waiting"); err == nil {
			return nil
		}
	}
	return fmt.Errorf("edge does not answer: %w: see %s\n%s", err, s.edge.log, tail(s.edge.log))
}

// there is a client that asks from where the boxes are, whatever the weather.
func (s *site) there() *http.Client {
	dial := (&net.Dialer{}).DialContext
	if s.net != nil {
		dial = s.net.Dial
	}
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// metric reads one figure of the whole box, summed over its labels.
func (s *site) metric(ctx context.Context, name string) (int, error) {
	return figure(ctx, s.there(), "http://"+s.health+"/metrics", name)
}

func figure(ctx context.Context, client *http.Client, url, name string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	sum, found := 0.0, false
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), name)
		if !ok || rest == "" || (rest[0] != ' ' && rest[0] != '{') {
			continue
		}
		v, err := strconv.ParseFloat(rest[strings.LastIndexByte(rest, ' ')+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("figure %s: %w", name, err)
		}
		sum, found = sum+v, true
	}
	if !found {
		return 0, fmt.Errorf("%s has no figure %s", url, name)
	}
	return int(sum), nil
}

// camera tells a simulated camera what to do, as "stall?for=2s".
func (s *site) camera(ctx context.Context, name, what string) error {
	url := fmt.Sprintf("http://%s/%s/%s", s.control, name, what)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	resp, err := s.there().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("camera %s, %s: %s", name, what, resp.Status)
	}
	return nil
}
