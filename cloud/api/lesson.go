package api

import (
	"context"
	"slices"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/command"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// taught are the kinds of events from whose false alarms a box learns.
var taught = []event.Kind{event.FireVisual, event.Motion, event.ParkingMotor, event.FireLaneBlocked}

// lessonOf is what the camera of an incident shall learn, when people have just found
// that its detector was wrong. The box learns from one incident once.
func lessonOf(before, after incident.Incident, by string) (command.Order, bool) {
	kind := event.Kind(after.Class)
	if after.Verdict != incident.Mistaken || before.Verdict == incident.Mistaken || after.Test || after.Device == "" ||
		after.FirstSource != string(incident.CameraAuto) || !slices.Contains(taught, kind) {
		return command.Order{}, false
	}
	args := map[string]any{"camera": after.Device, "kind": kind, "episode": after.ID, "by": by}
	if after.Area != nil {
		args["box"] = *after.Area
	}
	return command.Order{Site: after.Site, Box: after.Box, Name: "learn", Args: args, TTL: wire.MaxTTL, By: by}, true
}

// teach asks the box of an incident to learn from a verdict. The verdict stands, whether
// or not the box can be asked.
func (a *API) teach(ctx context.Context, u access.User, before, after incident.Incident) {
	o, ok := lessonOf(before, after, u.Name)
	if !ok || a.Commands == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer stop()
	if _, err := a.Commands.Send(ctx, o); err != nil {
		a.Log.Warn("a camera cannot be taught from a false alarm", "incident", after.ID, "box", o.Site+"/"+o.Box, "err", err)
	}
}
