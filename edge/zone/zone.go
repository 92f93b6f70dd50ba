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
	// Hours are times of day with a dwell of their own, such as a longer one while shops
	// are supplied. The first that holds counts; at other times Dwell does.
	Hours []Hours `yaml:"hours,omitempty"`
	// Only, when it is "vehicle", lets nothing else count that stands: the neural network
	// must take it for one. Empty counts whatever stands, goods and bags as well.
	Only string `yaml:"only,omitempty"`
	// Schedule says when the rule holds, in local time; empty means always.
	Schedule Schedule `yaml:"schedule"`
	// MinScore is the least score of a finding that counts here, 0 to 1; 0 leaves it
	// to the detector.
	MinScore float64 `yaml:"min_score"`
}

// Hours are times of day at which things may stand for so long.
type Hours struct {
	// Schedule is in local time, and may go over midnight.
	Schedule Schedule      `yaml:"schedule"`
	Dwell    time.Duration `yaml:"dwell"`
}

// OnlyVehicle is the one value of Zone.Only besides none.
const OnlyVehicle = "vehicle"

const (
	longestDwell = 24 * time.Hour
	mostHours    = 12
)

// DwellAt is how long a thing may stand in z at t, in t's own location; 0 leaves it to
// the rule of the kind.
func (z Zone) DwellAt(t time.Time) time.Duration {
	for _, h := range z.Hours {
		if h.Schedule.Holds(t) {
			return h.Dwell
		}
	}
	return z.Dwell
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
	if z.Dwell < 0 || z.Dwell > longestDwell {
		faults = append(faults, fmt.Errorf("dwell: %v is not between 0 and 24h", z.Dwell))
	}
	faults = append(faults, z.validateStanding()...)
	if !(z.MinScore >= 0 && z.MinScore < 1) {
		faults = append(faults, fmt.Errorf("min_score: %v is not from 0 to less than 1", z.MinScore))
	}
	return faults
}

// validateStanding checks what is only for things that stand.
func (z Zone) validateStanding() []error {
	var faults []error
	if len(z.Hours) > mostHours {
		faults = append(faults, fmt.Errorf("hours: %d of them, at most %d are allowed", len(z.Hours), mostHours))
	}
	for i, h := range z.Hours {
		if h.Schedule.String() == "" {
			faults = append(faults, fmt.Errorf("hours[%d].schedule: times of day such as 07:00-09:00 are needed", i))
		}
		if h.Dwell <= 0 || h.Dwell > longestDwell {
			faults = append(faults, fmt.Errorf("hours[%d].dwell: %v is not more than 0 and up to 24h", i, h.Dwell))
		}
	}
	if z.Only != "" && z.Only != OnlyVehicle {
		faults = append(faults, fmt.Errorf("only: %.20q is not %s", z.Only, OnlyVehicle))
	}
	if (len(z.Hours) > 0 || z.Only != "") && !z.Standing() {
		faults = append(faults, fmt.Errorf("hours, only: they are for zones of kind no_parking and fire_lane, this is %.20q", z.Use))
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
