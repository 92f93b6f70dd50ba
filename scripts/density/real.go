package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"eastgate/shared/event"
)

// A clip is what truth.json says of one: from when to when something is to be seen,
// and is not.
type clip struct {
	File   string  `json:"file"`
	Fixed  bool    `json:"fixed_camera"`
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Length float64 `json:"duration_s"`
	Truth  []struct {
		Label string  `json:"label"`
		Start float64 `json:"start_s"`
		End   float64 `json:"end_s"`
	} `json:"truth"`
}

// realPlaces are cut from real clips: wherever a fixed camera shows nothing for a while
// and then, soon after, something.
func realPlaces(folder string) ([]place, error) {
	b, err := os.ReadFile(filepath.Join(folder, "truth.json"))
	if err != nil {
		return nil, fmt.Errorf("real clips: %w", err)
	}
	var clips []clip
	if err := json.Unmarshal(b, &clips); err != nil {
		return nil, fmt.Errorf("real clips: truth.json: %w", err)
	}
	var out []place
	for _, c := range clips {
		if !c.Fixed || c.Height > c.Width {
			continue
		}
		for _, k := range []struct {
			kind     event.Kind
			no, word string
		}{{event.FireVisual, "no_fire", "fire"}, {event.Motion, "no_motion", "motion"}} {
			if p, ok := c.place(folder, k.kind, k.no, k.word); ok {
				out = append(out, p)
				break
			}
		}
	}
	return out, nil
}

// Bounds of what is cut, in seconds.
const (
	leastQuiet = 2
	mostQuiet  = 10
	leastBusy  = 3
	mostBusy   = 16
	lead       = 4 // of quiet before the thing begins
	soon       = 8 // after nothing, something must come
)

func (c clip) place(folder string, kind event.Kind, no, word string) (place, bool) {
	for _, nothing := range c.Truth {
		for _, thing := range c.Truth {
			between := thing.Start - nothing.End
			if nothing.Label != no || thing.Label != word || nothing.End-nothing.Start < leastQuiet ||
				thing.End-thing.Start < leastBusy || between < 0 || between > soon {
				continue
			}
			from := math.Max(nothing.Start, thing.Start-lead)
			to := math.Min(math.Min(thing.End+group, c.Length), thing.Start+mostBusy)
			to = from + math.Ceil((to-from)/group)*group // the last picture stands for what is lacking
			name := strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))
			file := filepath.Join(folder, c.File)
			nobody := source{file: file, from: math.Max(nothing.Start, nothing.End-mostQuiet), to: nothing.End, palindrome: true}
			if kind != event.Motion { // that nothing burns does not say that nothing moves
				nobody = source{file: file, from: from, to: from + 1, still: true}
			}
			return place{name: name, kind: kind, onset: thing.Start - from, busy: to - from, films: [2]source{nobody, {file: file, from: from, to: to}}}, true
		}
	}
	return place{}, false
}
