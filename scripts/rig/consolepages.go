package main

import (
	"context"
	"errors"
	"fmt"

	"eastgate/scripts/rig/screen"
	"eastgate/shared/event"
)

var errNoFire = errors.New("no camera's fire has come with a picture and a clip")

// fire returns a fire that a camera of this site sees, with its picture and clip.
func (a *asker) fire(ctx context.Context) (alarm, error) {
	fires, err := a.incidents(ctx, "state=open&class="+string(event.FireVisual), 500)
	if err != nil {
		return alarm{}, err
	}
	for _, f := range fires {
		if f.Snapshot != "" && f.Clip != "" {
			return f, nil
		}
	}
	return alarm{}, errNoFire
}

// pages are all that people see, each as somebody who may see it.
func (s *site) pages(ctx context.Context, persons map[string]screen.Person) ([]screen.Page, error) {
	api, err := s.ask(ctx, persons["duty_officer"])
	if err != nil {
		return nil, err
	}
	fire, err := api.fire(ctx)
	if err != nil {
		return nil, err
	}
	list := []struct{ name, path, role string }{
		{"login", "/login", ""},
		{"desk", "/", "duty_officer"},
		{"incident", "/incident/" + fire.ID, "duty_officer"},
		{"tasks", "/tasks", "dispatcher"},
	}
	var out []screen.Page
	for _, p := range list {
		person, ok := persons[p.role]
		if !ok {
			return nil, fmt.Errorf("page %s: nobody is %s", p.name, p.role)
		}
		out = append(out, screen.Page{Name: p.name, Path: p.path, Person: person})
	}
	return out, nil
}
