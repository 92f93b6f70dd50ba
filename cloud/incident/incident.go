// Package incident turns events into incidents: what an operator handles.
//
// It promises that events which tell of the same thing at the same place are one
// incident, that an incident changes only through the transitions named here,
// each written down with who and when, and that late events add evidence without
// rewriting what people did. It knows no database and no web.
package incident

import (
	"errors"
	"time"

	"eastgate/shared/event"
)

// State is how far people are with an incident. Whether the thing still goes on
// is Active, which is another question.
type State string

// The states, in their order.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged" // a named person looks after it
	Closed       State = "closed"       // with a verdict
)

// What happened to an incident.
const (
	OpenedChange       = "opened"
	JoinedChange       = "joined" // another event told of it
	EndedChange        = "ended"  // its source says that it is over
	AcknowledgedChange = "acknowledged"
	ClosedChange       = "closed"
)

// Verdicts that close an incident.
var Verdicts = []string{"genuine", "harmless", "false", "rule", "test", "fault"}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such incident")
	// ErrConflict says that somebody else was faster, or that the incident's
	// state does not allow the change.
	ErrConflict = errors.New("incident has changed")
	// ErrVerdict says that a closing verdict is unknown.
	ErrVerdict = errors.New("unknown verdict")
)

// An Incident is one or more events at one place.
type Incident struct {
	ID      string      `json:"id"`
	Version int64       `json:"version"`
	Kind    event.Kind  `json:"kind"`
	Level   event.Level `json:"level"`
	State   State       `json:"state"`
	Active  bool        `json:"active"` // the source says that it still goes on

	Site   string `json:"site"`
	Box    string `json:"box"`
	Device string `json:"device"`
	Zone   string `json:"zone,omitempty"`

	Note  string     `json:"note,omitempty"`
	Score float64    `json:"score"` // the highest so far
	Area  *event.Box `json:"area,omitempty"`

	Since      time.Time `json:"since"`       // when the thing began
	FirstAt    time.Time `json:"first_at"`    // the earliest event, edge clock
	LastAt     time.Time `json:"last_at"`     // the newest event, edge clock
	ReceivedAt time.Time `json:"received_at"` // the first event's commit, cloud clock
	Events     int       `json:"events"`
	Backfill   bool      `json:"backfill"` // the first event came late

	Snapshot string `json:"snapshot,omitempty"` // SHA-256 hex of the newest picture
	Clip     string `json:"clip,omitempty"`     // SHA-256 hex of the newest film
	Episode  string `json:"episode"`            // of the newest event

	AcknowledgedBy string     `json:"acknowledged_by,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	ClosedBy       string     `json:"closed_by,omitempty"`
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	Verdict        string     `json:"verdict,omitempty"`
}

// A Change is one step in an incident's life, with the incident as it was after.
type Change struct {
	Position int64     `json:"position"` // rises by one for each change of any incident
	At       time.Time `json:"at"`
	What     string    `json:"what"`
	By       string    `json:"by,omitempty"` // empty for the machine
	Why      string    `json:"why,omitempty"`
	Incident Incident  `json:"incident"`
}

// A Filter says which incidents to list, newest first.
type Filter struct {
	States []State     // none means all
	Level  event.Level // 0 means all
	Before string      // only those older than this ID
	Limit  int
}

// A Place is where things must agree to be one incident.
type Place struct {
	Kind                    event.Kind
	Site, Box, Device, Zone string
}

// Place returns where i is.
func (i Incident) Place() Place { return Place{i.Kind, i.Site, i.Box, i.Device, i.Zone} }
