// Package motion finds what moves against a remembered background, on the small
// grey picture.
//
// A change of the light, of the whole picture or of a part of it, is no motion; noise
// raises the threshold by itself; what sways at its place is known after a while.
// README.md tells the method, its limits and how well it does.
package motion

import "fmt"

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest thing that counts, as a share of the picture, at its
	// lower edge.
	MinArea float64 `yaml:"min_area"`
	// Far is how large that is at the upper edge, as a share of MinArea: what is far
	// away is small. 1 suits a camera that looks straight down.
	Far float64 `yaml:"far"`
	// MinHeight is the least height of a thing at the lower edge, as a share of the
	// picture's; at the upper edge it is Far's root of it. 0 leaves it open.
	MinHeight float64 `yaml:"min_height"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.001, Far: 0.5} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if !(c.MinArea > 0 && c.MinArea <= 0.5) {
		faults = append(faults, fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea))
	}
	if !(c.Far > 0 && c.Far <= 1) {
		faults = append(faults, fmt.Errorf("far: %v is not between 0 and 1", c.Far))
	}
	if !(c.MinHeight >= 0 && c.MinHeight <= 1) {
		faults = append(faults, fmt.Errorf("min_height: %v is not from 0 to 1", c.MinHeight))
	}
	return faults
}
