package app

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"eastgate/edge/adapt"
	"eastgate/edge/arm"
	"eastgate/edge/command"
	"eastgate/edge/status"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// openCommands opens the memory of commands, and says who does which.
func (b *Box) openCommands() error {
	var err error
	if b.armed, err = arm.Open(filepath.Join(b.file.Data, "disarmed.json"), b.log); err != nil {
		return fmt.Errorf("disarmed rules: %w", err)
	}
	if b.lessons, err = adapt.Open(filepath.Join(b.file.Data, "learnt.json"), b.log); err != nil {
		return fmt.Errorf("lessons: %w", err)
	}
	b.commands, err = command.Open(command.Config{
		Dir: filepath.Join(b.file.Data, "commands"), Synced: func() *bool { return status.Clock().Synced },
	}, command.NewMetrics(b.reg), b.log)
	if err != nil {
		return err
	}
	for name, do := range map[string]command.Handler{
		"snapshot": b.snapshot, "clip": b.clip, "arm": b.arm, "disarm": b.disarm,
		"learn": b.learn, "forget": b.forget,
		"zones": b.setZones, "sensor_test": b.testSensor,
	} {
		b.commands.Handle(name, do)
	}
	b.commands.HandleEach("lessons", b.taught)
	b.commands.HandleEach("preview", b.preview)
	b.commands.HandleEach("live_start", b.liveStart)
	return nil
}

// seen is what a command that takes a picture or a clip brings.
type seen struct {
	event.Evidence
	// Sent says that the cloud has it; otherwise it comes when the line allows.
	Sent bool `json:"sent"`
}

// sendWait is how long an answer waits for the cloud to have what it names.
const sendWait = 5 * time.Second

func (b *Box) sent(ctx context.Context, v event.Evidence) seen {
	ctx, stop := context.WithTimeout(ctx, sendWait)
	defer stop()
	return seen{v, b.folder.Sent(ctx, v.SHA256)}
}

// snapshot takes the next picture of a camera.
func (b *Box) snapshot(ctx context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera string `json:"camera"`
	}
	on, err := b.pointed(args, &a, &a.Camera)
	if err != nil {
		return nil, err
	}
	frame, err := on.tap.next(ctx)
	if err != nil {
		return nil, b.dark(a.Camera, err)
	}
	defer frame.Release()
	v, err := on.stage.Still(frame, event.NewID())
	if err != nil {
		return nil, err
	}
	return b.sent(ctx, v), nil
}

// clip cuts what a camera's ring holds.
func (b *Box) clip(ctx context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera  string    `json:"camera"`
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Seconds int       `json:"seconds"` // until now, instead of from and to
	}
	on, err := b.pointed(args, &a, &a.Camera)
	if err != nil {
		return nil, err
	}
	if a.Seconds > 0 {
		a.To = time.Now()
		a.From = a.To.Add(-time.Duration(a.Seconds) * time.Second)
	}
	v, err := on.stage.Cut(ctx, a.From, a.To, event.NewID())
	if err != nil {
		return nil, err
	}
	return b.sent(ctx, v), nil
}

// pointed reads args into a and returns the camera that they point at.
func (b *Box) pointed(args json.RawMessage, a any, camera *string) (*lens, error) {
	if err := json.Unmarshal(args, a); err != nil {
		return nil, command.Refuse("args: %v", err)
	}
	if _, known := b.file.Cameras[*camera]; !known {
		return nil, command.Refuse("the box has no camera %.60q", *camera)
	}
	on := b.lenses.get(*camera)
	if on == nil {
		return nil, command.Refuse("camera %s has not begun to run", *camera)
	}
	return on, nil
}

// dark says why a camera has brought no picture.
func (b *Box) dark(name string, err error) error {
	if c, known := b.board.Camera(name); known && c.State != status.Online {
		return fmt.Errorf("the camera sends no pictures: %s %s", c.State, c.Reason)
	}
	return fmt.Errorf("no picture of the camera could be decoded: %w", err)
}

// disarm switches a rule of a camera off for a while.
func (b *Box) disarm(_ context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera  string `json:"camera"`
		Rule    string `json:"rule"`
		Seconds int    `json:"seconds"`
		Reason  string `json:"reason"`
	}
	if _, err := b.pointed(args, &a, &a.Camera); err != nil {
		return nil, err
	}
	if err := arm.Check(a.Rule, time.Duration(a.Seconds)*time.Second); err != nil {
		return nil, command.Refuse("%v", err)
	}
	until, err := b.armed.Disarm(a.Camera, a.Rule, time.Duration(a.Seconds)*time.Second, a.Reason)
	b.board.Tell()
	return wire.Disarmed{Rule: a.Rule, Until: until.UTC(), Reason: a.Reason}, err
}

// arm switches a rule of a camera on again.
func (b *Box) arm(_ context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera string `json:"camera"`
		Rule   string `json:"rule"`
	}
	if _, err := b.pointed(args, &a, &a.Camera); err != nil {
		return nil, err
	}
	if err := arm.Check(a.Rule, time.Second); err != nil {
		return nil, command.Refuse("%v", err)
	}
	err := b.armed.Arm(a.Camera, a.Rule)
	b.board.Tell()
	return nil, err
}
