// Package event holds the words that edge and cloud share: what an event is,
// which kinds there are, and how bad each one is.
//
// An event is something confirmed over time at one place. It tells of places
// and things only: no kind here names, recognises or follows a person.
package event

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
)

// State says where in its life the thing is that an event tells of.
type State string

// One continuing thing (a stay of one car, one fire) is one Start, any number
// of Updates and at most one End, all with the same Episode.
const (
	Start  State = "start"
	Update State = "update"
	End    State = "end"
)

// An Event is something that was confirmed over time at one place.
type Event struct {
	// ID is a ULID, unique for ever.
	ID string `json:"id"`
	// Source says which camera or sensor of which box saw it.
	Source Source `json:"source"`
	// Time is when it was observed, by the edge's wall clock, in UTC.
	Time time.Time `json:"time"`

	Kind  Kind  `json:"kind"`
	State State `json:"state"`
	// Episode is the ID of the Start event of the same continuing thing.
	Episode string `json:"episode"`
	// Since is when the thing began; before Time by at least what it took to
	// confirm it.
	Since time.Time `json:"since"`

	// Certainty, Severity, Urgency and Status are words of CAP 1.2 §3.2.
	Certainty string `json:"certainty"`
	Severity  string `json:"severity"`
	Urgency   string `json:"urgency"`
	Status    string `json:"status"`

	// Zone is the configured zone's name; empty means the whole picture.
	Zone string `json:"zone,omitempty"`
	// Box is where in the picture, as left, top, width and height from 0 to 1.
	Box *Box `json:"box,omitempty"`
	// Score is the detector's own measure from 0 to 1, comparable only within
	// one Kind.
	Score float64 `json:"score"`
	// Note is a word on what exactly was seen, such as "covered" or "frozen".
	Note string `json:"note,omitempty"`
	// Why is what the detector's judgement rests on; empty where it does not say.
	Why Why `json:"why,omitempty"`

	Detector Detector   `json:"detector"`
	Clock    Clock      `json:"clock"`
	Evidence []Evidence `json:"evidence,omitempty"`
}

// A Box is a rectangle in a picture: left, top, width, height, each from 0 to 1.
type Box [4]float64

// Detector names what found the event, so that figures can be compared.
type Detector struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Clock is the state of the edge's wall clock when the event was made. Unknown
// is nil.
type Clock struct {
	Synced *bool `json:"synced"`
	// CameraOffsetMS is camera time minus edge time in milliseconds.
	CameraOffsetMS *int64 `json:"camera_offset_ms"`
}

// Evidence points at a file by what is in it; the file travels on its own.
type Evidence struct {
	SHA256 string    `json:"sha256"`
	Type   string    `json:"type"` // media type, such as image/jpeg
	Bytes  int64     `json:"bytes"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	// Masks says which private areas are black in it: the version of the camera's
	// settings, and a digest of the areas, as v4/9f86d081884c7d65; v4/none where there
	// was none. Empty where the box does not say.
	Masks string `json:"masks,omitempty"`
}

// NewID returns a ULID for something that happens now.
func NewID() string { return ulid.Make().String() }

// A Source is "/{site}/{box}/{camera or sensor}", "/{site}/{box}" for what a box
// says of itself, or "/{site}" for what the cloud says of a whole site.
type Source string

// NewSource joins the names of a source. device may be empty, and box with it.
func NewSource(site, box, device string) Source {
	s := "/" + site
	if box != "" {
		s += "/" + box
	}
	if device != "" {
		s += "/" + device
	}
	return Source(s)
}

// Split returns the names of s; device is empty for what a box says of itself, and
// box for what is said of a site.
func (s Source) Split() (site, box, device string, ok bool) {
	parts := strings.Split(string(s), "/")
	if len(parts) < 2 || len(parts) > 4 || parts[0] != "" {
		return "", "", "", false
	}
	for _, p := range parts[1:] {
		if !ValidName(p) {
			return "", "", "", false
		}
	}
	parts = append(parts, "", "")
	return parts[1], parts[2], parts[3], true
}

// names become MQTT topic levels and NATS subject tokens, so no dot, space,
// wildcard or slash.
var name = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,47}$`)

