// Package camera knows how each camera is and why, how often it was right, and what
// is drawn in its picture; and it sends what people draw to the camera's box.
//
// It promises that a state is never better than what is known (a box that cannot be
// heard makes its cameras unknown, not fine), that every version of what was drawn is
// kept with who and why, and that a version is called confirmed only when its box
// said so.
package camera

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("no box has told of such a camera")
	ErrConflict = errors.New("somebody else has changed the settings")
	ErrReason   = errors.New("say why, in words")
	ErrRefused  = errors.New("the box refuses")
	ErrSilent   = errors.New("the box does not answer")
)

// A Name is where a camera hangs: "site/box/camera" when it is written.
type Name struct {
	Site   string `json:"site"`
	Box    string `json:"box"`
	Camera string `json:"camera"`
}

func (n Name) String() string { return n.Site + "/" + n.Box + "/" + n.Camera }

// Source is what the camera's events name.
func (n Name) Source() event.Source { return event.NewSource(n.Site, n.Box, n.Camera) }

// A Store keeps what boxes told of their cameras, and what people set.
type Store interface {
	// BoxReports returns what each box that may speak said last.
	BoxReports(ctx context.Context) ([]BoxReport, error)
	// CameraSettings returns versions, the newest first; all of them when limit is 0.
	CameraSettings(ctx context.Context, n Name, limit int) ([]Version, error)
	// AddCameraSettings keeps a version; ErrConflict when there is one of that number.
	AddCameraSettings(ctx context.Context, n Name, v Version) error
	// CameraSettingsAre notes how far a version has come: Command, State and Problem.
	CameraSettingsAre(ctx context.Context, n Name, v Version) error
	// AddStill keeps a still, and forgets all but the newest keep ones of its camera.
	AddStill(ctx context.Context, n Name, s Still, keep int) error
	// Stills returns those of a camera, the newest first.
	Stills(ctx context.Context, n Name) ([]Still, error)
}

// A BoxReport is what a box said last.
type BoxReport struct {
	Site, Box string
	Heard     time.Time
	Online    bool // false once the broker said for it that the link broke
	Health    wire.BoxHealth
}

// A Line takes commands to boxes.
type Line interface {
	// Send asks a box to do something until ttl has passed; by is who wants it.
	Send(ctx context.Context, by string, n Name, name string, args any, ttl time.Duration) (id string, err error)
	// Answer returns what came of a command; its State is Waiting while nothing has, and
	// Expired when nobody remembers.
	Answer(ctx context.Context, id string) (Answer, error)
	// Wait returns what came of a command, once something has or ctx ends.
	Wait(ctx context.Context, id string) (Answer, error)
}

// An Answer is what came of a command.
type Answer struct {
	State   string // one of those below
	Problem string
	At      time.Time
	Data    json.RawMessage
}

// The states of a command, as they go over the wire; Waiting is that of one that
// nobody has answered.
const (
	Waiting = "waiting"
	Done    = "done"
	Refused = "refused"
	Failed  = "failed"
	Expired = "expired"
)

// Cameras is the one that is asked.
type Cameras struct {
	store Store
	line  Line
	now   func() time.Time
}

// New returns the cameras of a store, whose boxes are reached by line.
func New(s Store, line Line, now func() time.Time) *Cameras { return &Cameras{s, line, now} }

// ask sends a command and waits for its answer.
func (c *Cameras) ask(ctx context.Context, by string, n Name, name string, args any, patience time.Duration) (Answer, error) {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	id, err := c.line.Send(ctx, by, n, name, args, patience)
	if err != nil {
		return Answer{}, err
	}
	a, err := c.line.Wait(ctx, id)
	switch {
	case errors.Is(err, context.DeadlineExceeded) || err == nil && (a.State == Expired || a.State == Waiting):
		return a, fmt.Errorf("%w within %s: is it connected?", ErrSilent, patience)
	case err != nil:
		return a, err
	case a.State != Done:
		return a, fmt.Errorf("%w: %s", ErrRefused, a.Problem)
	}
	return a, nil
}
