package cameratest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// Record has ffmpeg make a film of moving test bars, such as
// Record(t, "320x240", 25, 2, "-c:v", "libx264", "-g", "25"), and returns the file.
func Record(t testing.TB, size string, fps, seconds int, encoder ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "film.mkv")
	args := []string{"-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=%d:duration=%d", size, fps, seconds), "-pix_fmt", "yuv420p", "-bf", "0"}
	out, err := exec.Command("ffmpeg", append(append(args, encoder...), file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg (scripts/setup installs it): %v\n%s", err, out)
	}
	return file
}

// Start runs a server with one camera "cam" that plays a file, until t ends.
func Start(t testing.TB, cfg Config, file string) (*Server, *Camera) {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	film, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Add("cam", film)
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}
