package app

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/edge/config"
	"eastgate/edge/detect"
	"eastgate/edge/zone"
)

// A kind of detector, as users name it, and how to open one for a camera.
type kind struct {
	name  string
	every time.Duration // between two pictures that it judges
	wants func(config.Detect, zone.Areas) bool
	open  func(config.Detect, zone.Areas) (detect.Detector, error)
}

// tasks opens the detectors that a camera wants. only, when not empty, names the
// kinds to keep.
func tasks(d config.Detect, areas zone.Areas, only []string) ([]detect.Task, error) {
	var out []detect.Task
	for _, k := range kinds {
		if !k.wants(d, areas) || !chosen(k.name, only) {
			continue
		}
		det, err := k.open(d, areas)
		if err != nil {
			for _, t := range out {
				err = errors.Join(err, t.Detector.Close())
			}
			return nil, fmt.Errorf("open detector %s: %w", k.name, err)
		}
		out = append(out, detect.Task{Detector: det, Every: k.every})
	}
	return out, nil
}

// judges says whether anything looks at the camera's pictures.
func judges(d config.Detect, areas zone.Areas) bool {
	return slices.ContainsFunc(kinds, func(k kind) bool { return k.wants(d, areas) })
}

func chosen(name string, only []string) bool {
	return len(only) == 0 || slices.Contains(only, name)
}
