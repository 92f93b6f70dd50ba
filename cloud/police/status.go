package police

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"eastgate/cloud/access"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// A CameraState is whether a camera gives pictures now, as its box says; unknown
// while the box cannot be heard. A dead camera is never called up.
type CameraState struct {
	Camera string     `json:"camera"` // site/box/camera
	State  string     `json:"state"`  // up, down or unknown
	Since  *time.Time `json:"since,omitempty"`
}

// Cameras is what the police are told of the cameras.
type Cameras struct {
	At      string        `json:"at"`
	Up      int           `json:"up"`
	Down    int           `json:"down"`
	Unknown int           `json:"unknown"`
	List    []CameraState `json:"list,omitempty"`
}

const maxListed = 400

func camerasOf(list []CameraState, at time.Time) Cameras {
	c := Cameras{At: stamp(at)}
	for _, s := range list {
		switch s.State {
		case "up":
			c.Up++
		case "down":
			c.Down++
		default:
			c.Unknown++
		}
	}
	return c
}

// status encodes what the community's side is.
func (b *Bridge) status(state, reason string, since time.Time, c *Cameras) ([]byte, error) {
	data := map[string]any{"state": state, "since": stamp(since)}
	if reason != "" {
		data["reason"] = reason
	}
	if c != nil {
		data["cameras"] = c
	}
	return envelope("status", event.NewID(), b.o.Topics.Source(), b.now(), data).encode()
}

// A teller remembers what it said last over one link.
type teller struct {
	said   []byte
	off    Switch
	looked time.Time
	began  time.Time
}

// statusEvery is how often cameras are looked at.
const statusEvery = 5 * time.Second

// tellStatus says how we are, retained, when that has changed. What their broker has
// taken is what they believe.
func (b *Bridge) tellStatus(ctx context.Context, l *link, t *teller) error {
	off, err := b.killed(ctx)
	if err != nil {
		return err
	}
	if t.said != nil && off == t.off && time.Since(t.looked) < statusEvery {
		return nil
	}
	t.off, t.looked = off, time.Now()
	list, err := b.o.Store.CameraStates(ctx, b.now())
	if err != nil {
		return err
	}
	state, reason, since := "online", "", t.began
	if off.On {
		state, reason, since = "suspended", off.Reason, off.At
	}
	mark, err := json.Marshal([]any{off, list})
	if err != nil || bytes.Equal(mark, t.said) {
		return err
	}
	c := camerasOf(list, b.now())
	c.List = list[:min(len(list), maxListed)]
	body, err := b.status(state, reason, since, &c)
	if err != nil {
		return err
	}
	if _, err := l.publish(ctx, &paho.Publish{Topic: b.o.Topics.Status(), QoS: 1, Retain: true, Payload: body, Properties: &paho.PublishProperties{ContentType: ContentType}}); err != nil {
		return err
	}
	t.said = mark
	return b.o.Store.PutPoliceFact(ctx, camerasFact, c)
}

// A Switch is whether people have switched the bridge off.
type Switch struct {
	On     bool      `json:"on"` // nothing of incidents goes out, nothing of theirs is applied
	Reason string    `json:"reason,omitempty"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
}

// Names of what each cloud must know.
const (
	switchFact  = "switch"
	linkFact    = "link"
	camerasFact = "cameras"
)

func statementFact(month string) string { return "statement/" + month }

func (b *Bridge) killed(ctx context.Context) (s Switch, err error) {
	_, err = b.o.Store.PoliceFact(ctx, switchFact, &s)
	return s, err
}

// Kill switches the bridge off, or on again, with a reason. It holds over restarts;
// the police see it in our status.
func (b *Bridge) Kill(ctx context.Context, who access.User, on bool, reason string) (Switch, error) {
	if !access.May(who, access.StopPolice, access.Anywhere) {
		return Switch{}, fmt.Errorf("switch the police bridge: %w", access.ErrForbidden)
	}
	if n := len([]rune(reason)); n < 2 || n > maxText {
		return Switch{}, ErrReason
	}
	s := Switch{On: on, Reason: reason, By: who.Name, At: b.now()}
	if err := b.o.Register.Write(ctx, register.Entry{
		Who: who.Name, Person: who.Person, Unit: who.Unit, Act: register.Change, Object: "police/switch", Basis: string(access.StopPolice), Reason: reason, Detail: fmt.Sprintf("off: %v", on),
	}); err != nil {
		return Switch{}, err
	}
	if err := b.o.Store.PutPoliceFact(ctx, switchFact, s); err != nil {
		return Switch{}, err
	}
	b.wake()
	return s, nil
}

// Test puts a test of the way into the outbox. It goes on the topic of tests only.
func (b *Bridge) Test(ctx context.Context, who access.User) (Message, error) {
	if !access.May(who, access.SeePolice, access.Anywhere) {
		return Message{}, fmt.Errorf("test the police bridge: %w", access.ErrForbidden)
	}
	m := newMessage(OfTest, event.Minor, b.now())
	if err := b.o.Store.PutPolice(ctx, m); err != nil {
		return Message{}, err
	}
	b.wake()
	return m, nil
}
