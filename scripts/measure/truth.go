package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
)

// dwell is the time, in seconds, after which something that stands in a zone is
// an event, in all of these measurements.
const dwell = 5.0

// A clip is a film whose truth is known. Times are in seconds of its media time.
type clip struct {
	File          string
	Width, Height int
	Duration      float64 `json:"duration_s"`
	FPS           float64
	Truth         []label
}

// A label is what somebody saw in a clip.
type label struct {
	Label   string
	Start   float64 `json:"start_s"`
	End     float64 `json:"end_s"`
	Polygon [][2]float64
}

// A span is a time from and to, in seconds.
type span struct{ from, to float64 }

func (s span) overlap(t span) float64 { return min(s.to, t.to) - max(s.from, t.from) }

func (s span) wider(by float64) span { return span{s.from - by, s.to + by} }

func read(file string) ([]clip, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the truth: %w; set EASTGATE_DATA to the folder that holds it", err)
	}
	var clips []clip
	if err := json.Unmarshal(text, &clips); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return clips, nil
}

// spans are the times of some labels.
func (c clip) spans(labels ...string) (out []span) {
	for _, t := range c.Truth {
		if slices.Contains(labels, t.Label) {
			out = append(out, span{t.Start, t.End})
		}
	}
	return out
}

// about says whether a clip has anything to say about a kind.
func (c clip) about(kind string) bool {
	r := rules[kind]
	if r.zones && len(c.zones()) == 0 {
		return false
	}
	return len(c.spans(r.positive...))+len(c.spans(r.negative...)) > 0
}

// zones are the clip's polygons in parts of the picture, each once.
func (c clip) zones() (out [][][2]float64) {
	for _, t := range c.Truth {
		if t.Polygon == nil {
			continue
		}
		var z [][2]float64
		for _, p := range t.Polygon {
			z = append(z, [2]float64{round4(p[0] / float64(c.Width)), round4(p[1] / float64(c.Height))})
		}
		if !slices.ContainsFunc(out, func(o [][2]float64) bool { return slices.Equal(o, z) }) {
			out = append(out, z)
		}
	}
	return out
}

func round4(x float64) float64 { return float64(int(x*1e4+0.5)) / 1e4 }
