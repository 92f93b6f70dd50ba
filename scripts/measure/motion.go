package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var white = color.RGBA{255, 255, 255, 255}

// motionProgram is Debian's motion with its own settings, but for an event's gap
// of 5 s. It reads a file at the file's own pace, so it takes as long as the clips.
type motionProgram struct{}

func (*motionProgram) name() string    { return "Debian's motion 4.5, its own settings" }
func (*motionProgram) kinds() []string { return []string{"motion"} }

func (p *motionProgram) find(ctx context.Context, file string, c clip, _ []string) ([]episode, error) {
	if _, err := exec.LookPath("motion"); err != nil {
		return nil, errors.New("motion is missing: scripts/setup bench installs it")
	}
	folder, err := os.MkdirTemp("", "accuracy")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "motion.conf")
	text := fmt.Sprintf("daemon off\nlog_level 6\nwidth %d\nheight %d\nframerate 15\nnetcam_url file://%s\nevent_gap %g\n"+
		"picture_output off\nmovie_output off\nwebcontrol_port 0\nstream_port 0\n", c.Width&^7, c.Height&^7, path, quiet)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	ctx, stop := context.WithTimeout(ctx, time.Duration((c.Duration+30)*float64(time.Second)))
	defer stop()
	cmd := exec.CommandContext(ctx, "motion", "-n", "-c", config)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	events, fault := listen(bufio.NewScanner(out), c.Duration)
	stop()
	_ = cmd.Wait() // it was told to end
	return events, fault
}

// listen follows what motion says until it begins the file anew. Its words carry
// no time, so they are taken to be said when they are read.
func listen(words *bufio.Scanner, duration float64) (all []episode, err error) {
	var began time.Time
	open := false
	for words.Scan() {
		at := time.Since(began).Seconds()
		switch line := words.Text(); {
		case strings.Contains(line, "connected") && began.IsZero():
			began = time.Now()
		case strings.Contains(line, "Reconnecting"), !began.IsZero() && at > duration:
			return all, nil
		case strings.Contains(line, "starting event"):
			open = true
			all = append(all, episode{"security.motion", span{at, duration}})
		case strings.Contains(line, "End of event") && open:
			open = false
			all[len(all)-1].to = at
		}
	}
	if began.IsZero() {
		return nil, errors.New("motion never read the clip")
	}
	return all, words.Err()
}
