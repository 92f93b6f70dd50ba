// Package incident turns events and reports into incidents: what people handle.
//
// It promises that records which tell of the same thing at the same place are one
// incident; that an incident changes only by the rows of one table, each step
// written down for good with who, when and why; that an incident is what its steps
// say and nothing else; and that late records add evidence without rewriting what
// people did. It knows no database and no web.
package incident

import (
	"errors"
	"time"

	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such incident")
	// ErrConflict says that somebody else was faster, or that the incident's state
	// does not allow the action.
	ErrConflict = errors.New("incident has changed")
	// ErrForbidden says that the actor's roles or the circumstances do not allow it.
	ErrForbidden = errors.New("not allowed")
	// ErrSamePerson says that another person must do it.
	ErrSamePerson = errors.New("another person must do it")
	// ErrInvalid says that the command or report is not whole; see Invalid.
	ErrInvalid = errors.New("not whole")
)

// An Incident is one or more records of one thing at one place, and what people do
// about it. All times are UTC.
type Incident struct {
	ID string `json:"id"` // a ULID of when the centre first heard of it
	// Number is for people: yyyymmdd-nnnn, the day in Asia/Shanghai.
	Number  string `json:"number"`
	Version int64  `json:"version"` // how many steps it has
	// Decided is the version of the last step that was more than evidence or a
	// comment: a command for any version from here on is not outdated.
	Decided int64 `json:"decided"`

	Class   string      `json:"class"`
	Domain  string      `json:"domain"`
	Profile string      `json:"profile,omitempty"` // governance.Orders, or empty for the six steps
	Level   event.Level `json:"level"`
	State   State       `json:"state"`
	Verdict Verdict     `json:"verdict,omitempty"`
	Impact  string      `json:"impact,omitempty"` // a word of Impacts
	// Certainty is a word of CAP 1.2 §3.2.2; a second, independent finder raises it.
	Certainty string `json:"certainty"`

	Active bool `json:"active"`           // a source says that it still goes on
	Signal bool `json:"signal,omitempty"` // of a signal-only class, and no person has confirmed it
	Test   bool `json:"test,omitempty"`   // a test or an exercise; never joins what is real
	// Exercise says that people play it (CAP status Exercise): a Test besides.
	Exercise bool `json:"exercise,omitempty"`
	Health   bool `json:"health,omitempty"` // of our own equipment

	Place     string `json:"place"` // a path, as dongguan/c3/b07
	PlaceName string `json:"place_name,omitempty"`
	// Site, Box, Device and Zone are of the first machine that told of it.
	Site   string `json:"site,omitempty"`
	Box    string `json:"box,omitempty"`
	Device string `json:"device,omitempty"`
	Zone   string `json:"zone,omitempty"`

	Note     string     `json:"note,omitempty"`
	Why      event.Why  `json:"why,omitempty"`  // what the newest machine's judgement rests on
	Text     string     `json:"text,omitempty"` // the first reporter's words
	Score    float64    `json:"score"`          // the highest so far
	Area     *event.Box `json:"area,omitempty"`
	Snapshot string     `json:"snapshot,omitempty"` // SHA-256 hex of the newest picture
	Clip     string     `json:"clip,omitempty"`     // SHA-256 hex of the newest film

	Since    time.Time `json:"since"`    // when the thing began, as the sources say
	FirstAt  time.Time `json:"first_at"` // the earliest record, by its source's clock
	LastAt   time.Time `json:"last_at"`  // the newest record, by its source's clock
	HeardAt  time.Time `json:"heard_at"` // the newest record, by the centre's clock
	Events   int       `json:"events"`   // how many records
	Backfill bool      `json:"backfill,omitempty"`
	Going    []Going   `json:"going,omitempty"` // the episodes that are not over

	// FirstSource is the finder that counts, or two joined by "+"; frozen at the
	// confirmation (see first).
	FirstSource string      `json:"first_source"`
	Discoveries []Discovery `json:"discoveries"`
	// Retrospective says that a camera had it too, and nobody had looked.
	Retrospective bool `json:"retrospective,omitempty"`

	Unit          string   `json:"unit,omitempty"` // owns it
	HandlingUnit  string   `json:"handling_unit,omitempty"`
	HandlingUnits []string `json:"handling_units,omitempty"` // all that ever did
	Handler       string   `json:"handler,omitempty"`
	Handlers      []string `json:"handlers,omitempty"` // all that ever did
	Checker       string   `json:"checker,omitempty"`
	ConfirmedBy   string   `json:"confirmed_by,omitempty"`
	ClosedBy      string   `json:"closed_by,omitempty"` // who took the step that ended it
	TakenBy       string   `json:"taken_by,omitempty"`  // looks after it

	// What begins keeps its first time; what ends has its last, and loses it when it
	// turns out not to have ended.
	FirstSeenAt  time.Time  `json:"first_seen_at"` // by the centre's clock
	TakenAt      *time.Time `json:"taken_at,omitempty"`
	ConfirmedAt  *time.Time `json:"confirmed_at,omitempty"`
	ClassifiedAt *time.Time `json:"classified_at,omitempty"`
	AssessedAt   *time.Time `json:"assessed_at,omitempty"`
	DispatchedAt *time.Time `json:"dispatched_at,omitempty"`
	AcceptedAt   *time.Time `json:"accepted_at,omitempty"`
	ArrivedAt    *time.Time `json:"arrived_at,omitempty"`
	ResolvedAt   *time.Time `json:"resolved_at,omitempty"`
	CheckedAt    *time.Time `json:"checked_at,omitempty"`
	ReviewedAt   *time.Time `json:"reviewed_at,omitempty"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`

	// Deadlines are those first set, which figures use; Extended are later ones that
	// another person granted.
	Deadlines map[governance.Step]time.Time `json:"deadlines,omitempty"`
	Extended  map[governance.Step]time.Time `json:"extended,omitempty"`

	ReopenCount    int            `json:"reopen_count"`
	ReworkCount    int            `json:"rework_count"`
	ReturnCount    int            `json:"return_count"`
	SuspendCount   int            `json:"suspend_count"`
	SuspendedUntil *time.Time     `json:"suspended_until,omitempty"`
	Shelved        *Shelf         `json:"shelved,omitempty"` // put aside, at every desk
	Forced         bool           `json:"forced,omitempty"`
	Objected       bool           `json:"objected,omitempty"`
	Asked          map[Action]Ask `json:"asked,omitempty"` // what waits for a second person

	Parent   string   `json:"parent,omitempty"` // the incident that it is the same as
	Result   string   `json:"result,omitempty"`
	Photos   []string `json:"photos,omitempty"`
	CallBack string   `json:"call_back,omitempty"`
	Cause    string   `json:"cause,omitempty"`
	Rating   int      `json:"rating,omitempty"`

	Head string `json:"head"` // the hash of the last step
}

