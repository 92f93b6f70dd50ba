// Package zone holds the places that a camera's owner has marked in its
// picture: what may not happen there, how long, and when.
//
// Coordinates are relative to the picture, 0 to 1 from the top left, so that
// they hold for a camera's main and sub-stream alike.
package zone

import (
	"fmt"
	"time"

	"eastgate/shared/event"
)

// Use says what a zone is for.
type Use string

// The uses of a zone.
const (
	NoParking Use = "no_parking" // nothing may stand here: parking.motor
	FireLane  Use = "fire_lane"  // nothing may stand here: fire.lane_blocked
	Motion    Use = "motion"     // movement counts here; with such zones, nowhere else
	Fire      Use = "fire"       // fire counts here; with such zones, nowhere else
)

// A Zone is a named polygon and its rule.
type Zone struct {
	Name   string  `yaml:"-"`
	Use    Use     `yaml:"kind"`
	Points Polygon `yaml:"points"`
	// Dwell is how long a thing may stand in a no-parking zone or a fire lane.
	Dwell time.Duration `yaml:"dwell"`
	// Schedule says when the rule holds, in local time; empty means always.
	Schedule Schedule `yaml:"schedule"`
	// MinScore is the least score of a finding that counts here, 0 to 1; 0 leaves it
	// to the detector.
	MinScore float64 `yaml:"min_score"`
}

// Kind is the kind of event that something standing in z makes.
func (z Zone) Kind() event.Kind {
	if z.Use == FireLane {
		return event.FireLaneBlocked
	}
	return event.ParkingMotor
}

// Standing reports whether things that stand still break z's rule.
func (z Zone) Standing() bool { return z.Use == NoParking || z.Use == FireLane }

// Validate returns what is wrong with z, each fault with the field it is in.
func (z Zone) Validate() []error {
	var faults []error
	switch z.Use {
	case NoParking, FireLane, Motion, Fire:
	default:
		faults = append(faults, fmt.Errorf("kind: %q is none of no_parking, fire_lane, motion, fire", z.Use))
	}
	if err := z.Points.Validate(); err != nil {
		faults = append(faults, fmt.Errorf("points: %w", err))
	}
	if z.Dwell < 0 || z.Dwell > 24*time.Hour {
		faults = append(faults, fmt.Errorf("dwell: %v is not between 0 and 24h", z.Dwell))
	}
	if !(z.MinScore >= 0 && z.MinScore < 1) {
		faults = append(faults, fmt.Errorf("min_score: %v is not from 0 to less than 1", z.MinScore))
	}
	return faults
}

// Areas is all that was marked in one camera's picture.
type Areas struct {
	Zones []Zone
	Masks []Polygon // looked away from by every detector
}

// Of returns the zones for one use.
func (a Areas) Of(uses ...Use) []Zone {
	var zs []Zone
	for _, z := range a.Zones {
		for _, u := range uses {
			if z.Use == u {
				zs = append(zs, z)
			}
		}
	}
	return zs
}
