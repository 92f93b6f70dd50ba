package sensor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"eastgate/shared/event"
)

// settle is how long a restore must hold before an alarm is over: a contact that
// bounces is one alarm. Alarms themselves do not wait.
const settle = 10 * time.Second

// selfTest is how long a device's own word that it is being tried is believed. It may
// never say that the trial is over, and a real alarm must not stay a test.
const selfTest = 10 * time.Minute

// A memory is what is known of one device, or of a source. It is kept on disk.
type memory struct {
	// Conditions are what may be so, by kind; what is not there is not so.
	Conditions map[event.Kind]*condition `json:"conditions,omitempty"`
	// Heard is when it gave its last sign of life; nil means never.
	Heard *time.Time `json:"heard,omitempty"`
	// Quiet is for how long it could have been heard since, and was not.
	Quiet     time.Duration `json:"quiet"`
	Battery   *int          `json:"battery,omitempty"`
	TestUntil time.Time     `json:"test_until,omitzero"` // by command
	TryUntil  time.Time     `json:"try_until,omitzero"`  // by itself
	Weak      bool          `json:"weak,omitempty"`      // it says itself that its battery is low
	Away      string        `json:"away,omitempty"`      // why it cannot be heard, as somebody says
}

// A condition is one thing that may be so at a device, and the episode that tells of it.
type condition struct {
	On    bool      `json:"on"`
	Since time.Time `json:"since"`           // it came, or went
	Until time.Time `json:"until,omitzero"`  // of a momentary alarm
	Tried bool      `json:"tried,omitempty"` // stands in for On while the device tries itself
	Note  string    `json:"note,omitempty"`
	// Episode is the id of the start event; empty while nothing was told.
	Episode string    `json:"episode,omitempty"`
	Began   time.Time `json:"began,omitzero"` // of the episode
	Test    bool      `json:"test,omitempty"` // the episode's status
}

func (m *memory) condition(k event.Kind) *condition {
	if m.Conditions == nil {
		m.Conditions = map[event.Kind]*condition{}
	}
	if m.Conditions[k] == nil {
		m.Conditions[k] = &condition{}
	}
	return m.Conditions[k]
}

// set takes in that something is so, or not. What is told again changes nothing.
func (c *condition) set(on bool, since time.Time, note string) {
	if c.On == on {
		return
	}
	c.On, c.Since = on, since
	if on {
		c.Note = note
	}
}

// A unit is one device, or one source, in a running box.
type unit struct {
	memory
	id      string
	device  Device
	profile Model
	source  string // that hears it
	linked  bool   // the source is reached
	online  bool   // the device holds a link of its own
}

// take takes in one reading.
func (u *unit) take(r Reading, now time.Time) {
	u.sign(r, now)
	note := r.Note
	if r.Retained && note == "" {
		note = "found when the box began to listen"
	}
	switch r.What {
	case Alarm:
		u.alarm(r, now, note)
	case Restore:
		c := u.condition(u.kind(r, u.device.Kind.Alarm()))
		c.set(false, now, "")
		c.Until, c.Tried = time.Time{}, false
	case Fault, FaultOver:
		if k := u.kind(r, u.device.Kind.Fault()); k == event.BatteryLow {
			u.Weak = r.What == Fault
		} else {
			u.condition(k).set(r.What == Fault, since(r, now), note)
		}
	case Test:
		if !r.Retained { // who tries a device stands before it
			u.TryUntil = now.Add(selfTest)
			u.condition(u.device.Kind.Alarm()).Tried = true
		}
	case TestOver:
		u.TryUntil = time.Time{}
		u.condition(u.device.Kind.Alarm()).Tried = false
	case Battery:
		percent := min(max(r.Percent, 0), 100)
		u.Battery = &percent
	case Online:
		u.online, u.Away = true, ""
	case Offline:
		u.online, u.Away = false, "its link or gateway says that it is away"
		if r.Note != "" {
			u.Away = r.Note
		}
	case Heartbeat, Linked, Unlinked:
	}
}

func (u *unit) alarm(r Reading, now time.Time, note string) {
	c := u.condition(u.kind(r, u.device.Kind.Alarm()))
	switch {
	case r.Lasts == 0:
		c.set(true, since(r, now), note)
	case r.Retained: // a press is over when it was; nobody knows when this one was
	default:
		if !now.Before(c.Until) {
			c.Since, c.Note = since(r, now), note
		}
		c.Until = now.Add(r.Lasts)
	}
}

func (u *unit) kind(r Reading, own event.Kind) event.Kind {
	if r.Kind != "" {
		return r.Kind
	}
	return own
}

