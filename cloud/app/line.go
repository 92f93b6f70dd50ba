package app

import (
	"context"
	"errors"
	"time"

	"eastgate/cloud/camera"
)

// line takes commands to boxes.
type line struct{}

var errNoLine = errors.New("this cloud cannot send commands to boxes")

func (line) Send(context.Context, string, camera.Name, string, any, time.Duration) (string, error) {
	return "", errNoLine
}

func (line) Answer(context.Context, string) (camera.Answer, error) { return camera.Answer{}, errNoLine }

func (line) Wait(context.Context, string) (camera.Answer, error) { return camera.Answer{}, errNoLine }
