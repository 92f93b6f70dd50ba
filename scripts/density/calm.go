package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// loops is how often a film of nothing is played to see that it is one.
const loops = 4

// calm leaves out the places of which the film of nothing leads to events when everything
// is decoded: whatever the clip's truth says, a camera that tells events is not quiet.
func calm(ctx context.Context, o options, all []place) ([]place, error) {
	var out []place
	for _, p := range all {
		n, err := p.films[0].events(ctx, o)
		if err != nil {
			return nil, fmt.Errorf("film of %s: %w", p.name, err)
		}
		if n == 0 {
			out = append(out, p)
			continue
		}
		fmt.Fprintf(os.Stderr, "density: quiet without %s: in %d rounds of its film of nothing the detectors tell %d events\n", p.name, loops, n)
	}
	return out, nil
}

// events is how many events the detectors tell in a film that loops.
func (s source) events(ctx context.Context, o options) (int, error) {
	dir, err := os.MkdirTemp("", "density")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	long := filepath.Join(dir, "film.mp4")
	loop := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-stream_loop", fmt.Sprint(loops-1), "-i", s.path(o.films), "-c", "copy", long)
	if said, err := loop.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("ffmpeg: %w: %s", err, said)
	}
	said, err := exec.CommandContext(ctx, "bin/edge", "analyze", long).Output()
	return bytes.Count(said, []byte(`"start_s"`)), err
}
