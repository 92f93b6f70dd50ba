package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// films are the demo's scenes that bring the most events.
var films = []string{"gate", "lane", "street", "courtyard", "shop", "yard"}

// startBox starts cameras and one whole box, where the boxes are.
func (s *site) startBox(ctx context.Context) error {
	s.health, s.control = "127.0.0.1:9464", "127.0.0.1:8555"
	rtsp := "127.0.0.1:8554"
	if s.net == nil { // the namespace's ports are all free, the machine's may not be
		s.health, s.control, rtsp = freePort("127.0.0.1"), freePort("127.0.0.1"), freePort("127.0.0.1")
	}
	play := []string{".cache/bin/simulator", "-listen", rtsp, "-control", s.control, "-cache", ".cache/videos"}
	cameras := ""
	for _, name := range films[:s.films] {
		play = append(play, name+"="+filepath.Join(".cache/scenes", name+".mp4"))
		cameras += fmt.Sprintf("  %s: {inputs: [{url: \"rtsp://%s/%s\"}]}\n", name, rtsp, name)
	}
	s.simulator = newProcess(s.dir, "simulator", s.inside(play...)...)
	if err := s.simulator.start(); err != nil {
		return err
	}
	config := s.file("edge.yml", fmt.Sprintf("site: %s\nbox: %s\ndata: %s\nlisten: %s\noutbox: {max_bytes: %d}\ncloud: {broker: \"mqtt://%s\", evidence: \"http://%s\", secret: {file: %s}}\ncameras:\n%s",
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

// camera tells a simulated camera what to do.
func (s *site) camera(ctx context.Context, name, mode string, length time.Duration) error {
	url := fmt.Sprintf("http://%s/%s/%s?for=%s", s.control, name, mode, length)
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
		return fmt.Errorf("camera %s, %s: %s", name, mode, resp.Status)
	}
	return nil
}
