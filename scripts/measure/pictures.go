package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"gocv.io/x/gocv"
)

// pictures shows a clip's pictures to see, so many a second and so wide, as 8-bit
// BGR, with their time in seconds. FFmpeg decodes, so that those we compare with
// depend on nothing of ours.
func pictures(ctx context.Context, file string, c clip, perSecond float64, width int, see func(at float64, m gocv.Mat) error) error {
	width = min(width, c.Width) &^ 1
	height := max(2, c.Height*width/c.Width&^1)
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-threads", "1", "-i", file, "-an",
		"-vf", fmt.Sprintf("fps=%g,scale=%d:%d:flags=area", perSecond, width, height), "-f", "rawvideo", "-pix_fmt", "bgr24", "-")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	fault := show(bufio.NewReaderSize(pipe, width*height*3), width, height, perSecond, see)
	if fault != nil {
		_ = cmd.Process.Kill()
	}
	if err := cmd.Wait(); fault == nil && err != nil {
		fault = fmt.Errorf("ffmpeg: %w", err)
	}
	return fault
}

func show(from io.Reader, width, height int, perSecond float64, see func(float64, gocv.Mat) error) error {
	pix := make([]byte, width*height*3)
	for n := 0; ; n++ {
		if _, err := io.ReadFull(from, pix); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("picture %d: %w", n, err)
		}
		m, err := gocv.NewMatFromBytes(height, width, gocv.MatTypeCV8UC3, pix)
		if err != nil {
			return err
		}
		err = see(float64(n)/perSecond, m)
		m.Close()
		if err != nil {
			return err
		}
	}
}

// A presence makes events of pictures: one begins when something is there for so many
// seconds without a gap, and ends after quiet seconds without it.
type presence struct {
	kind        string
	lasts       float64
	quiet       float64
	since, last float64
	there, open bool
	events      []episode
}

func (r *presence) see(at float64, there bool) {
	switch {
	case there:
		if !r.there && !r.open {
			r.since = at
		}
		r.there, r.last = true, at
		if !r.open && at-r.since >= r.lasts {
			r.open = true
			r.events = append(r.events, episode{r.kind, span{at, at}})
		}
	default:
		r.there = false
		if r.open && at-r.last >= r.quiet {
			r.open = false
		}
	}
	if r.open {
		r.events[len(r.events)-1].to = at
	}
}
