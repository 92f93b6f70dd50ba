// Package notify tells people on their phones: it makes messages of what happens to
// incidents and of reminders, keeps them until they are sent, and says of each what
// became of it.
//
// It promises that one message per incident, step, robot and recipient is made,
// whatever restarts and however many clouds share a database; that a message of
// level 1 is sent at least once, marked when it may be a repeat, and every other at
// most once; that level 1 never waits behind the rest; and that no secret of a robot
// is stored, logged or shown. Acknowledged is what somebody tapped, never what a
// platform took. See DESIGN.md.
package notify

import (
	"context"
	"errors"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/escalation"
	"eastgate/cloud/incident"
	"eastgate/cloud/notify/channel"
	"eastgate/shared/event"
)

// A State is what became of a message.
type State string

// The states.
const (
	Waiting State = "waiting"
	Sending State = "sending" // it is on its way, or was when the cloud died
	Sent    State = "sent"    // the platform said yes
	Unclear State = "unclear" // it may have arrived, and is not sent again
	Failed  State = "failed"  // somebody must do something
	Dropped State = "dropped" // it was not needed any more
)

// States are all states.
var States = []State{Waiting, Sending, Sent, Unclear, Failed, Dropped}

// A Kind is what a message is for.
type Kind string

// The kinds.
const (
	Page      Kind = "page"       // level 1, at once, before anybody has confirmed it
	News      Kind = "news"       // level 2, before anybody has confirmed it
	Next      Kind = "next"       // nobody has taken it: the next in the roll
	Everyone  Kind = "everyone"   // nobody has taken it: all on the roll
	Confirmed Kind = "confirmed"  // it is true
	Dispatch  Kind = "dispatched" // a unit shall come
	Taken     Kind = "taken"      // somebody looks after it
	Over      Kind = "over"       // it was nothing
	Remind    Kind = "reminder"   // a limit comes near
	Overdue   Kind = "overdue"    // a limit has passed
)

// An Audience is a group of people who hear the same.
type Audience string

// The audiences.
const (
	Duty       Audience = "duty"
	Unit       Audience = "unit" // that handles it
	Checker    Audience = "checker"
	Lead       Audience = "lead"
	Supervisor Audience = "supervisor"
)

// Audiences are all audiences.
var Audiences = []Audience{Duty, Unit, Checker, Lead, Supervisor}

// A Message is a row of the outbox: what is to be said to one recipient of one robot.
// Incident, Step, Robot and Recipient are its key.
type Message struct {
	ID        string `json:"id"`
	Incident  string `json:"incident"`
	Step      string `json:"step"`
	Robot     string `json:"robot"`
	Recipient string `json:"recipient,omitempty"` // an account or contact; empty: the robot's group

	Kind      Kind        `json:"kind"`
	Number    string      `json:"number"`
	Class     string      `json:"class"`
	Level     event.Level `json:"level"`
	Place     string      `json:"place"`
	PlaceName string      `json:"place_name,omitempty"`
	Owner     string      `json:"unit,omitempty"`
	Handling  string      `json:"handling_unit,omitempty"`
	Test      bool        `json:"test,omitempty"`
	Exercise  bool        `json:"exercise,omitempty"`
	Late      bool        `json:"late,omitempty"` // told long after it was seen
	Seen      time.Time   `json:"seen"`           // when it was seen first
	Detail    string      `json:"detail,omitempty"`

	// Account is whom the acknowledge link is bound to; Contact whose number is written
	// to; Handles are who is mentioned.
	Account string   `json:"account,omitempty"`
	Contact string   `json:"contact,omitempty"`
	Handles []string `json:"mention,omitempty"`
	// Reminder is the position of the reminder that it tells of.
	Reminder int64     `json:"reminder,omitempty"`
	Made     time.Time `json:"made"`
	Fate
}

// A Fate is what became of a message so far.
type Fate struct {
	State  State          `json:"state"`
	Due    time.Time      `json:"due"` // not before
	Tries  int            `json:"tries"`
	Tried  *time.Time     `json:"tried,omitempty"`
	SentAt *time.Time     `json:"sent_at,omitempty"`
	Repeat bool           `json:"repeat,omitempty"` // sent again after it may have arrived
	Digest int            `json:"digest,omitempty"` // it was one of so many in one message
	Lead   string         `json:"lead,omitempty"`   // the first of that digest
	Error  channel.Class  `json:"error,omitempty"`
	Code   string         `json:"code,omitempty"`
	Fault  string         `json:"fault,omitempty"`
	Do     channel.Advice `json:"do,omitempty"`
	Why    string         `json:"why,omitempty"` // it was dropped
	// Receipt is the platform's name for it.
	Receipt string `json:"receipt,omitempty"`
}