// A Shelf says who has put an incident aside, why, and when it comes back by itself.
type Shelf struct {
	By    string    `json:"by"`
	Why   string    `json:"why"`
	Until time.Time `json:"until"`
}

// A Going episode is one that began and has not ended.
type Going struct {
	Episode string       `json:"episode"`
	Source  event.Source `json:"source"`
	Heard   time.Time    `json:"heard"` // by its source's clock
}

// An Ask waits for a second person.
type Ask struct {
	By     string          `json:"by"`
	Role   Role            `json:"role"`
	At     time.Time       `json:"at"`
	Reason string          `json:"reason"`
	Until  *time.Time      `json:"until,omitempty"`
	Step   governance.Step `json:"step,omitempty"`
}

// pending says which step's deadline counts in a state, the nearest first.
var pending = map[State][]governance.Step{
	Signalled: {governance.Verify}, Reported: {governance.Verify}, Verifying: {governance.Verify},
	Dispatched: {governance.SignIn, governance.Arrive, governance.Resolve}, Accepted: {governance.Arrive, governance.Resolve},
	InProgress: {governance.Resolve}, Suspended: {governance.Resolve}, Resolved: {governance.Check},
}

// Due returns the nearest deadline of what has to be done next. An extension counts
// here; figures use Deadlines.
func (i Incident) Due() (step governance.Step, at time.Time, ok bool) {
	for _, s := range pending[i.State] {
		due, set := i.Deadlines[s]
		if later, longer := i.Extended[s]; longer {
			due = later
		}
		if set && (!ok || due.Before(at)) {
			step, at, ok = s, due, true
		}
	}
	return step, at, ok
}

// Wake returns when the machine itself has a step to take, if it has one: a signal
// goes, a suspension ends, an ordinary case closes.
func (i Incident) Wake() (a Action, at time.Time, ok bool) {
	switch {
	case i.Shelved != nil:
		return Unshelve, i.Shelved.Until, true
	case i.State == Signalled && i.Signal && !i.Active && i.TakenBy == "":
		return Expire, i.HeardAt.Add(SignalAge), true
	case i.State == Suspended && i.SuspendedUntil != nil:
		return Resume, *i.SuspendedUntil, true
	case i.State == Reviewed && i.Level == event.Minor && !i.Objected && i.ReviewedAt != nil:
		return Close, i.ReviewedAt.Add(CloseAfter), true
	}
	return "", time.Time{}, false
}
