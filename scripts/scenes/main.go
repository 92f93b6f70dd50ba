// Command scenes renders the videos that the demo plays: small drawn worlds in
// which a car stops in a fire lane, something burns at dusk, a light goes on in a
// shop and a hand covers a lens. They are our own and need no licence.
//
// Each is a loop: its last picture leads into its first. The random numbers are
// seeded, so that everybody sees the same films.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
)

// Size of every scene; rate and length of those of the demo.
const (
	width, height = 640, 360
	demoFPS       = 12
	demoSeconds   = 80
)

func main() {
	out := flag.String("out", ".cache/scenes", "folder for the videos; those already there are kept")
	only := flag.String("only", "", "render this scene alone")
	set := flag.String("set", "demo", "demo, or places: quiet places, and what happens there, for measuring")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := render(ctx, *out, *only, *set); err != nil {
		fmt.Fprintln(os.Stderr, "scenes:", err)
		os.Exit(1)
	}
}

func render(ctx context.Context, dir, only, set string) error {
	all := map[string][]scene{"demo": scenes(), "places": places()}[set]
	if all == nil {
		return fmt.Errorf("set %q is neither demo nor places", set)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for i, s := range all {
		file := filepath.Join(dir, s.name+".mp4")
		if _, err := os.Stat(file); err == nil || (only != "" && only != s.name) {
			continue
		}
		if err := film(ctx, s, file, fmt.Sprintf("%d/%d %s", i+1, len(all), s.name)); err != nil {
			return fmt.Errorf("render %s: %w", s.name, err)
		}
	}
	return nil
}

// film draws one scene and has ffmpeg encode it. The file appears only when it
// is whole.
func film(ctx context.Context, s scene, file, title string) error {
	part := file + ".part"
	defer os.Remove(part)
	args := []string{
		"-v", "error", "-y",
		"-f", "rawvideo", "-pix_fmt", "rgb24", "-s", fmt.Sprintf("%dx%d", width, height), "-r", strconv.Itoa(s.fps), "-i", "-",
		"-c:v", s.encoder, "-preset", "veryfast", "-threads", "1", "-g", strconv.Itoa(2 * s.fps), "-bf", "0", "-pix_fmt", "yuv420p",
	}
	args = append(args, s.options...)
	cmd := exec.CommandContext(ctx, "ffmpeg", append(args, "-f", "mp4", part)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ffmpeg is needed; scripts/setup installs it: %w", err)
	}
	drawErr := draw(s, in, title)
	in.Close()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("ffmpeg: %w", err)
	}
	if drawErr != nil {
		return drawErr
	}
	return os.Rename(part, file)
}

func draw(s scene, w io.Writer, title string) error {
	info, err := os.Stderr.Stat()
	terminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	c := newCanvas(7, s.fps)
	paint := s.world(c)
	pictures := s.seconds * s.fps
	for i := range pictures {
		paint(float64(i) / float64(s.fps))
		if _, err := w.Write(c.noisy(s.noise)); err != nil {
			return err
		}
		if terminal && i%(s.fps*4) == 0 {
			fmt.Fprintf(os.Stderr, "\rrendering scene %s %3d%%", title, 100*i/pictures)
		}
	}
	if terminal {
		fmt.Fprint(os.Stderr, "\r")
	}
	fmt.Fprintf(os.Stderr, "rendering scene %s 100%%\n", title)
	return nil
}
