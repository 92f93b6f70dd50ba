//go:build !nocv

package dwell

import (
	"fmt"
	"image"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Look asks a network what one thing in a frame is, given in the frame's pixels: the
// probabilities of a vehicle and of a person, which do not exclude one another. Cameras
// share one.
type Look func(f *flow.Frame, box image.Rectangle) (vehicle, person float64, err error)

// A kind is what the network made of a stay, over its looks.
type kind struct {
	vehicle, person float64 // means
	looks           int
}

const (
	askEvery  = 700 * time.Millisecond // between two looks at one camera
	mostLooks = 5                      // at one stay
	plain     = 0.5                    // probability from which it is one
	// A person who stands is no parked vehicle. The network takes few vehicles for
	// persons and misses many persons: it must be sure, more than once.
	surely   = 0.8
	unlikely = 0.2
	enough   = 3
)

// take adds one answer.
func (k *kind) take(vehicle, person float64) {
	k.looks++
	n := float64(k.looks)
	k.vehicle += (vehicle - k.vehicle) / n
	k.person += (person - k.person) / n
}

func (k kind) somebody() bool {
	return k.looks >= enough && k.person >= surely && k.vehicle <= unlikely
}

// note is a word for what stands there: a vehicle, or something else.
func (k kind) note() string {
	switch {
	case k.looks == 0:
		return ""
	case k.vehicle >= plain:
		return "vehicle"
	}
	return "object"
}

// ask lets the network look at a stay that it has looked at least, when it is time.
func (d *Detector) ask(f *flow.Frame, at time.Duration) error {
	if d.look == nil || at-d.asked < askEvery && at >= d.asked {
		return nil
	}
	var least *stay
	for _, s := range d.stays {
		if s.seen == d.model.last && s.kind.looks < mostLooks && d.inZone(s) && (least == nil || s.kind.looks < least.kind.looks) {
			least = s
		}
	}
	if least == nil {
		return nil
	}
	d.asked = at
	b, full := least.box.Add(d.model.rect.Min), f.Image.Rect.Size()
	vehicle, person, err := d.look(f, image.Rect(
		b.Min.X*full.X/d.size.X, b.Min.Y*full.Y/d.size.Y, b.Max.X*full.X/d.size.X, b.Max.Y*full.Y/d.size.Y))
	if err != nil {
		return fmt.Errorf("look at what stands there: %w", err)
	}
	least.kind.take(vehicle, person)
	return nil
}

func (d *Detector) inZone(s *stay) bool {
	for _, z := range d.zones {
		if d.model.standsIn(s, z.mask) {
			return true
		}
	}
	return false
}

// why is what a stay rests on.
func (s *stay) why(at time.Duration, size image.Point) event.Why {
	w := event.Why{
		"still_s": (at - s.rest()).Seconds(), "new": s.score - 0.5,
		"area": float64(len(s.pixels)) / float64(size.X*size.Y), "hidden_s": (at - s.seen).Seconds(),
	}
	if s.kind.looks > 0 {
		w["vehicle"], w["person"], w["looks"] = s.kind.vehicle, s.kind.person, float64(s.kind.looks)
	}
	return w
}
