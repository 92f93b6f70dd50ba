//go:build !nocv

// Package detecttest holds what tests of detectors share: pictures from real
// clips, pictures drawn by hand, and the contract that every detector keeps.
package detecttest

import (
	"bufio"
	"fmt"
	"image"
	"io"
	"os/exec"
	"testing"
	"time"

	"eastgate/edge/detect"
	"eastgate/edge/flow"
)

// Play decodes a video file and calls see with every picture that is at least
// every after the last one. It fails t when the file cannot be read.
func Play(t testing.TB, file string, every time.Duration, see func(*detect.Picture)) {
	t.Helper()
	const w, h, fps = 640, 360, 10
	cmd := exec.Command("ffmpeg", "-v", "error", "-i", file, "-an",
		"-vf", fmt.Sprintf("fps=%d,scale=%d:%d", fps, w, h), "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReaderSize(out, 1<<20)
	next := time.Duration(0)
	for i := 0; ; i++ {
		img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
		if _, err := io.ReadFull(r, img.Y); err != nil {
			break
		}
		io.ReadFull(r, img.Cb)
		io.ReadFull(r, img.Cr)
		pts := time.Duration(i) * time.Second / fps
		if pts < next {
			continue
		}
		next = pts + every
		Show(img, pts, see)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("decode %s: %v", file, err)
	}
}

// Show calls see with img as a picture at pts.
func Show(img *image.YCbCr, pts time.Duration, see func(*detect.Picture)) {
	f := flow.NewFrame("test", time.Unix(0, 0).Add(pts), pts, img, nil)
	defer f.Release()
	p := detect.NewPicture(f)
	defer p.Close()
	see(p)
}
