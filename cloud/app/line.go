package app

import (
	"context"
	"errors"
	"time"

	"eastgate/cloud/camera"
	"eastgate/cloud/command"
)

// line takes commands to boxes.
type line struct{ commands *command.Engine }

func (l line) Send(ctx context.Context, by string, n camera.Name, name string, args any, ttl time.Duration) (string, error) {
	c, err := l.commands.Send(ctx, command.Order{Site: n.Site, Box: n.Box, Name: name, Args: args, TTL: ttl, By: by})
	return c.ID, err
}

func (l line) Answer(ctx context.Context, id string) (camera.Answer, error) {
	return answered(l.commands.Get(ctx, id))
}

func (l line) Wait(ctx context.Context, id string) (camera.Answer, error) {
	return answered(l.commands.Wait(ctx, id))
}

func answered(c command.Command, err error) (camera.Answer, error) {
	if errors.Is(err, command.ErrNotFound) { // it is forgotten: nothing can come of it any more
		return camera.Answer{State: camera.Expired}, nil
	}
	a := camera.Answer{State: c.State, Problem: c.Problem, Data: c.Data}
	if c.Ended != nil {
		a.At = *c.Ended
	}
	return a, err
}
