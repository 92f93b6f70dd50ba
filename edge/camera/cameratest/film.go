package cameratest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/videofile"
)

// A Film is what a simulated camera shows, again and again.
type Film struct {
	Packets []*flow.Packet // H.264 or H.265, beginning with a key picture
	Length  time.Duration  // from the first picture to its next showing
}

// Load reads a film from a file of H.264 or H.265 pictures.
func Load(path string) (Film, error) {
	v, err := videofile.Open(path)
	if err != nil {
		return Film{}, err
	}
	defer v.Close()
	var f Film
	for {
		p, err := v.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Film{}, err
		}
		if len(f.Packets) > 0 || p.Key {
			f.Packets = append(f.Packets, p)
		}
	}
	if err := f.check(); err != nil {
		return Film{}, fmt.Errorf("%s: %w", path, err)
	}
	f.begin()
	return f, nil
}

func (f Film) check() error {
	if len(f.Packets) < 2 || !f.Packets[0].Key {
		return errors.New("there are fewer than two pictures from the first key picture on")
	}
	if c := f.Packets[0].Stream.Codec; c != "h264" && c != "hevc" {
		return fmt.Errorf("it is %s; a camera sends H.264 or H.265", c)
	}
	return nil
}

func same(a, b Film) bool { return &a.Packets[0] == &b.Packets[0] }

// begin counts the film's time from 0 and sets its length: one step longer than
// its last picture, so that a loop goes on without a jump.
func (f *Film) begin() {
	first, last := f.Packets[0].PTS, f.Packets[0].PTS
	for _, p := range f.Packets {
		first, last = min(first, p.PTS), max(last, p.PTS)
	}
	for _, p := range f.Packets {
		p.PTS -= first
	}
	span := last - first
	f.Length = span + span/time.Duration(len(f.Packets)-1)
}

// black returns one key picture that is all black, of a stream's codec and size.
func black(s *flow.Stream) ([]byte, error) {
	encoder, format := "libx264", "h264"
	if s.Codec == "hevc" {
		encoder, format = "libx265", "hevc"
	}
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("color=black:size=%dx%d", s.Width, s.Height),
		"-frames:v", "1", "-c:v", encoder, "-pix_fmt", "yuv420p", "-f", format, "-")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("encode a black picture: %w: %s", err, stderr.Bytes())
	}
	return out, nil
}
