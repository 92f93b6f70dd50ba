package app

import (
	"context"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// newest is the joint before detection in a running box: while one frame is
// judged the newest other waits, and older ones are given back. A camera is
// never slowed down by its detectors.
type newest struct {
	decoded func(*flow.Frame) // is shown every frame
	skipped func()            // and told of those that were given back
}

func (n newest) Run(ctx context.Context, in <-chan *flow.Frame, out chan<- *flow.Frame) error {
	defer close(out)
	var waiting *flow.Frame
	defer func() {
		if waiting != nil {
			waiting.Release()
		}
	}()
	for {
		var ready chan<- *flow.Frame
		if waiting != nil {
			ready = out
		}
		select {
		case f, open := <-in:
			if !open {
				if waiting == nil {
					return nil
				}
				in = nil // nothing newer can come: hand over the last one
				continue
			}
			n.decoded(f)
			if waiting != nil {
				waiting.Release()
				n.skipped()
			}
			waiting = f
		case ready <- waiting:
			waiting = nil
			if in == nil {
				return nil
			}
		case <-ctx.Done():
			if in != nil {
				for f := range in {
					f.Release()
				}
			}
			return nil
		}
	}
}

// pass hands everything on, and shows it to look on the way. It stands where
// `edge analyze` needs no such joint.
type pass[T any] struct{ look func(T) }

func (p pass[T]) Run(ctx context.Context, in <-chan T, out chan<- T) error {
	defer close(out)
	for v := range in {
		if p.look != nil {
			p.look(v)
		}
		select {
		case out <- v:
		case <-ctx.Done():
			p.drop(v)
		}
	}
	return nil
}

// drop gives back what v holds.
func (pass[T]) drop(v T) {
	switch v := any(v).(type) {
	case *flow.Frame:
		v.Release()
	case flow.Observation:
		if v.Frame != nil {
			v.Frame.Release()
		}
	}
}

// bare hands on events without their pictures.
type bare struct{}

func (bare) Run(ctx context.Context, in <-chan flow.Confirmed, out chan<- event.Event) error {
	defer close(out)
	for c := range in {
		if c.Frame != nil {
			c.Frame.Release()
		}
		select {
		case out <- c.Event:
		case <-ctx.Done():
		}
	}
	return nil
}

// whole is a gate that lets everything pass.
type whole struct{}

func (whole) Run(ctx context.Context, in <-chan *flow.Packet, out chan<- flow.Order) error {
	defer close(out)
	for p := range in {
		select {
		case out <- flow.Order{Packet: p}:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
