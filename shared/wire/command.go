package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eastgate/shared/event"
)

// A BoxCommand is what the cloud asks a box to do: to send events again, or to do
// the thing named. Boxes pass over what they do not know.
type BoxCommand struct {
	// Resend asks for events again that the cloud lacks and the box may still have.
	Resend *Resend `json:"resend,omitempty"`

	// ID is a ULID. A box does a command of one ID at most once.
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	// Expires is until when the command may be begun, and Sent when this message was
	// sent, both by the cloud's clock: a box whose own clock is wrong goes by what is
	// between them.
	Expires time.Time       `json:"expires,omitzero"`
	Sent    time.Time       `json:"sent,omitzero"`
	Args    json.RawMessage `json:"args,omitempty"`
}

// A Resend names what to send again.
type Resend struct {
	Epoch  string  `json:"epoch"`
	Ranges []Range `json:"ranges"`
}

// How a command can end.
const (
	Done    = "done"
	Refused = "refused" // and nothing was done
	Failed  = "failed"  // it was begun; how far it came, Problem says
	Expired = "expired" // it came too late, and nothing was done
)

// A BoxResult is what came of a command.
type BoxResult struct {
	ID      string          `json:"id"`
	State   string          `json:"state"`
	Problem string          `json:"problem,omitempty"` // a sentence for people
	Data    json.RawMessage `json:"data,omitempty"`
}

// Bounds of a command. What a result brings must leave room for its envelope.
const (
	MaxArgs    = 32 << 10
	MaxData    = 48 << 10
	MaxProblem = 1000
	// MaxTTL is how long a command may wait to be begun: boxes remember what they
	// have done for at least as long.
	MaxTTL = 24 * time.Hour
)

// Encode returns c as JSON.
func (c BoxCommand) Encode() []byte { return encode(c) }

// DecodeCommand reads what came on a command topic. A command without Resend and ID
// is one that this version does not know.
func DecodeCommand(payload []byte) (BoxCommand, error) {
	var c BoxCommand
	if err := decodeSmall(payload, &c); err != nil {
		return BoxCommand{}, fmt.Errorf("command: %w", err)
	}
	if r := c.Resend; r != nil {
		if err := checkRanges(r.Epoch, r.Ranges); err != nil {
			return BoxCommand{}, fmt.Errorf("command to resend: %w", err)
		}
	}
	switch {
	case c.ID == "":
	case !ValidEpoch(c.ID):
		return BoxCommand{}, fmt.Errorf("command: id %.40q is no ULID", c.ID)
	case !event.ValidName(c.Name):
		return BoxCommand{}, fmt.Errorf("command %s: %.60q is no name of %s", c.ID, c.Name, event.NameRule)
	case c.Expires.IsZero():
		return BoxCommand{}, fmt.Errorf("command %s: it does not say when it expires", c.ID)
	case len(c.Args) > MaxArgs:
		return BoxCommand{}, fmt.Errorf("command %s: %d bytes of args, at most %d are allowed", c.ID, len(c.Args), MaxArgs)
	}
	return c, nil
}

// Encode returns r as JSON.
func (r BoxResult) Encode() []byte { return encode(r) }

// DecodeResult reads what came on a result topic.
func DecodeResult(payload []byte) (BoxResult, error) {
	var r BoxResult
	if err := decodeSmall(payload, &r); err != nil {
		return BoxResult{}, fmt.Errorf("result: %w", err)
	}
	switch {
	case !ValidEpoch(r.ID):
		return BoxResult{}, fmt.Errorf("result: id %.40q is no ULID", r.ID)
	case !slices.Contains([]string{Done, Refused, Failed, Expired}, r.State):
		return BoxResult{}, fmt.Errorf("result of %s: state %.40q is not known", r.ID, r.State)
	case len(r.Problem) > MaxProblem || len(r.Data) > MaxData:
		return BoxResult{}, fmt.Errorf("result of %s: %d bytes of problem and %d of data are too many", r.ID, len(r.Problem), len(r.Data))
	}
	return r, nil
}
