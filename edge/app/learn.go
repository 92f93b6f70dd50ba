package app

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"eastgate/edge/adapt"
	"eastgate/edge/command"
)

// learnt is the answer of the commands "learn", "lessons" and "forget": what a camera has learnt.
// It looks with it from when its pipeline begins anew, which the command asks for.
type learnt struct {
	Lessons []adapt.Lesson `json:"lessons"`
}

// learn answers the command: people have called an event of a camera false.
func (b *Box) learn(_ context.Context, args json.RawMessage) (any, error) {
	var l adapt.Lesson
	if _, err := b.pointed(args, &l, &l.Camera); err != nil {
		return nil, err
	}
	if l.Episode == "" || len(l.Episode) > 40 {
		return nil, command.Refuse("episode %.40q: want the id of the event that was false", l.Episode)
	}
	l.At = time.Now().UTC()
	if err := b.lessons.Learn(l); errors.Is(err, adapt.ErrKind) {
		return nil, command.Refuse("%v", err)
	} else if err != nil {
		return nil, err
	}
	b.settings.Touch(l.Camera)
	return learnt{b.lessons.Lessons(l.Camera)}, nil
}

// taught answers the command "lessons": what a camera has learnt.
func (b *Box) taught(_ context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera string `json:"camera"`
	}
	if _, err := b.pointed(args, &a, &a.Camera); err != nil {
		return nil, err
	}
	return learnt{b.lessons.Lessons(a.Camera)}, nil
}

// forget answers the command: a camera shall look as it did before it learnt.
func (b *Box) forget(_ context.Context, args json.RawMessage) (any, error) {
	var a struct {
		Camera string `json:"camera"`
	}
	if _, err := b.pointed(args, &a, &a.Camera); err != nil {
		return nil, err
	}
	if err := b.lessons.Forget(a.Camera); err != nil {
		return nil, err
	}
	b.settings.Touch(a.Camera)
	return learnt{[]adapt.Lesson{}}, nil
}
