package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"eastgate/shared/event"
)

// A view is what one simulated camera shows, and how the edge shall look at it.
type view struct {
	name  string // in addresses
	title string // for people
	file  string
	zones string // YAML, may be empty
}

const scenesDir = ".cache/scenes"

// drawn returns the demo's own scenes, drawing those that are not there yet.
func drawn(ctx context.Context) ([]view, error) {
	cmd := exec.CommandContext(ctx, ".cache/bin/scenes", "-out", scenesDir)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("draw the scenes: %w", err)
	}
	views := []view{
		{name: "street", title: "东街 · 消防通道", zones: `
      fire-lane: {kind: fire_lane, dwell: 10s, points: [[0.51, 0.80], [0.93, 0.80], [0.93, 0.99], [0.51, 0.99]]}`},
		{name: "courtyard", title: "3号院 · 垃圾房"},
		{name: "shop", title: "041 商铺"},
		{name: "gate", title: "1号院 · 东门"},
		{name: "lane", title: "5号院 · 巷口"},
		{name: "yard", title: "2号院 · 后院"},
	}
	for i := range views {
		views[i].file = filepath.Join(scenesDir, views[i].name+".mp4")
	}
	return views, nil
}

var videoFile = regexp.MustCompile(`(?i)\.(mp4|mkv|mov|avi|ts|webm|m4v|flv)$`)

// folder returns one view per video file in dir.
func folder(dir string) ([]view, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("videos: %w", err)
	}
	var views []view
	for _, e := range entries {
		if e.IsDir() || !videoFile.MatchString(e.Name()) {
			continue
		}
		base := strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))
		v := view{name: cameraName(base, len(views)), title: base, file: filepath.Join(dir, e.Name())}
		views = append(views, v)
	}
	if len(views) == 0 {
		return nil, fmt.Errorf("videos: no video files in %s", dir)
	}
	return views, nil
}

// cameraName makes a name for a camera from a file's name.
func cameraName(base string, n int) string {
	s := regexp.MustCompile(`[^a-z0-9_-]+`).ReplaceAllString(strings.ToLower(base), "-")
	s = strings.Trim(s[:min(len(s), 40)], "-_")
	if !event.ValidName(s) {
		return fmt.Sprintf("camera-%d", n+1)
	}
	return s
}

// edgeConfig writes what an installer would: one box and its cameras.
func (s *site) edgeConfig(views []view) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by the demo.
site: demo
box: gate-1
timezone: Asia/Shanghai
data: %s
listen: %s
cloud:
  broker: mqtts://%s
  evidence: https://%s
%scameras:
`, s.edgeData(), s.health, s.broker, s.boxes, s.sensorConfig(views))
	names := []string{}
	for _, v := range views {
		if slices.Contains(names, v.name) {
			continue
		}
		names = append(names, v.name)
		fmt.Fprintf(&b, "  %s:\n    name: %q\n    inputs: [{url: \"rtsp://%s/%s\"}]\n", v.name, v.title, s.rtsp, v.name)
		if v.zones != "" {
			fmt.Fprintf(&b, "    zones:%s\n", v.zones)
		}
	}
	if s.talkative {
		word := s.file(leaky+".word", "camera-"+rand.Text()+"\n")
		fmt.Fprintf(&b, "  %[1]s:\n    name: %[1]s\n    inputs: [{url: \"rtsp://%[2]s/nothing\", username: admin, password: {file: %[3]s}}]\n", leaky, s.rtsp, word)
	}
	return b.String()
}
