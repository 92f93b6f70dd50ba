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
		{"desk-incident", "/incident/" + fire.ID, "duty_officer"},
		{"desk-wall", "/wall", "duty_officer"},
		{"desk-plan", "/plan", "duty_officer"},
		{"desk-camera", "/camera/" + demoSite + "/gate-1/" + fire.Device, "duty_officer"},
		{"cameras", "/cameras", "duty_officer"},
		{"handover", "/handover", "duty_officer"},
		{"report", "/report", "duty_officer"},
		{"reports", "/reports", "duty_officer"},
		{"coverage", "/coverage", "duty_officer"},
		{"tasks", "/tasks", "dispatcher"},
		{"domains", "/domains", "centre_lead"},
		{"incidents", "/incidents", "centre_lead"},
		{"incidents-print", "/incidents/print?state=open&purpose=check&reason=console-check", "centre_lead"},
		{"incident", "/incidents/" + fire.ID, "centre_lead"},
		{"overdue", "/overdue", "centre_lead"},
		{"reminders", "/reminders", "centre_lead"},
		{"whistles", "/whistles", "centre_lead"},
		{"bundles", "/bundles", "centre_lead"},
		{"figures", "/figures", "centre_lead"},
		{"figures-entries", "/figures/entries", "supervisor"},
		{"organisations", "/organisations", "centre_lead"},
		{"agreements", "/agreements", "centre_lead"},
		{"api", "/api/docs", "centre_lead"},
		{"setup", "/setup", "system_admin"},
		{"boxes", "/boxes", "system_admin"},
		{"people", "/people", "system_admin"},
		{"places", "/places", "system_admin"},
		{"codes", "/codes?place=dongguan/c3", "system_admin"},
		{"health", "/health", "system_admin"},
		{"system", "/system", "system_admin"},
		{"account", "/account", "system_admin"},
		{"people-grants", "/people", "security_admin"},
		{"register", "/register", "audit_admin"},
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
