package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/shared/event"
)

// How much of the time each device was watched, told day by day. A box tells a
// day again, as a whole, whenever it has changed, until the cloud says that it
// holds that version.
const (
	Coverage = "coverage" // up: days
	Covered  = "covered"  // down: which versions of which days the cloud holds
)

// The causes of a gap. The last one is the cloud's own: it lasts until the box
// tells what really was.
const (
	Starting    = "starting"    // the box had just begun and saw nothing yet
	Unreachable = "unreachable" // nothing answers at the camera's address
	Credentials = "credentials" // the camera refuses the password
	Stalled     = "stalled"     // connected, but no pictures
	Unsupported = "unsupported" // pictures that cannot be read
	Broken      = "broken"      // it answers wrongly, or its pipeline failed
	Decoder     = "decoder"     // pictures that cannot be decoded
	Overload    = "overload"    // the box cannot keep up
	Frozen      = "frozen"      // the same picture again and again
	Dark        = "dark"        // a black picture
	Hidden      = "covered"     // the lens is covered
	Silent      = "silent"      // a sensor did not speak within its interval
	Off         = "disarmed"    // somebody has switched a rule off for a while
	BoxOff      = "box_off"     // the box did not run, or cannot tell whether it did
	BoxAway     = "box_away"    // the cloud has not heard the box, and does not know yet
)

// Causes lists all of them.
func Causes() []string {
	return []string{Starting, Unreachable, Credentials, Stalled, Unsupported, Broken, Decoder, Overload, Frozen, Dark, Hidden, Silent, Off, BoxOff, BoxAway}
}

// A CoverageDay is what one local day of one device was. Epoch, device and day are
// its identity; a higher version replaces a lower one as a whole.
type CoverageDay struct {
	Epoch    string `json:"epoch"` // ULID of the ledger that counts
	Device   string `json:"device"`
	Day      string `json:"day"`       // local date, such as 2026-11-25
	Timezone string `json:"time_zone"` // in which the day is meant, an IANA name
	Version  int64  `json:"version"`
	// Through is up to when it tells, in milliseconds since 1970.
	Through int64 `json:"through_ms"`
	Due     int64 `json:"due_ms"`  // how long the device should have been watched
	Seen    int64 `json:"seen_ms"` // and was: Due without Blind
	// Blind is how long it was not, by cause.
	Blind map[string]int64 `json:"blind_ms,omitempty"`
	Gaps  []CoverageGap    `json:"gaps,omitempty"`
	// More is how many short gaps are in Blind and not in Gaps.
	More int `json:"more,omitempty"`
}

// A CoverageGap is one stretch of not watching, in milliseconds since 1970.
type CoverageGap struct {
	From  int64  `json:"from_ms"`
	To    int64  `json:"to_ms"`
	Cause string `json:"cause"`
}

// A CoverageMark says that the cloud holds a day, or a later version of it.
type CoverageMark struct {
	Epoch   string `json:"epoch"`
	Device  string `json:"device"`
	Day     string `json:"day"`
	Version int64  `json:"version"`
}

// Mark names the day and its version.
func (d CoverageDay) Mark() CoverageMark { return CoverageMark{d.Epoch, d.Device, d.Day, d.Version} }

// Bounds of what one coverage message may hold.
const (
	MaxGaps         = 200      // of one day; more are only in the sums
	maxCoverageDays = 512      // of one message
	coverageBytes   = 40 << 10 // from which on a message is closed
	maxDue          = 4 * 24 * time.Hour
)

// EncodeCoverage puts days into as many messages as they need.
func EncodeCoverage(days []CoverageDay) ([][]byte, error) {
	var out [][]byte
	var msg []byte
	n := 0
	for _, d := range days {
		b, err := json.Marshal(d)
		if err != nil {
			return nil, fmt.Errorf("encode coverage of %s on %s: %w", d.Device, d.Day, err)
		}
		if n > 0 && (len(msg)+len(b) > coverageBytes || n == maxCoverageDays) {
			out, msg, n = append(out, append(msg, ']')), nil, 0
		}
		if n == 0 {
			msg = append(msg, '[')
		} else {
			msg = append(msg, ',')
		}
		msg = append(msg, b...)
		n++
	}
	if n > 0 {
		out = append(out, append(msg, ']'))
	}
	return out, nil
}

// DecodeCoverage reads what came on a coverage topic. Days that break the contract
// come back as faults with their marks, so that they do not come for ever.
func DecodeCoverage(payload []byte) (days []CoverageDay, refused []CoverageMark, err error) {
	var all []CoverageDay
	if err := decodeSmall(payload, &all); err != nil {
		return nil, nil, fmt.Errorf("coverage: %w", err)
	}
	if len(all) > maxCoverageDays {
		return nil, nil, fmt.Errorf("coverage of %d days, at most %d are allowed", len(all), maxCoverageDays)
	}
	var faults []error
	for _, d := range all {
		if fault := d.Validate(); fault != nil {
			refused = append(refused, d.Mark())
			faults = append(faults, fault)
			continue
		}
		days = append(days, d)
	}
	return days, refused, errors.Join(faults...)
}

// Validate returns the first fault of d, or nil.
func (d CoverageDay) Validate() error {
	bad := func(format string, a ...any) error {
		return fmt.Errorf("coverage of %.60q on %.12q: "+format, append([]any{d.Device, d.Day}, a...)...)
	}
	sum := int64(0)
	for cause, ms := range d.Blind {
		if !event.ValidName(cause) || ms < 0 || ms > maxDue.Milliseconds() {
			return bad("%d ms of %.60q", ms, cause)
		}
		sum += ms
	}
	switch _, err := time.Parse(time.DateOnly, d.Day); {
	case !ValidEpoch(d.Epoch):
		return bad("epoch %.40q is no ULID", d.Epoch)
	case !event.ValidName(d.Device):
		return bad("the device is not a name of %s", event.NameRule)
	case err != nil:
		return bad("the day is no date")
	case len(d.Timezone) > 64 || d.Version < 0:
		return bad("time zone %.70q, version %d", d.Timezone, d.Version)
	case d.Due < 0 || d.Due > maxDue.Milliseconds() || d.Seen < 0 || len(d.Blind) > len(Causes())+8:
		return bad("due %d ms, seen %d ms of it, %d causes", d.Due, d.Seen, len(d.Blind))
	case d.Seen+sum != d.Due:
		return bad("seen %d ms and not seen %d ms are not the %d ms that were due", d.Seen, sum, d.Due)
	case len(d.Gaps) > MaxGaps || d.More < 0:
		return bad("%d gaps, at most %d are allowed", len(d.Gaps), MaxGaps)
	case slices.ContainsFunc(d.Gaps, func(g CoverageGap) bool { return g.To < g.From || !event.ValidName(g.Cause) }):
		return bad("a gap ends before it begins, or has no cause")
	}
	return nil
}

// EncodeMarks says which days are held.
func EncodeMarks(m []CoverageMark) ([]byte, error) { return json.Marshal(m) }

// DecodeMarks reads what came on a covered topic.
func DecodeMarks(payload []byte) ([]CoverageMark, error) {
	var m []CoverageMark
	if err := decodeSmall(payload, &m); err != nil {
		return nil, fmt.Errorf("covered: %w", err)
	}
	return m, nil
}
