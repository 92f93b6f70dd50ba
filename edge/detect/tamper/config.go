// Package tamper notices when a camera no longer sees what it was put up to see:
// its lens is covered, it was turned away, its picture is frozen or black.
//
// It compares where the picture has structure, not how bright it is, so that a
// lamp, dusk or a cloud is no tampering. README.md tells the method, its limits
// and how well it does.
package tamper

import (
	"fmt"
	"time"
)

// Config tunes the detector.
type Config struct {
	// FrozenAfter is how long the picture must be the very same.
	FrozenAfter time.Duration `yaml:"frozen_after"`
	// AdoptAfter is how long a new view must hold to become the right one.
	AdoptAfter time.Duration `yaml:"adopt_after"`
}

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config {
	return Config{FrozenAfter: 10 * time.Second, AdoptAfter: 5 * time.Minute}
}

// Validate returns every fault with its field.
func (c Config) Validate() []error {
	var faults []error
	if c.FrozenAfter < time.Second {
		faults = append(faults, fmt.Errorf("frozen_after: %v is less than a second", c.FrozenAfter))
	}
	if c.AdoptAfter < 10*time.Second {
		faults = append(faults, fmt.Errorf("adopt_after: %v is less than 10s", c.AdoptAfter))
	}
	return faults
}
