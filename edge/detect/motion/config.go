// Package motion finds what moves against a remembered background, on the small
// grey picture.
//
// A change of the whole picture (a lamp, a cloud, the camera's own exposure) is no
// motion, and noise raises the threshold by itself. README.md tells the method,
// its limits and how well it does.
package motion

import "fmt"

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest thing that counts, as a share of the picture.
	MinArea float64 `yaml:"min_area"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.001} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	if c.MinArea <= 0 || c.MinArea > 0.5 {
		return []error{fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea)}
	}
	return nil
}
