package cameratest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// A Programme says, in a file, what many cameras show. Times are seconds.
type Programme struct {
	// Films are the files of each film: the main stream, and a sub-stream if there is one.
	Films   map[string][]string `json:"films"`
	Cameras []Performance       `json:"cameras"`
}

// A Performance is one camera's part. Its sub-stream is at its name with "-sub".
type Performance struct {
	Name   string  `json:"name"`
	Phase  float64 `json:"phase_s"` // so that the key pictures of all cameras do not come at once
	Quiet  string  `json:"quiet"`   // a film, again and again
	Scenes []Part  `json:"scenes"`  // in their order
}

// A Part is a film that is shown once, from the next key picture on.
type Part struct {
	At   float64 `json:"at_s"` // since the beginning
	Film string  `json:"film"`
}

// Sub is how the address of a camera's sub-stream ends.
const Sub = "-sub"

// ReadProgramme reads a programme's file.
func ReadProgramme(path string) (Programme, error) {
	var p Programme
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, fmt.Errorf("programme: %w", err)
	}
	return p, nil
}

// Told is what Begin says of a scene that begins.
type Told struct {
	Camera string    `json:"camera"`
	Film   string    `json:"film"`
	Scene  int       `json:"scene"` // which of the camera's, from 0
	At     time.Time `json:"at"`
}

// Begin starts all cameras of a programme; tell hears of each scene as it begins.
func (p Programme) Begin(s *Server, at time.Time, tell func(Told)) error {
	reels := map[string][]*Reel{}
	for _, name := range slices.Sorted(maps.Keys(p.Films)) {
		for _, file := range p.Films[name] {
			r, err := LoadReel(file)
			if err != nil {
				return fmt.Errorf("programme: film %s: %w", name, err)
			}
			reels[name] = append(reels[name], r)
		}
	}
	for _, c := range p.Cameras {
		if err := p.begin(s, c, reels, at, tell); err != nil {
			return fmt.Errorf("programme: camera %s: %w", c.Name, err)
		}
	}
	return nil
}

func (p Programme) begin(s *Server, c Performance, reels map[string][]*Reel, at time.Time, tell func(Told)) error {
	for stream := range reels[c.Quiet] {
		sc := Script{Begin: at.Add(seconds(c.Phase)), Quiet: reels[c.Quiet][stream]}
		for _, part := range c.Scenes {
			if stream >= len(reels[part.Film]) {
				return fmt.Errorf("film %q is not there, or has not the streams of %q", part.Film, c.Quiet)
			}
			sc.Scenes = append(sc.Scenes, Scene{At: seconds(part.At), Reel: reels[part.Film][stream]})
		}
		name := c.Name
		if stream == 0 {
			sc.Told = func(scene int, at time.Time) { tell(Told{c.Name, c.Scenes[scene].Film, scene, at}) }
		} else {
			name += Sub
		}
		if _, err := s.Perform(name, sc); err != nil {
			return err
		}
	}
	if len(reels[c.Quiet]) == 0 {
		return fmt.Errorf("there is no film %q", c.Quiet)
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