// Positions are how far the two feeds were made into messages.
type Positions struct{ Changes, Reminders int64 }

// ErrTaken says that another cloud did it first.
var ErrTaken = errors.New("another did it")

// A Planner is the part of the store that takes messages in.
type Planner interface {
	PlannedMessages(ctx context.Context) (Positions, error)
	// PlanMessages moves from one position to another and adds the messages that are not there,
	// in one transaction; ErrTaken when from is not where the feeds were read to.
	PlanMessages(ctx context.Context, from, to Positions, add []Message) error
}

// An Outbox is the part of the store that gives messages out.
type Outbox interface {
	// DueMessages returns a robot's waiting messages, the gravest and then the oldest first.
	DueMessages(ctx context.Context, robot string, now time.Time, limit int) ([]Message, error)
	// NextDueMessage returns when the next of a robot's waiting messages is due.
	NextDueMessage(ctx context.Context, robot string) (at time.Time, ok bool, err error)
	// ClaimMessages makes waiting messages sending, by holder; ErrTaken when one is not waiting.
	ClaimMessages(ctx context.Context, holder string, now time.Time, ids []string) error
	// SetFates writes down what became of messages, and adds others in the same
	// transaction.
	SetFates(ctx context.Context, fates map[string]Fate, add []Message) error
	// OrphanMessages are messages that another than holder was sending.
	OrphanMessages(ctx context.Context, holder string) ([]Message, error)
	// SweepMessages forgets messages that were made before a time and wait no more, and
	// links that ended before it.
	SweepMessages(ctx context.Context, before time.Time) error
}

// A Condition is how a robot is, as all clouds see it.
type Condition struct {
	BlockedUntil *time.Time     `json:"blocked_until,omitempty"`
	SucceededAt  *time.Time     `json:"succeeded_at,omitempty"`
	FailedAt     *time.Time     `json:"failed_at,omitempty"`
	Error        channel.Class  `json:"error,omitempty"` // of the last failure, until it works again
	Code         string         `json:"code,omitempty"`
	Fault        string         `json:"fault,omitempty"`
	Do           channel.Advice `json:"do,omitempty"`
}

// RobotStore is the part of the store that knows how robots are.
type RobotStore interface {
	RobotConditions(ctx context.Context) (map[string]Condition, error)
	SetRobotCondition(ctx context.Context, robot string, c Condition) error
	// TriedSince returns when a robot was asked since a time.
	TriedSince(ctx context.Context, robot string, since time.Time) ([]time.Time, error)
	// Backlogs count what waits, by robot, and what has failed in the last day.
	Backlogs(ctx context.Context, now time.Time) (map[string]Backlog, error)
}

// A Backlog is what waits for a robot.
type Backlog struct {
	Waiting int        `json:"waiting"`
	Urgent  int        `json:"urgent"` // of level 1
	Failed  int        `json:"failed"` // of the last day
	Unclear int        `json:"unclear"`
	Oldest  *time.Time `json:"oldest,omitempty"` // that waits and is due
}

// A Filter selects messages.
type Filter struct {
	Scope    access.Scope
	Incident string
	States   []State
	Limit    int // at most 500, which 0 means too
}

// Reader is asked for pages.
type Reader interface {
	// Messages returns messages, the newest first.
	Messages(ctx context.Context, f Filter) ([]Message, error)
}

// Store keeps all that this package knows.
type Store interface {
	Planner
	Outbox
	RobotStore
	Reader
	LinkStore
	RosterStore
}

// Incidents are where news comes from.
type Incidents interface {
	Changes(ctx context.Context, after int64, limit int) ([]incident.Change, error)
	Get(ctx context.Context, id string) (incident.Incident, error)
	Subscribe() (wake <-chan struct{}, done func())
}

// Reminders are a feed too.
type Reminders interface {
	Reminders(ctx context.Context, after int64, limit int) ([]escalation.Reminder, error)
}
