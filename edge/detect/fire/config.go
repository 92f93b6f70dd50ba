// Package fire suspects flames: places that are redder than the rest of the
// picture, stay where they are, and flicker as nothing rigid does.
//
// It says how likely each such place is fire, given what was seen there so far;
// whether that is enough for an alarm is for package confirm. It is no fire
// alarm system. README.md tells the method, its limits and how well it does.
package fire

import "fmt"

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest flickering area that counts, as a share of the
	// picture. The flame itself is larger.
	MinArea float64 `yaml:"min_area"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.001} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	if !(c.MinArea > 0 && c.MinArea <= 0.5) {
		return []error{fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea)}
	}
	return nil
}
