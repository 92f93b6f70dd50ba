// Package dwell finds things that stand still in zones where nothing may stand:
// cars in a fire lane, goods before a door.
//
// It remembers the empty zone and does not forget it while something stands
// there. The identity of one stay is its to keep; whether the stay was too long is
// for package confirm. README.md tells the method, its limits and how well it
// does.
package dwell

import "fmt"

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest thing that counts, as a share of the picture.
	MinArea float64 `yaml:"min_area"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.004} }

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	if c.MinArea <= 0 || c.MinArea > 0.5 {
		return []error{fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea)}
	}
	return nil
}
