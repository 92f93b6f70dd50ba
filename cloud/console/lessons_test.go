package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/console/consoletest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// answering ends each command as a box would, until the test ends.
func answering(t *testing.T, s *apptest.Site, lessons string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { stop(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			list, err := s.Store().WaitingCommands(ctx)
			if err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			for _, c := range list {
				r := wire.BoxResult{ID: c.ID, State: "done", Data: json.RawMessage(`{"lessons":[]}`)}
				if c.Name == "lessons" {
					r.Data = json.RawMessage(lessons)
				}
				if _, err := s.Store().EndCommand(ctx, c.Site, c.Box, r, time.Now()); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
}

// TestWhatACameraHasLearnt: the box tells it, and forgets it when somebody is sure.
func TestWhatACameraHasLearnt(t *testing.T) {
	s := apptest.Start(t)
	s.Let(t, "duty")
	health, err := json.Marshal(wire.BoxHealth{At: time.Now(), Cameras: []wire.CameraHealth{{Camera: "courtyard", State: "online", Since: time.Now()}}})
	if err == nil {
		err = s.Store().Heard(t.Context(), "garden", "gate-1", "health", health)
	}
	if err != nil {
		t.Fatal(err)
	}
	i := s.Happen(t, event.FireVisual, "courtyard", event.Start)
	answering(t, s, fmt.Sprintf(`{"lessons":[{"camera":"courtyard","episode":%q,"kind":"fire.visual","box":[0.1,0.1,0.2,0.2],"by":"officer chen","at":"2026-11-20T08:00:00Z"}]}`, i.ID))
	tab := consoletest.Browser(t)
	do(t, tab, "log in", consoletest.Login(s.URL, "duty", apptest.Password))
	do(t, tab, "ask the box", chromedp.Navigate(s.URL+"/camera/garden/gate-1/courtyard"), tap(`[data-do="lessons"]`), shows(text("officer chen", "more careful there")),
		chromedp.ScrollIntoView(`[data-do="forget"]`, chromedp.ByQuery))
	shot(t, tab, "lessons")
	do(t, tab, "forget", tap(`[data-do="forget"]`), shows(text("Forget all of it?")), tap(`[data-do="sure"]`), shows(text("The box has forgotten it")))
}
