package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"eastgate/shared/event"
)

// A place is what a camera looks at: a film of nothing, that loops without a seam, and
// one of something that happens there.
type place struct {
	name  string
	kind  event.Kind
	onset float64 // seconds into the busy film: when the thing begins, or is due to be told
	busy  float64 // seconds: how long the busy film runs
	zones string  // YAML

	films [2]source
}

// A source is where one of a place's films is cut from.
type source struct {
	file       string
	from, to   float64
	palindrome bool // played forwards and backwards, so that it loops
	still      bool // its first picture stands for ten seconds; only the noise lives
}

// group is the time from one key picture to the next, in seconds.
const group = 2

// drawnPlaces are the ones that `scenes -set places` draws.
func drawnPlaces() []place {
	const folder = ".cache/places"
	draw := func(name string, kind event.Kind, onset, busy float64) place {
		return place{name: name, kind: kind, onset: onset, busy: busy, films: [2]source{
			{file: filepath.Join(folder, name+"-quiet.mp4"), to: 8}, {file: filepath.Join(folder, name+"-busy.mp4"), to: busy},
		}}
	}
	const dwell = 5
	lane := draw("firelane", event.FireLaneBlocked, 6+dwell, 26)
	lane.zones = `
      lane: {kind: fire_lane, dwell: 5s, points: [[0.51, 0.80], [0.93, 0.80], [0.93, 0.99], [0.51, 0.99]]}`
	return []place{draw("bins", event.FireVisual, 4, 26), lane, draw("path", event.Motion, 3.4, 16), draw("door", event.Tamper, 3.6, 20)}
}

// prepare returns the places with their films coded as cameras code.
func prepare(ctx context.Context, o options) ([]place, error) {
	scenes := exec.CommandContext(ctx, ".cache/bin/scenes", "-set", "places", "-out", ".cache/places")
	scenes.Stderr = os.Stderr
	if err := scenes.Run(); err != nil {
		return nil, fmt.Errorf("draw the places: %w", err)
	}
	drawn, real := drawnPlaces(), []place{}
	if o.data == "" {
		fmt.Fprintln(os.Stderr, "density: no EASTGATE_DATA: only drawn films are played")
	} else {
		var err error
		if real, err = realPlaces(o.data); err != nil {
			return nil, err
		}
	}
	var all []place
	for i := range max(len(drawn), len(real)) { // one of each in turn
		for _, some := range [][]place{drawn, real} {
			if i < len(some) {
				all = append(all, some[i])
			}
		}
	}
	for _, p := range all {
		for _, s := range p.films {
			if err := s.code(ctx, o.films); err != nil {
				return nil, fmt.Errorf("film of %s: %w", p.name, err)
			}
		}
	}
	return all, nil
}

// recipe is how cameras code: 1080p, 25 pictures a second, 2 Mbit/s at a constant rate,
// a key picture every two seconds, no B-pictures; and a sub-stream of 360p with 10
// pictures a second at 384 kbit/s. Sensors' noise is put in at half the size, so that it
// is no sharper than a lens.
const recipe = "fps=25,scale=960:540:flags=bilinear,setsar=1,format=yuv420p%s,tpad=stop_mode=clone:stop=50,trim=end_frame=%d," +
	"noise=alls=5:allf=t,split[a][b];[a]scale=1920:1080:flags=bicubic[main];[b]scale=640:360:flags=area,fps=10[sub]"

func (s source) filter() string {
	// Groups of pictures are whole: 50 pictures.
	length := int(s.to-s.from) / group * group
	fold := ""
	if s.palindrome {
		half := int(s.to - s.from) // seconds
		fold = fmt.Sprintf(",trim=end_frame=%d,split[f][g];[g]reverse[r];[f][r]concat=n=2:v=1", half*25)
		length = 2 * half / group * group
	}
	if s.still {
		fold, length = ",trim=end_frame=1,loop=249:1:0,setpts=N/25/TB", 10
	}
	return fmt.Sprintf("[0:v]trim=%g:%g,setpts=PTS-STARTPTS,", s.from, s.to) + fmt.Sprintf(recipe, fold, length*25)
}

// path is where a coded film lies: under what it is made of.
func (s source) path(folder string) string {
	name := strings.TrimSuffix(filepath.Base(s.file), filepath.Ext(s.file))
	id := sha256.Sum256([]byte(s.file + s.filter() + strings.Join(coder(0), " ")))
	return filepath.Join(folder, fmt.Sprintf("%s-%x.mp4", name, id[:4]))
}

func (s source) sub(folder string) string {
	return strings.TrimSuffix(s.path(folder), ".mp4") + "-sub.mp4"
}

// coder returns ffmpeg's words for the main stream (0) or the sub-stream (1).
func coder(stream int) []string {
	rate, buffer, keys := "2000k", "1000k", "50"
	if stream == 1 {
		rate, buffer, keys = "384k", "192k", "20"
	}
	return []string{
		"-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-threads", "1", "-bf", "0", "-refs", "1", "-g", keys, "-keyint_min", keys,
		"-sc_threshold", "0", "-b:v", rate, "-maxrate", rate, "-bufsize", buffer, "-x264-params", "rc-lookahead=0:mbtree=0", "-f", "mp4",
	}
}

// code makes both streams of a film, once.
func (s source) code(ctx context.Context, folder string) error {
	out := []string{s.path(folder), s.sub(folder)}
	if there(out[0]) && there(out[1]) {
		return nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "density: coding %s as a camera does, once …\n", filepath.Base(out[0]))
	args := []string{"-v", "error", "-y", "-i", s.file, "-filter_complex", s.filter()}
	for i, label := range []string{"[main]", "[sub]"} {
		args = append(append(append(args, "-map", label), coder(i)...), out[i]+".part")
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, stderr.Bytes())
	}
	for i := len(out) - 1; i >= 0; i-- {
		if err := os.Rename(out[i]+".part", out[i]); err != nil {
			return err
		}
	}
	return nil
}

func there(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
