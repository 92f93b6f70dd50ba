// Package fire suspects flames: places that are redder or lighter than the rest of the
// picture, stay where they are, and flicker as nothing rigid does.
//
// It says how likely each such place is fire, given what was seen there so far;
// whether that is enough for an alarm is for package confirm. It is no fire
// alarm system. README.md tells the method, its limits and how well it does.
package fire

import (
	"fmt"

	"eastgate/shared/event"
)

// Config tunes the detector.
type Config struct {
	// MinArea is the smallest flickering area that counts, as a share of the
	// picture. The flame itself is larger.
	MinArea float64 `yaml:"min_area"`
	// Caution is how much likelier fire must be at this camera than the score says, as
	// natural logarithm: for a camera whose false alarms were reported. It goes from 0
	// to MostCaution.
	Caution float64 `yaml:"caution,omitempty"`
	// Doubts ask for more caution in parts of the picture; at most MostDoubts.
	Doubts []Doubt `yaml:"doubts,omitempty"`
}

// A Doubt is where false alarms came from. It never blinds: a fire there must only be
// plainer.
type Doubt struct {
	Box     event.Box `yaml:"box"`
	Caution float64   `yaml:"caution"` // besides the camera's; together at most MostCaution
}

// Bounds of what may be learnt: with most caution a plain fire is still found, some
// seconds later (TestCautionNeverBlinds).
const (
	MostCaution = 1.0
	MostDoubts  = 16
)

// DefaultConfig returns what suits most cameras.
func DefaultConfig() Config { return Config{MinArea: 0.001} }

// Validate returns every fault with its field.
func (c Config) Validate() (faults []error) {
	if !(c.MinArea > 0 && c.MinArea <= 0.5) {
		faults = append(faults, fmt.Errorf("min_area: %v is not between 0 and 0.5", c.MinArea))
	}
	if !cautious(c.Caution) {
		faults = append(faults, fmt.Errorf("caution: %v is not between 0 and %v", c.Caution, MostCaution))
	}
	if len(c.Doubts) > MostDoubts {
		faults = append(faults, fmt.Errorf("doubts: %d are more than %d", len(c.Doubts), MostDoubts))
	}
	for i, d := range c.Doubts {
		if b := d.Box; !(b[0] >= 0 && b[1] >= 0 && b[2] > 0 && b[3] > 0 && b[0]+b[2] <= 1.001 && b[1]+b[3] <= 1.001) {
			faults = append(faults, fmt.Errorf("doubts[%d].box: %v is not within the picture", i, b))
		}
		if !cautious(d.Caution) {
			faults = append(faults, fmt.Errorf("doubts[%d].caution: %v is not between 0 and %v", i, d.Caution, MostCaution))
		}
	}
	return faults
}

func cautious(v float64) bool { return v >= 0 && v <= MostCaution }

// caution is what is asked of a place in that box.
func (c Config) caution(place event.Box) float64 {
	sum := c.Caution
	for _, d := range c.Doubts {
		w := min(place[0]+place[2], d.Box[0]+d.Box[2]) - max(place[0], d.Box[0])
		h := min(place[1]+place[3], d.Box[1]+d.Box[3]) - max(place[1], d.Box[1])
		if w > 0 && h > 0 && w*h > place[2]*place[3]/2 {
			sum += d.Caution
		}
	}
	return min(max(sum, 0), MostCaution)
}
