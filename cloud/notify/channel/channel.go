// Package channel is what every way to people's phones has in common: what is said,
// what came of it, and how a text is cut to what the other side takes.
//
// It promises that an error says of itself whether trying again helps, whether the
// message may have arrived all the same, and what somebody can do; and that no error
// shows the address or the secret of a robot.
package channel

import (
	"context"
	"time"

	"eastgate/shared/event"
)

// A Message is what is said, before it is put into a platform's own form.
type Message struct {
	// Key is the same each time that a message is tried: for those who can tell.
	Key   string
	Level event.Level
	Title string
	Lines []string
	// Link is where a tap leads, and Tap what it is called. Neither is ever cut.
	Link, Tap string
	// Mention are people by the name that they have on the platform.
	Mention []string
	All     bool   // mention everybody
	To      string // a telephone number; empty for a group
	// Template chooses among the texts that an SMS provider has approved, and Params
	// fill it in.
	Template string
	Params   map[string]string
	Fields   any // the same for a machine
}

// A Receipt is what the other side says of a message that it took.
type Receipt struct {
	ID string // its own name for it; many give none
}

// A Sender speaks one platform's protocol. Send returns nil only when the platform
// said that it took the message; an error is an *Error, or ctx's.
type Sender interface {
	Send(ctx context.Context, m Message) (Receipt, error)
}

// A Limit is how many messages are sent at most in any time so long.
type Limit struct {
	N   int
	Per time.Duration
}