// since is when a reading says that it was so, as far as that can be believed.
func since(r Reading, now time.Time) time.Time {
	if !r.At.IsZero() && r.At.Before(now) && now.Sub(r.At) < 24*time.Hour {
		return r.At
	}
	return now
}

// sign takes in that the device lives, if the reading shows it.
func (u *unit) sign(r Reading, now time.Time) {
	quiet := time.Duration(0)
	switch {
	case r.What == Offline, r.Retained && r.At.IsZero():
		return
	case !r.At.IsZero() && r.At.Before(now):
		if quiet = now.Sub(r.At); quiet > u.Quiet {
			return // older than what we have, or told by a clock that is wrong
		}
	}
	heard := now.Add(-quiet)
	u.Heard, u.Quiet = &heard, quiet
	if !r.Retained {
		u.Away = ""
	}
}

// pass lets time go by, now. A link that is held is a sign of life only where no
// other is expected: brokers go on to show dead devices as online.
func (u *unit) pass(d time.Duration, now time.Time) {
	switch {
	case u.held():
		u.Heard, u.Quiet = &now, 0
	case u.linked:
		u.Quiet += d
	}
}

func (u *unit) held() bool { return u.online && u.linked && u.profile.Every == 0 }

func (u *unit) silent() bool { return u.profile.Every > 0 && u.Quiet > u.profile.Every }

// tried says whether what the device tells now is a test.
func (u *unit) tried(now time.Time) bool {
	return u.device.Test || now.Before(u.TestUntil) || now.Before(u.TryUntil)
}

// derive sets the conditions that follow from what is known.
func (u *unit) derive(now time.Time) {
	if u.device.Kind == "" {
		return
	}
	low := u.Weak
	if u.Battery != nil {
		was := u.condition(event.BatteryLow).On
		low = low || *u.Battery <= u.profile.BatteryLow || was && *u.Battery <= u.profile.BatteryLow+5
	}
	note := ""
	if u.Battery != nil {
		note = fmt.Sprintf("%d %%", *u.Battery)
	}
	u.condition(event.BatteryLow).set(low, now, note)
	if u.linked { // else nobody can tell, and the source's own event says so
		u.condition(event.Offline).set(u.Away != "" || u.silent(), now, u.absence())
	}
	if !now.Before(u.TryUntil) {
		u.condition(u.device.Kind.Alarm()).Tried = false
	}
}

// absence says in words why the device is taken to be away.
func (u *unit) absence() string {
	switch {
	case u.Away != "":
		return u.Away
	case u.Heard == nil:
		return fmt.Sprintf("never heard; it should speak every %v", u.profile.Every)
	}
	return fmt.Sprintf("not heard since %s; it should speak every %v", u.Heard.UTC().Format(time.RFC3339), u.profile.Every)
}

// A change is an event that a unit's state asks for, without what the box adds.
type change struct {
	kind    event.Kind
	state   event.State
	episode string
	since   time.Time
	note    string
	test    bool
}

// judge brings what was told in line with what is, and returns what to tell. armed
// says whether alarms of the device's own kind count now.
func (u *unit) judge(now time.Time, armed bool) []change {
	u.derive(now)
	var out []change
	for _, k := range u.kinds() {
		c := u.Conditions[k]
		so := c.On || c.Tried || now.Before(c.Until)
		if k == u.device.Kind.Alarm() && !c.Tried {
			so = so && armed
		}
		test := u.tried(now)
		if c.Episode != "" && (!so && c.settled(now) || so && c.Test && !test) {
			out = append(out, change{k, event.End, c.Episode, c.Began, c.Note, c.Test})
			c.Episode, c.Began, c.Test = "", time.Time{}, false
			if !so {
				c.Until = time.Time{}
			}
		}
		if so && c.Episode == "" {
			began := now
			if c.On || now.Before(c.Until) {
				began = c.Since
			}
			c.Episode, c.Began, c.Test = event.NewID(), began, test
			out = append(out, change{k, event.Start, c.Episode, began, c.Note, test})
		}
		if *c == (condition{Since: c.Since, Note: c.Note}) {
			delete(u.Conditions, k)
		}
	}
	return out
}

// settled reports whether what is over has been so for long enough.
func (c *condition) settled(now time.Time) bool {
	return !c.Until.IsZero() || now.Sub(c.Since) >= settle
}

func (u *unit) kinds() []event.Kind {
	out := make([]event.Kind, 0, len(u.Conditions))
	for k := range u.Conditions {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b event.Kind) int { // the most urgent first
		if a.Level() != b.Level() {
			return int(a.Level() - b.Level())
		}
		return strings.Compare(string(a), string(b))
	})
	return out
}
