package police

import (
	"context"
	"time"

	"eastgate/shared/event"
)

// A Store keeps the outbox, what came in, and what each cloud must know of the
// bridge that one of them runs.
type Store interface {
	outbox
	sent
	counts
	inbox
	aside
	facts
}

type facts interface {
	// PoliceFact reads what was last kept under a name into v; false for nothing.
	PoliceFact(ctx context.Context, name string, v any) (bool, error)
	PutPoliceFact(ctx context.Context, name string, v any) error
	// PutPoliceLink keeps a one-time link by its token's hash. ClaimPoliceLink gives it
	// out once, while it holds.
	PutPoliceLink(ctx context.Context, l Link) error
	ClaimPoliceLink(ctx context.Context, hash string, now time.Time) (Link, error)
	// CameraStates tells of each camera whether it gives pictures now.
	CameraStates(ctx context.Context, now time.Time) ([]CameraState, error)
}

type outbox interface {
	// PoliceFollowed is the position of the last change that was taken in; false before
	// there was one.
	PoliceFollowed(ctx context.Context) (position int64, begun bool, err error)
	// FollowPolice takes changes in with the messages that they make, in one
	// transaction, or gives ErrTaken. Waiting messages of the same incidents that were
	// never tried become superseded.
	FollowPolice(ctx context.Context, f Following) error
	// PutPolice adds a message that no change made.
	PutPolice(ctx context.Context, m Message) error
	// NextPolice is what is to be sent now: the most urgent, then the oldest.
	NextPolice(ctx context.Context, now time.Time) (Message, bool, error)
	// EditPolice changes one message as edit says, with nobody in between. edit may run
	// twice; it returns false to leave the message as it is.
	EditPolice(ctx context.Context, id string, edit func(*Message) (bool, error)) (Message, error)
	PoliceMessage(ctx context.Context, id string) (Message, error)
}

// sent is what is looked up of messages that went out.
type sent interface {
	// PoliceMessages are those of an incident, the oldest first.
	PoliceMessages(ctx context.Context, incident string) ([]Message, error)
	// PoliceOfNumber is the newest message of an incident that was tried at least once,
	// or ErrNotFound.
	PoliceOfNumber(ctx context.Context, number string) (Message, error)
	// LatestPolice is the newest message of each incident.
	LatestPolice(ctx context.Context, incidents []string) (map[string]Message, error)
	// LatePolice are those whose receipt should be there and of which nobody was told
	// yet, and those that are too old.
	LatePolice(ctx context.Context, now time.Time, limit int) ([]Message, error)
	// LastPoliceTest is the newest test; ErrNotFound when there was none.
	LastPoliceTest(ctx context.Context) (Message, error)
}

type counts interface {
	// CountPolice counts messages of a kind that were created in a time, by state.
	CountPolice(ctx context.Context, k Kind, from, to time.Time) (map[State]int, error)
	// UnconfirmedPolice are messages of a time that the police have not confirmed.
	UnconfirmedPolice(ctx context.Context, from, to time.Time, limit int) ([]Message, error)
	PoliceQueue(ctx context.Context) (Queue, error)
}

type inbox interface {
	// KeepHeard keeps what came in, once; false when it was there.
	KeepHeard(ctx context.Context, h Heard) (fresh bool, err error)
	// Unapplied are those kept that nothing was done with, in the order they came.
	Unapplied(ctx context.Context, limit int) ([]Heard, error)
	// HeardBefore is the highest sequence of feedback on an incident that was applied.
	HeardBefore(ctx context.Context, number string) (int64, error)
	SettleHeard(ctx context.Context, key, outcome string) error
	// CountHeard counts what came in a time, by kind and outcome.
	CountHeard(ctx context.Context, from, to time.Time) (map[[2]string]int, error)
}

type aside interface {
	// KeepAside keeps what cannot be used, the newest of it, and returns how much is
	// there.
	KeepAside(ctx context.Context, a Aside) (int, error)
	CountAside(ctx context.Context) (int, error)
}

// A Following is what some changes make of the outbox.
type Following struct {
	From, To int64 // positions of changes
	Begun    bool  // something was taken in before
	Messages []Message
}

// A Queue is what still has to arrive.
type Queue struct {
	Waiting int                 `json:"waiting"`
	Sent    int                 `json:"sent"` // no receipt yet
	Oldest  *time.Time          `json:"oldest,omitempty"`
	Phone   int                 `json:"phone"` // of these, people were told to phone
	Levels  map[event.Level]int `json:"levels"`
	// LastReceipt is when the police last confirmed something.
	LastReceipt *time.Time `json:"last_receipt,omitempty"`
}

// A Heard is one readable thing that the police said.
type Heard struct {
	Key      string    `json:"key"` // tells repeats: source and id
	Kind     string    `json:"kind"`
	Number   string    `json:"number,omitempty"` // of the incident
	Sequence int64     `json:"sequence,omitempty"`
	At       time.Time `json:"at"` // when it came
	Outcome  string    `json:"outcome,omitempty"`
	Body     []byte    `json:"body"`
}

// What became of what came in.
const (
	Applied  = "applied"
	Outdated = "outdated" // something newer was there before
	Unknown  = "unknown"  // of an incident that they were never told of
	Unmoved  = "unmoved"  // the table does not let it
)

// An Aside is what came in and cannot be used.
type Aside struct {
	At    time.Time `json:"at"`
	Topic string    `json:"topic"`
	Why   string    `json:"why"`
	Body  []byte    `json:"body"` // the first bytes of it
}

// Bounds of what is kept aside.
const (
	MaxAside      = 1000
	maxAsideBytes = 2 << 10
)
