package outbox

import (
	"errors"
	"fmt"
)

// Config says where the outbox is and how large it may grow.
type Config struct {
	// Path is the file; its folder must exist.
	Path string `yaml:"path"`
	// MaxBytes bounds the messages that wait, with what it takes to store them. A
	// tenth is kept for priority 1. The file itself never grows past twice as
	// much and 64 MiB.
	MaxBytes int64 `yaml:"max_bytes"`
	// MinFree is the room that the file system shall keep: with less, the file
	// grows for priority 1 only, and others replace what is as urgent and older. 0
	// does not look.
	MinFree int64 `yaml:"min_free_bytes"`
}

const (
	leastBytes = 1 << 20
	mostBytes  = 64 << 30
)

// Validate returns every fault of c.
func (c Config) Validate() []error {
	var faults []error
	if c.Path == "" {
		faults = append(faults, errors.New("path: must be set"))
	}
	if c.MaxBytes < leastBytes || c.MaxBytes > mostBytes {
		faults = append(faults, fmt.Errorf("max_bytes: %d is not between %d and %d", c.MaxBytes, leastBytes, mostBytes))
	}
	if c.MinFree < 0 || c.MinFree > mostBytes {
		faults = append(faults, fmt.Errorf("min_free_bytes: %d is not between 0 and %d", c.MinFree, int64(mostBytes)))
	}
	return faults
}

// limit is how full the box may be after a message of a priority was put.
func (c Config) limit(priority int) int64 {
	if priority == urgent {
		return c.MaxBytes
	}
	return c.MaxBytes - c.MaxBytes/10
}

// slack is how much more than needed gives way at once, so that a full box does
// not give up one message, and write one report, for each that comes.
func slack(limit int64) int64 { return limit / 256 }

// maxFile is the hard stop: twice the messages, for a page may be half empty.
func (c Config) maxFile() int { return int(2*c.MaxBytes + 64<<20) }
