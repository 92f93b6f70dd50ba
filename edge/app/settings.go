package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"eastgate/edge/camera"
	"eastgate/edge/command"
	"eastgate/edge/confirm"
	"eastgate/edge/detect"
	"eastgate/edge/evidence"
	"eastgate/edge/overlay"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A lens is what others than its pipeline ask of a camera that runs.
type lens struct {
	camera  *camera.Camera
	ring    *evidence.Ring // nil where no clips are made
	confirm *confirm.Confirmer
	stage   *evidence.Stage
	tap     *tap
	tasks   []detect.Task
	kinds   []event.Kind // that are looked for
}

// lenses are those of all cameras, by name.
type lenses struct {
	mu sync.Mutex
	of map[string]*lens
}

func (l *lenses) put(name string, now *lens) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*lens{}
	}
	l.of[name] = now
}

func (l *lenses) get(name string) *lens {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.of[name]
}

// clockAhead is how far a camera's clock is ahead, in milliseconds; nil while unknown.
func (l *lenses) clockAhead(name string) *int64 {
	on := l.get(name)
	if on == nil {
		return nil
	}
	ahead := on.camera.ClockAhead()
	if ahead == nil {
		return nil
	}
	ms := ahead.Milliseconds()
	return &ms
}

// errSet ends a pipeline whose camera has got other settings.
var errSet = errors.New("the camera has got other settings")

// runUntilSet runs a pipeline until it fails, stop ends, or other settings of its
// camera come into force; then it returns errSet.
func (b *Box) runUntilSet(stop, hard context.Context, name string, p *pipeline) error {
	ctx, cancel := context.WithCancelCause(stop)
	defer cancel(nil)
	go func() {
		select {
		case <-b.settings.Changed(name):
			cancel(errSet)
		case <-ctx.Done():
		}
	}()
	if err := p.run(ctx, hard); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// setZones answers the command "zones": the settings of one camera.
func (b *Box) setZones(_ context.Context, args json.RawMessage) (any, error) {
	z, err := wire.DecodeZones(args)
	if err != nil {
		return nil, command.Refuse("%v", err)
	}
	err = b.settings.Set(z)
	if errors.Is(err, overlay.ErrUnknown) || errors.Is(err, overlay.ErrOlder) || errors.Is(err, overlay.ErrFaults) {
		return nil, command.Refuse("%v", err)
	}
	b.board.Tell() // which version it is now
	return b.settings.State(z.Camera), err
}

// inForce is what a camera looks with, for those who want to change it.
type inForce struct {
	wire.ZonesState
	Settings json.RawMessage `json:"settings"`
	// File is what the box's own file says, where something else is set over it.
	File json.RawMessage `json:"file,omitempty"`
}

func (b *Box) inForce(name string) (inForce, error) {
	own, known := b.file.Cameras[name]
	if !known {
		return inForce{}, fmt.Errorf("the box has no camera %.60q", name)
	}
	out := inForce{ZonesState: b.settings.State(name)}
	var err1, err2 error
	out.Settings, err1 = b.settings.Camera(name).Settings().JSON()
	if out.Version > 0 {
		out.File, err2 = own.Settings().JSON()
	}
	return out, errors.Join(err1, err2)
}
