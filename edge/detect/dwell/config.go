// Package dwell finds things that stand still in zones where nothing may stand:
// cars in a fire lane, goods before a door.
//
// It remembers the empty place and does not forget it while something stands
// there. It promises one finding in every picture for each thing that stands in
// a zone, under one name for the whole stay, with the time since it came to rest.
// Whether that is too long is for package confirm to say. README.md tells the
// method, its limits and how well it does.
package dwell

import (
	"fmt"
	"time"
)

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest thing that counts, as a share of the picture.
	MinArea float64 `yaml:"min_area"`
	// MaxOcclusion is how long a thing may be hidden, by who walks past, before it
	// is taken to have left.
	MaxOcclusion time.Duration `yaml:"max_occlusion"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.004, MaxOcclusion: 6 * time.Second} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if !(c.MinArea > 0 && c.MinArea <= 0.5) {
		faults = append(faults, fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea))
	}
	if c.MaxOcclusion < 0 || c.MaxOcclusion > time.Hour {
		faults = append(faults, fmt.Errorf("max_occlusion: %v is not between 0 and 1h", c.MaxOcclusion))
	}
	return faults
}