// NameRule says in words what ValidName accepts.
const NameRule = "1 to 48 characters of a-z, 0-9, - and _, not starting with - or _"

// ValidName reports whether s can name a site, box, camera, sensor or zone.
func ValidName(s string) bool { return name.MatchString(s) }

// Bounds on what an event may hold; an event is normally under 1 KiB.
const (
	maxNote     = 200
	maxEvidence = 8
)

var sha256hex = regexp.MustCompile(`^[0-9a-f]{64}$`)

var masks = regexp.MustCompile(`^v[0-9]{1,18}/(none|[0-9a-f]{16})$`)

// Validate returns every fault of e, or nil. An event that does not pass must
// not be stored as one.
func (e *Event) Validate() error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }

	if _, err := ulid.ParseStrict(e.ID); err != nil {
		bad("id %.40q is no ULID", e.ID)
	}
	if _, err := ulid.ParseStrict(e.Episode); err != nil {
		bad("episode %.40q is no ULID", e.Episode)
	}
	if _, _, _, ok := e.Source.Split(); !ok {
		bad("source %.80q is not /site/box/device with names of %s", e.Source, NameRule)
	}
	if !e.Kind.Known() {
		bad("kind %.40q is not in the catalogue", e.Kind)
	}
	if e.State != Start && e.State != Update && e.State != End {
		bad("state %.20q is not start, update or end", e.State)
	}
	if e.State == Start && e.Episode != e.ID {
		bad("a start event's episode must be its own id")
	}
	if e.Time.IsZero() || e.Since.IsZero() {
		bad("time and since must be set")
	}
	if e.Score < 0 || e.Score > 1 {
		bad("score %v is not from 0 to 1", e.Score)
	}
	if e.Zone != "" && !ValidName(e.Zone) {
		bad("zone %.60q is not a name of %s", e.Zone, NameRule)
	}
	if len(e.Note) > maxNote {
		bad("note is longer than %d bytes", maxNote)
	}
	if e.Box != nil && !e.Box.valid() {
		bad("box %v is not inside the picture", *e.Box)
	}
	if len(e.Evidence) > maxEvidence {
		bad("more than %d pieces of evidence", maxEvidence)
	}
	for _, v := range e.Evidence {
		if !sha256hex.MatchString(v.SHA256) || v.Bytes < 0 {
			bad("evidence %.70q is no SHA-256 of a file", v.SHA256)
		}
		if v.Masks != "" && !masks.MatchString(v.Masks) {
			bad("evidence masks %.40q: want a version and a digest, as v4/9f86d081884c7d65", v.Masks)
		}
	}
	faults = append(faults, e.Why.faults()...)
	faults = append(faults, e.capFaults()...)
	return errors.Join(faults...)
}

func (b Box) valid() bool {
	const slack = 1e-6
	return b[0] >= 0 && b[1] >= 0 && b[2] >= 0 && b[3] >= 0 && b[0]+b[2] <= 1+slack && b[1]+b[3] <= 1+slack
}

// capWords are the closed word lists of CAP 1.2 §3.2.
var capWords = map[string][]string{
	"certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
	"severity":  {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
	"urgency":   {"Immediate", "Expected", "Future", "Past", "Unknown"},
	"status":    {"Actual", "Exercise", "System", "Test", "Draft"},
}

func (e *Event) capFaults() []error {
	var faults []error
	for _, f := range []struct{ field, word string }{
		{"certainty", e.Certainty}, {"severity", e.Severity}, {"urgency", e.Urgency}, {"status", e.Status},
	} {
		if !contains(capWords[f.field], f.word) {
			faults = append(faults, fmt.Errorf("%s %.20q is no word of CAP 1.2", f.field, f.word))
		}
	}
	return faults
}

func contains(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}
