// Package escalation reminds people of limits before they pass, and tells others
// when they have: at 50, 80, 100 and 150 % of each step's limit, and faster for
// what is most urgent.
//
// It promises that each reminder is given once, whatever restarts and however many
// clouds share a database; that none is forgotten while nothing runs; and that it
// works from the feed of changes and a timer, never by looking through all
// incidents. It decides who should hear, and leaves the telling to others, who read
// reminders as a feed.
package escalation

import (
	"context"
	"errors"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/governance"
	"eastgate/shared/event"
)

// An Audience is who should hear.
type Audience string

// The audiences.
const (
	DutyOfficer Audience = "duty_officer"
	Handler     Audience = "handler"
	UnitContact Audience = "unit_contact" // of the unit that handles it
	Checker     Audience = "checker"
	CentreLead  Audience = "centre_lead"
	Supervisor  Audience = "supervisor"
	NextContact Audience = "next_contact" // the next in the roll of the unit
	Everyone    Audience = "everyone"     // on the roll
)

// A Threshold is a part of a limit, or a time after its beginning, at which
// somebody hears.
type Threshold struct {
	Name  string
	Share float64       // of the limit; 0: After counts
	After time.Duration // natural time since the step began
	To    Audience
	// Overdue flags the incident, Ticket asks the supervisor to follow it up, and SMS
	// says that messages are not enough.
	Overdue, Ticket, SMS bool
}

// Thresholds are those of every step.
var Thresholds = []Threshold{
	{Name: "50", Share: 0.5, To: Handler},
	{Name: "80", Share: 0.8, To: UnitContact},
	{Name: "100", Share: 1, To: CentreLead, Overdue: true},
	{Name: "150", Share: 1.5, To: Supervisor, Overdue: true, Ticket: true},
}

// Roll is besides them for incidents of level 1 that nobody has taken: the next
// contact, then everybody.
var Roll = []Threshold{
	{Name: "roll_next", After: time.Minute, To: NextContact},
	{Name: "roll_everyone", After: 2 * time.Minute, To: Everyone, SMS: true},
}

// secondReturn asks the supervisor when two units have said that it is not theirs.
var secondReturn = Threshold{Name: "second_return", To: Supervisor, Ticket: true}

// to is who hears for a step: what nobody has confirmed has no handler yet, and what
// is done waits for its checker.
func (t Threshold) to(s governance.Step) Audience {
	if t.To != Handler && t.To != UnitContact {
		return t.To
	}
	switch s {
	case governance.Verify:
		return DutyOfficer
	case governance.Check:
		return Checker
	}
	return t.To
}

// A Matter is an incident as it is now, as far as limits go.
type Matter struct {
	ID           string
	Number       string
	Class        string
	Level        event.Level
	Place        string
	PlaceName    string
	Unit         string // owns it
	HandlingUnit string
	Handler      string
	Test         bool // an exercise
	// Taken says that a person looks after it.
	Taken bool
	// Returns is how many units have said that it is not theirs.
	Returns int
	// Running are the steps whose time runs; Held are those that wait for a date that
	// was agreed on.
	Running, Held []governance.Step
	// Over says that the incident has ended.
	Over bool
	// Extended are later deadlines that were granted.
	Extended map[governance.Step]time.Time
}

// A Change is one step of a matter's history, with the matter as it is now.
type Change struct {
	Position int64 // in the feed
	Seq      int64 // in the matter's history
	At       time.Time
	// Deadlines are of the steps whose time begins with this change.
	Deadlines map[governance.Step]time.Time
	Returned  bool
	Matter    Matter
}

// A Feed tells what happens to incidents.
type Feed interface {
	// Changes returns those after a position, in order.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	Matter(ctx context.Context, id string) (Matter, error)
	// Subscribe returns a channel that is told that there may be new changes.
	Subscribe() (wake <-chan struct{}, done func())
}

