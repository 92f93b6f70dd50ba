// Package adapt makes a camera more careful where people have called its events
// false.
//
// It promises that what is learnt stays within stated bounds (a fire detector is made
// a little more cautious, and never blind), that one event teaches once, that what was
// learnt is on the disk before Learn returns, and that it can be seen and forgotten.
package adapt

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"eastgate/edge/config"
	"eastgate/edge/detect/fire"
	"eastgate/shared/durable"
	"eastgate/shared/event"
)

// A Lesson is one event that people have called false.
type Lesson struct {
	Camera  string     `json:"camera"`
	Episode string     `json:"episode"`
	Kind    event.Kind `json:"kind"`
	Box     event.Box  `json:"box"` // where; all zero means the whole picture
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
}

// Bounds of what is learnt. Each lesson adds a step until the most is reached.
const (
	MostLessons = 64   // of one camera; the oldest go
	fireStep    = 0.25 // caution in the place of a false fire; fire.MostCaution bounds the sum
	areaStep    = 1.15 // times the least area, for motion and things that stand
	areaMost    = 2.0
)

// ErrKind says that nothing is learnt of a kind.
var ErrKind = errors.New("nothing is learnt of this kind")

// A Book keeps what all cameras of a box have learnt, in one file. Its methods may be
// called at once.
type Book struct {
	file string

	mu      sync.Mutex
	lessons []Lesson
}

// Open reads what was learnt. A file that cannot be read is put aside: then nothing is.
func Open(file string, log *slog.Logger) (*Book, error) {
	b := &Book{file: file}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &b.lessons)
	}
	if err != nil {
		b.lessons = nil
		log.Error("what was learnt of false alarms cannot be read; nothing is", "file", file, "err", err)
		return b, os.Rename(file, file+".bad")
	}
	return b, nil
}

// Learn takes in a lesson; one of an episode that has taught already changes nothing.
func (b *Book) Learn(l Lesson) error {
	if !slices.Contains([]event.Kind{event.FireVisual, event.Motion, event.ParkingMotor, event.FireLaneBlocked}, l.Kind) {
		return fmt.Errorf("%w: %s", ErrKind, l.Kind)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.lessons, func(k Lesson) bool { return k.Episode == l.Episode }) {
		return nil
	}
	return b.keep(bounded(append(slices.Clone(b.lessons), l), l.Camera))
}

// bounded drops a camera's oldest lessons beyond the most.
func bounded(all []Lesson, camera string) []Lesson {
	n := 0
	for _, l := range all {
		if l.Camera == camera {
			n++
		}
	}
	return slices.DeleteFunc(all, func(l Lesson) bool {
		drop := l.Camera == camera && n > MostLessons
		if drop {
			n--
		}
		return drop
	})
}

// Forget drops all that a camera has learnt.
func (b *Book) Forget(camera string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keep(slices.DeleteFunc(slices.Clone(b.lessons), func(l Lesson) bool { return l.Camera == camera }))
}

// keep puts lessons on the disk first, then into memory.
func (b *Book) keep(next []Lesson) error {
	data, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if err := durable.Replace(b.file, data); err != nil {
		return fmt.Errorf("keep what was learnt: %w", err)
	}
	b.lessons = next
	return nil
}

// Lessons are those of a camera, the oldest first: the record of what was learnt.
func (b *Book) Lessons(camera string) []Lesson {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(b.lessons), func(l Lesson) bool { return l.Camera != camera })
}

// Over returns a camera's detection with what it has learnt over it.
func (b *Book) Over(camera string, d config.Detect) config.Detect {
	d.Fire.Doubts = slices.Clone(d.Fire.Doubts)
	motion, standing := 1.0, 1.0
	for _, l := range b.Lessons(camera) {
		switch l.Kind {
		case event.FireVisual:
			d.Fire.Doubts = doubting(d.Fire.Doubts, l.Box)
		case event.Motion:
			motion = min(motion*areaStep, areaMost)
		case event.ParkingMotor, event.FireLaneBlocked:
			standing = min(standing*areaStep, areaMost)
		}
	}
	d.Motion.MinArea = min(d.Motion.MinArea*motion, 0.5)
	d.Parking.MinArea = min(d.Parking.MinArea*standing, 0.5)
	return d
}

// doubting asks for more caution where a false fire was: more of a doubt that is there
// already, or one more, as far as there is room.
func doubting(doubts []fire.Doubt, box event.Box) []fire.Doubt {
	if box[2] <= 0 || box[3] <= 0 {
		return doubts
	}
	for i := range doubts {
		if overlap(doubts[i].Box, box) > 0.5 {
			doubts[i].Caution = min(doubts[i].Caution+fireStep, fire.MostCaution)
			return doubts
		}
	}
	if len(doubts) < fire.MostDoubts {
		doubts = append(doubts, fire.Doubt{Box: box, Caution: fireStep})
	}
	return doubts
}

// overlap is how much of b lies in a.
func overlap(a, b event.Box) float64 {
	w := min(a[0]+a[2], b[0]+b[2]) - max(a[0], b[0])
	h := min(a[1]+a[3], b[1]+b[3]) - max(a[1], b[1])
	if w <= 0 || h <= 0 {
		return 0
	}
	return w * h / (b[2] * b[3])
}
