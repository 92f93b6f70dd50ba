// Package police tells a police platform ("Sharp Eyes", 雪亮工程) of confirmed
// incidents, as far as an agreement says, over MQTT 5 to a broker that is not ours,
// and takes in what they answer.
//
// It promises that nothing goes out which no agreement covers or no register row
// tells of; that what must go out survives restarts and days without their broker,
// the most urgent first, until they have said that they have it or it is too old;
// that a receipt which does not come in time is told to people, who phone; and that
// what the police answer moves an incident only as its table lets a police bridge,
// however often, late or broken it comes. There is no way to ask us for anything.
package police

import (
	"errors"
	"time"

	"eastgate/shared/event"
)

// A State is how far a message is.
type State string

// The states. Waiting and Sent messages still have to arrive.
const (
	Waiting    State = "waiting"    // to be sent
	Sent       State = "sent"       // their broker has it, which proves nothing
	Received   State = "received"   // the police say that they have it
	Refused    State = "refused"    // the police say that they do not take it
	Expired    State = "expired"    // too old before a receipt came
	Superseded State = "superseded" // never sent: a newer one tells all that it would have
	Withheld   State = "withheld"   // the agreement does not cover it any more
)

// States are all states.
var States = []State{Waiting, Sent, Received, Refused, Expired, Superseded, Withheld}

// Over reports whether nothing more is to be done with a message.
func (s State) Over() bool { return s != Waiting && s != Sent }

// A Kind says what a message is about.
type Kind string

// The kinds.
const (
	OfIncident Kind = "incident"
	OfTest     Kind = "test" // of the way itself: never on the topics of incidents
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no such message")
	ErrTaken    = errors.New("another bridge was faster")
	ErrReason   = errors.New("a reason is needed, of 2 to 200 characters")
	// ErrOff says that no bridge is configured.
	ErrOff = errors.New("no police bridge is configured: see police in the configuration")
	// ErrMonth says that a month is not written as 2026-11.
	ErrMonth = errors.New("want a month such as 2026-11")
)

// A Message is one thing to be told, until it is known to have arrived. Times are UTC.
type Message struct {
	ID       string      `json:"id"` // a ULID; with the source what receivers tell repeats by
	Kind     Kind        `json:"kind"`
	Incident string      `json:"incident,omitempty"`
	Number   string      `json:"number,omitempty"` // the incident's, for people
	Class    string      `json:"class,omitempty"`
	Site     string      `json:"site,omitempty"`
	Level    event.Level `json:"level"`
	// Version is the incident's; of two messages the higher one is true.
	Version int64  `json:"version,omitempty"`
	Digest  string `json:"digest,omitempty"` // of what a new message is worth
	State   State  `json:"state"`

	Created  time.Time  `json:"created"`
	Due      time.Time  `json:"due"`               // when a receipt should be there
	Expires  *time.Time `json:"expires,omitempty"` // when it is too old
	Next     time.Time  `json:"next"`              // when it is sent, or sent again
	Attempts int        `json:"attempts,omitempty"`
	TriedAt  *time.Time `json:"tried_at,omitempty"`   // the first attempt
	SentAt   *time.Time `json:"sent_at,omitempty"`    // their broker took it, the first time
	Answered *time.Time `json:"receipt_at,omitempty"` // the receipt came
	PhonedAt *time.Time `json:"phone_at,omitempty"`   // people were told to phone
	Handled  bool       `json:"handled,omitempty"`    // Due has passed, and was looked at
	Why      string     `json:"why,omitempty"`        // refused, withheld; why the last attempt failed

	Agreement string   `json:"agreement,omitempty"`
	Fields    []string `json:"fields,omitempty"` // that were told
	Body      []byte   `json:"body,omitempty"`   // as it was first sent; repeats are the same bytes
}

// Phone reports whether people still have to phone: the time for a receipt is over,
// and none has come.
func (m Message) Phone() bool { return m.PhonedAt != nil && m.Answered == nil }

// How long a receipt may take by level, counted from the confirmation whatever the
// link does (contract §5.2, rule 5), and how long a message is worth sending.
var (
	receiptWithin = map[event.Level]time.Duration{1: 30 * time.Second, 2: 2 * time.Minute, 3: 10 * time.Minute, 4: 30 * time.Minute}
	worthFor      = map[event.Level]time.Duration{3: 72 * time.Hour, 4: 72 * time.Hour}
)

const (
	testWithin  = 30 * time.Second
	testWorth   = 10 * time.Minute
	againAtMost = time.Hour
)

// again is how long to wait for a receipt before a message is sent once more.
func (m Message) again() time.Duration {
	d := receiptWithin[m.Level]
	if m.Kind == OfTest {
		d = testWithin
	}
	for n := 1; n < m.Attempts && d < againAtMost; n++ {
		d *= 2
	}
	return min(d, againAtMost)
}

// unheard is how long to wait when their broker works and nobody there listens: they
// may just be coming back.
func (m Message) unheard() time.Duration { return min(time.Second<<min(m.Attempts, 12), m.again()) }

func newMessage(k Kind, level event.Level, now time.Time) Message {
	now = now.UTC().Truncate(time.Millisecond)
	m := Message{ID: event.NewID(), Kind: k, Level: level, State: Waiting, Created: now, Next: now, Due: now.Add(receiptWithin[level])}
	worth, ends := worthFor[level]
	if k == OfTest {
		m.Due, worth, ends = now.Add(testWithin), testWorth, true
	}
	if ends {
		at := now.Add(worth)
		m.Expires = &at
	}
	return m
}
