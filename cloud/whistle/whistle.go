// Package whistle is 吹哨报到: the community asks other units to come, one whistle per
// unit, several at once, and sees who answered when.
//
// It promises that a whistle goes out only after the centre lead agreed, that it
// moves only as the table says and by who the table names, that every step is a row
// of an append-only chain from which the whistle can be made again, and that the
// first unit asked leads until another has accepted the lead. How many whistles
// there are is no aim and has no figure.
package whistle

import (
	"errors"
	"time"

	"eastgate/cloud/access"
)

// A Kind is what a unit is asked for; it sets how soon it must answer.
type Kind string

// The kinds.
const (
	Problem     Kind = "problem"     // what the community cannot solve alone
	Enforcement Kind = "enforcement" // what needs an authority's power
	Emergency   Kind = "emergency"
)

// Kinds are all kinds.
var Kinds = []Kind{Problem, Enforcement, Emergency}

// A State is how far a whistle is.
type State string

// The states, in their order.
const (
	Drafted      State = "drafted"
	Approved     State = "approved"
	Sent         State = "sent"
	Acknowledged State = "acknowledged"
	Attending    State = "attending" // 报到: somebody of the unit is there
	Delivered    State = "delivered"
	Accepted     State = "accepted_by_community"
	Declined     State = "declined"
	Escalated    State = "escalated"
	Withdrawn    State = "withdrawn"
)

// Ended reports whether nothing more is asked of the unit.
func (s State) Ended() bool { return s == Accepted || s == Withdrawn }

// A Part is what a unit does among those asked for one incident.
type Part string

// The parts.
const (
	Lead   Part = "lead" // 首接负责: keeps the matter until another accepts it
	Assist Part = "assist"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such whistle")
	ErrConflict = errors.New("the whistle has changed")
	ErrState    = errors.New("not in this state")
	// ErrForbidden says that the role, or the unit, may not take the step.
	ErrForbidden = errors.New("not allowed")
	// ErrSamePerson says that another person must take the step.
	ErrSamePerson = errors.New("another person must do this")
	// ErrLead says that the lead must be handed over first.
	ErrLead = errors.New("the unit leads: hand the lead over first")
	// ErrInvalid says what is missing or wrong in what was told.
	ErrInvalid = errors.New("incomplete")
	// ErrAsked says that the unit is asked already.
	ErrAsked = errors.New("the unit is asked already")
)

// A Whistle asks one unit to come to one incident. Times are when steps were taken;
// none is typed in, but for the outcome of an enforcement.
type Whistle struct {
	ID       string `json:"id"`
	Incident string `json:"incident"`
	Number   string `json:"number"` // the incident's, for people
	Version  int64  `json:"version"`
	Place    string `json:"place"`
	Class    string `json:"class"`
	Test     bool   `json:"test,omitempty"`

	Kind     Kind       `json:"kind"`
	State    State      `json:"state"`
	Unit     string     `json:"unit"` // who is asked
	Part     Part       `json:"part"`
	Offered  string     `json:"offered,omitempty"` // the unit that is to take the lead over
	Purpose  string     `json:"purpose"`
	Deadline *time.Time `json:"deadline,omitempty"` // to deliver by

	DraftedBy      string     `json:"drafted_by"`
	DraftedAt      time.Time  `json:"drafted_at"`
	ApprovedBy     string     `json:"approved_by,omitempty"`
	ApprovedAt     *time.Time `json:"approved_at,omitempty"`
	SentAt         *time.Time `json:"sent_at,omitempty"`      // the first time
	RespondBy      *time.Time `json:"respond_by,omitempty"`   // the response clock
	RespondedAt    *time.Time `json:"responded_at,omitempty"` // first acknowledged, there, or declined
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	AttendingAt    *time.Time `json:"attending_at,omitempty"`
	DeliveredAt    *time.Time `json:"delivered_at,omitempty"`
	EscalatedAt    *time.Time `json:"escalated_at,omitempty"`
	EndedAt        *time.Time `json:"ended_at,omitempty"`

	Declination    string     `json:"declination,omitempty"` // why it was declined
	Result         string     `json:"result,omitempty"`      // what was delivered
	Outcome        string     `json:"outcome,omitempty"`     // of the enforcement
	OutcomeAt      *time.Time `json:"outcome_at,omitempty"`
	RatedUnit      int        `json:"rated_unit,omitempty"`      // 1 to 5, by the community
	RatedCommunity int        `json:"rated_community,omitempty"` // 1 to 5, by the unit
	Appeal         string     `json:"appeal,omitempty"`          // of the unit
	Upheld         *bool      `json:"upheld,omitempty"`          // what became of it
}

// Late reports whether the unit had not answered in time, as far as now can tell.
func (w Whistle) Late(now time.Time) bool {
	switch {
	case w.RespondBy == nil:
		return false
	case w.RespondedAt != nil:
		return w.RespondedAt.After(*w.RespondBy)
	}
	return now.After(*w.RespondBy) && w.State != Withdrawn
}

// Asked is what an incident's whistles come to.
type Asked struct {
	Units      []string   // that were asked and still are, in the order of the asking
	WhistledAt *time.Time // the first whistle was sent
	OutcomeAt  *time.Time // the first outcome of an authority
}

// A Parent is what a whistle must know of its incident.
type Parent struct {
	ID, Number, Place, Class string
	Units                    []string // that own it
	Open                     bool     // confirmed and not ended
	Test                     bool
}

// Object is what rights on a whistle are asked for: its incident's place and class,
// its owners, and the unit that is asked once it was asked.
func (w Whistle) Object(owners ...string) access.Object {
	o := access.Object{Place: w.Place, Class: w.Class, Units: owners}
	if w.SentAt != nil {
		o.Units = append(o.Units[:len(o.Units):len(o.Units)], w.Unit)
	}
	return o
}
