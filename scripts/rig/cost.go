package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// cost runs a box with a few cameras that all show one clip and prints the CPU
// time that it takes per second and camera, beside what ffmpeg takes to decode the
// same clip and what `edge analyze` does.
func cost(ctx context.Context, clip string, cameras int, length time.Duration) error {
	var views []view
	for i := range cameras {
		views = append(views, view{name: fmt.Sprintf("cam-%d", i+1), file: clip})
	}
	dir, err := os.MkdirTemp("", "eastgate-cost-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := newSite(filepath.Join(dir, "site"), "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.down()
	if err := s.up(ctx, views); err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // all are connected
	edge := s.last().cmd.Process.Pid
	before, err := cpuOf(edge)
	if err != nil {
		return err
	}
	began := time.Now()
	time.Sleep(length)
	after, err := cpuOf(edge)
	if err != nil {
		return err
	}
	running := (after - before).Seconds() / time.Since(began).Seconds() / float64(cameras)

	batch, seconds, err := analyzed(ctx, clip)
	if err != nil {
		return err
	}
	ffmpeg, err := childCPU(exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-threads", "1", "-i", clip, "-f", "null", "-"))
	if err != nil {
		return err
	}
	base := ffmpeg.Seconds() / seconds
	fmt.Printf("%-44s %.4f  (%.2f x ffmpeg), %d cameras in real time, all detectors\n", "running edge", running, running/base, cameras)
	fmt.Printf("%-44s %.4f  (%.2f x ffmpeg), as fast as it goes, all detectors\n", "edge analyze", batch/seconds, batch/seconds/base)
	fmt.Printf("%-44s %.4f\n", "ffmpeg -threads 1 -i CLIP -f null -", base)
	return nil
}

// analyzed returns the CPU seconds of `edge analyze` and the clip's length.
func analyzed(ctx context.Context, clip string) (cpu, seconds float64, err error) {
	out, err := output(ctx, "bin/edge", "analyze", clip)
	if err != nil {
		return 0, 0, err
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var sum struct {
		CPU      float64 `json:"cpu_s"`
		Duration float64 `json:"duration_s"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &sum); err != nil {
		return 0, 0, err
	}
	return sum.CPU, sum.Duration, nil
}

func childCPU(cmd *exec.Cmd) (time.Duration, error) {
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("ffmpeg: %w", err)
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, fmt.Errorf("ffmpeg: no account of its time")
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// cpuOf is a process's user and system time.
func cpuOf(pid int) (time.Duration, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, err
	}
	s, err := p.Stat()
	return time.Duration(s.CPUTime() * float64(time.Second)), err
}
