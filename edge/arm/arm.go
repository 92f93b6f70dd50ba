// Package arm knows which rules of which cameras somebody has switched off for a
// while, as during works in a yard.
//
// It promises that a rule that is off comes back by itself at its time, at most a day
// later, also over restarts; and that what is off is on the disk before Disarm
// returns. While the box runs, its time is monotonic: a wall clock that is set
// neither prolongs nor shortens it.
package arm

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"eastgate/shared/durable"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Longest is how long a rule may be off.
const Longest = 24 * time.Hour

// Rules are what can be switched off, with the kinds of events that each makes. That
// a camera sends nothing is no rule: it is always told.
var Rules = map[string][]event.Kind{
	"fire":    {event.FireVisual},
	"motion":  {event.Motion},
	"parking": {event.ParkingMotor, event.FireLaneBlocked},
	"tamper":  {event.Tamper},
}

// An Off is one rule that is off.
type Off struct {
	Camera string    `json:"camera"`
	Rule   string    `json:"rule"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
}

// A Book keeps what is off, in one file. Its methods may be called at once.
type Book struct {
	file string

	mu  sync.Mutex
	off map[key]Off
}

type key struct{ camera, rule string }

// Open reads what was off when the box stopped. A file that cannot be read is put
// aside: then every rule is on.
func Open(file string, log *slog.Logger) (*Book, error) {
	b := &Book{file: file, off: map[key]Off{}}
	data, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return b, nil
	}
	var list []Off
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		log.Error("what was disarmed cannot be read; every rule is armed", "file", file, "err", err)
		return b, os.Rename(file, file+".bad")
	}
	now := time.Now()
	for _, o := range list {
		left := min(o.Until.Sub(now), Longest) // a clock that woke in the past must not prolong it
		if left > 0 && Rules[o.Rule] != nil {
			o.Until = now.Add(left)
			b.off[key{o.Camera, o.Rule}] = o
		}
	}
	return b, nil
}

// Check reports what is wrong with switching a rule off for a while, or nil.
func Check(rule string, d time.Duration) error {
	switch {
	case Rules[rule] == nil:
		return fmt.Errorf("rule %.40q: want one of %s", rule, strings.Join(slices.Sorted(maps.Keys(Rules)), ", "))
	case d <= 0 || d > Longest:
		return fmt.Errorf("a rule is off for 1 second to %s, not %s", Longest, d)
	}
	return nil
}

// Disarm switches a rule off for a while and returns until when.
func (b *Book) Disarm(camera, rule string, d time.Duration, reason string) (time.Time, error) {
	if err := Check(rule, d); err != nil {
		return time.Time{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	o := Off{Camera: camera, Rule: rule, Until: time.Now().Add(d), Reason: reason}
	return o.Until, b.change(func(off map[key]Off) { off[key{camera, rule}] = o })
}

// Arm switches a rule on again; one that is on stays so.
func (b *Book) Arm(camera, rule string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.change(func(off map[key]Off) { delete(off, key{camera, rule}) })
}

// change makes a change on disk first, then in memory.
func (b *Book) change(how func(map[key]Off)) error {
	next := maps.Clone(b.off)
	maps.DeleteFunc(next, func(_ key, o Off) bool { return time.Until(o.Until) <= 0 })
	how(next)
	list := slices.SortedFunc(maps.Values(next), byName)
	data, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if err := durable.Replace(b.file, data); err != nil {
		return err
	}
	b.off = next
	return nil
}

func byName(a, o Off) int { return strings.Compare(a.Camera+"/"+a.Rule, o.Camera+"/"+o.Rule) }

// Off returns what of a camera is off now.
func (b *Book) Off(camera string) []Off {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Off
	for k, o := range b.off {
		if k.camera == camera && time.Until(o.Until) > 0 {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, byName)
	return out
}

// Watches reports whether a camera looks for a kind now.
func (b *Book) Watches(camera string, kind event.Kind) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for rule, kinds := range Rules {
		o, off := b.off[key{camera, rule}]
		if off && slices.Contains(kinds, kind) && time.Until(o.Until) > 0 {
			return false
		}
	}
	return true
}

// Health is Off as the wire has it.
func (b *Book) Health(camera string) []wire.Disarmed {
	var out []wire.Disarmed
	for _, o := range b.Off(camera) {
		out = append(out, wire.Disarmed{Rule: o.Rule, Until: o.Until.UTC(), Reason: o.Reason})
	}
	return out
}
