package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// convert makes H.264 of any video that FFmpeg can read, once: the result is kept
// in the cache under the file's path, size and time.
func convert(ctx context.Context, file, cache string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	id := sha256.Sum256(fmt.Append(nil, abs, info.Size(), info.ModTime().UnixNano()))
	out := filepath.Join(cache, fmt.Sprintf("%x.mp4", id[:12]))
	if _, err := os.Stat(out); err == nil {
		return out, nil
	}
	fmt.Fprintf(os.Stderr, "converting %s to H.264, once …\n", file)
	part := out + ".part"
	defer os.Remove(part)
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-y", "-i", file, "-an",
		"-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2",
		"-bf", "0", "-force_key_frames", "expr:gte(t,n_forced*2)", "-f", "mp4", part)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("convert %s: %w: %s", file, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, os.Rename(part, out)
}
