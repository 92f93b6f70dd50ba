package config

import (
	"fmt"

	"eastgate/edge/evidence"
	"eastgate/edge/zone"
)

// Clips says what the films of events show. A camera's own section overrides the
// file's.
type Clips struct {
	evidence.ClipConfig `yaml:",inline"`
}

func defaultClips() Clips { return Clips{evidence.DefaultClipConfig()} }

// validatePrivacy returns what is wrong with a camera's private areas.
func validatePrivacy(areas []zone.Polygon) []error {
	var faults []error
	for i, p := range areas {
		if err := p.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("privacy[%d]: %w", i, err))
		}
	}
	return faults
}