// A Reminder is told once: to an audience, for a threshold of a step.
type Reminder struct {
	Position int64 `json:"position"` // in the feed of reminders

	Incident     string      `json:"incident"`
	Number       string      `json:"number"`
	Class        string      `json:"class"`
	Level        event.Level `json:"level"`
	Place        string      `json:"place"`
	PlaceName    string      `json:"place_name,omitempty"`
	Unit         string      `json:"unit,omitempty"`
	HandlingUnit string      `json:"handling_unit,omitempty"`
	Handler      string      `json:"handler,omitempty"`
	Test         bool        `json:"test,omitempty"`

	Step governance.Step `json:"step"`
	// Round tells apart the times that a step begins, as after a return or when an
	// incident is opened again: the number in its history of what began it.
	Round     int64    `json:"round"`
	Threshold string   `json:"threshold"`
	To        Audience `json:"to"`
	Overdue   bool     `json:"overdue,omitempty"`
	Ticket    bool     `json:"ticket,omitempty"`
	SMS       bool     `json:"sms,omitempty"`

	DueAt    time.Time `json:"due_at"`    // the step's deadline
	At       time.Time `json:"at"`        // when the threshold passed
	RaisedAt time.Time `json:"raised_at"` // when that was noticed

	// SettledAt is when the step was over, or a supervisor had followed the ticket up.
	SettledAt *time.Time `json:"settled_at,omitempty"`
	SettledBy string     `json:"settled_by,omitempty"`
	Note      string     `json:"note,omitempty"`
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such open ticket")
	// ErrNote says that a name or what was done is missing.
	ErrNote = errors.New("say who has followed it up, and what was done")
	// ErrTaken says that another cloud was faster.
	ErrTaken = errors.New("another did it")
)

// A Filter selects open reminders.
type Filter struct {
	Scope    access.Scope // what the reader may see; the zero scope is nothing
	Incident string
	To       []Audience
	Overdue  bool // only those
	Tickets  bool // only those
	After    int64
	Limit    int // at most 500, which 0 means too
}

// Reader is asked for reminders.
type Reader interface {
	// Reminders returns those after a position, in order: the feed.
	Reminders(ctx context.Context, after int64, limit int) ([]Reminder, error)
	// OpenReminders returns those that are not settled, in order.
	OpenReminders(ctx context.Context, f Filter) ([]Reminder, error)
	// SettleTicket notes that a ticket was followed up. It returns ErrNotFound when no
	// open ticket has that position.
	SettleTicket(ctx context.Context, position int64, who, note string, at time.Time) error
}

// A Store keeps clocks and reminders.
type Store interface {
	Reader
	Winder
	// Followed returns the position of the last change that was taken in.
	Followed(ctx context.Context) (int64, error)
	// Clocks returns those of some incidents.
	Clocks(ctx context.Context, incidents []string) ([]Clock, error)
	// DueClocks returns those whose Next is no later than now, the earliest first.
	DueClocks(ctx context.Context, now time.Time, limit int) ([]Clock, error)
	// NextClock returns the earliest Next of all.
	NextClock(ctx context.Context) (at time.Time, ok bool, err error)
}

// Winder is the part of the store that changes clocks, and adds the reminders that
// belong to a change in the same transaction.
type Winder interface {
	// SaveClocks takes changes in, or returns ErrTaken when From is not the last change
	// that was taken in.
	SaveClocks(ctx context.Context, f Following) error
	// StrikeClock puts c in the place of the same clock that had passed was, and adds its
	// reminders; or returns ErrTaken when there is no such clock. A reminder that is
	// there is not added again.
	StrikeClock(ctx context.Context, c Clock, was time.Time, reminders []Reminder) error
}

// A Following is what some changes make of the clocks.
type Following struct {
	From, To  int64    // positions of changes
	Incidents []string // whose clocks are replaced
	Clocks    []Clock
	Over      []Clock // whose reminders are settled, tickets excepted
	Again     []Clock // whose reminders stand again
	Reminders []Reminder
	At        time.Time
}
