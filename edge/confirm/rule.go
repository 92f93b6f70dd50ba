package confirm

import (
	"math"
	"time"

	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Rule says what makes an event of one kind, and what ends it.
type Rule struct {
	// Need is the evidence that makes an event, in seconds of seeing the thing
	// clearly, and Pictures the least number of pictures it was seen on.
	Need     time.Duration
	Pictures int
	// Dwell, when set, replaces Need: the thing's own age makes the event. It is
	// the value for zones that give none.
	Dwell time.Duration
	// Odds says that a finding's score is a probability, so that evidence grows
	// or shrinks with its log odds. Otherwise each finding counts as seen.
	Odds bool
	// Fade is how much evidence a second of looking and not seeing takes away.
	Fade float64
	// Quiet is how long the thing must have been looked for and not seen to be over.
	Quiet time.Duration
	// Refresh is the time between updates of something that goes on; 0 sends none.
	Refresh time.Duration
}

// maxOdds bounds what one confident picture can add, each second it stands for.
const maxOdds = 3

// weigh returns the evidence per second that a finding with this score gives.
func (r Rule) weigh(score float64) float64 {
	if !r.Odds {
		return 1
	}
	odds := math.Log(max(score, 1e-3) / max(1-score, 1e-3))
	return min(max(odds, -maxOdds), maxOdds)
}

// dwell is how long a thing may stand in a zone at a time of day, which is local.
func (r Rule) dwell(z zone.Zone, at time.Time) time.Duration {
	if d := z.DwellAt(at); d > 0 {
		return d
	}
	return r.Dwell
}

// Rules returns the rule of every kind that a camera can make.
func Rules() map[event.Kind]Rule {
	standing := Rule{Dwell: 3 * time.Minute, Quiet: 5 * time.Second, Refresh: time.Minute}
	return map[event.Kind]Rule{
		event.FireVisual:      {Need: 3 * time.Second, Pictures: 8, Odds: true, Fade: 1, Quiet: 5 * time.Second, Refresh: 15 * time.Second},
		event.Motion:          {Need: 500 * time.Millisecond, Pictures: 3, Fade: 1, Quiet: 3 * time.Second, Refresh: time.Minute},
		event.Tamper:          {Need: 2 * time.Second, Pictures: 3, Fade: 2, Quiet: 2 * time.Second, Refresh: 5 * time.Minute},
		event.VideoLoss:       {Dwell: 10 * time.Second, Quiet: 2 * time.Second, Refresh: 10 * time.Minute},
		event.ParkingMotor:    standing,
		event.FireLaneBlocked: standing,
	}
}
