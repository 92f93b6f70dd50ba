package app

import (
	"fmt"

	"eastgate/edge/camera"
	"eastgate/edge/config"
	"eastgate/edge/coverage"
	"eastgate/edge/evidence"
	"eastgate/edge/flow"
	"eastgate/edge/outbox"
	"eastgate/edge/zone"
	"eastgate/shared/wire"
)

// recorded returns what evidence must know of a camera, and what is to be shown the
// packets that clips are cut from.
func (b *Box) recorded(name string, c config.Camera) (evidence.Camera, func(*flow.Packet)) {
	cam := evidence.Camera{Name: name, Privacy: c.Privacy, Masks: fmt.Sprintf("v%d/%s", b.settings.State(name).Version, zone.Digest(c.Privacy))}
	if !c.Clips.Enabled {
		return cam, func(*flow.Packet) {}
	}
	if len(c.Privacy) > 0 {
		cam.Blacken = blackener(name, c)
	}
	cam.Ring = evidence.NewRing(name, c.Clips.ClipConfig, b.stages.evidence)
	return cam, cam.Ring.Add
}

// An eyepiece is where a camera's pictures come from: one stream, or two.
type eyepiece struct {
	source
	looked   *camera.Camera                    // the one that is looked at
	remember stage[*flow.Packet, *flow.Packet] // the joint before the gate
}

// eyepiece returns a camera's streams. keep is shown what clips are cut from; who watches
// live sees what is looked at.
func (b *Box) eyepiece(name string, c config.Camera, keep func(*flow.Packet), eye *coverage.Eye) eyepiece {
	tell := func(s camera.State) {
		b.board.Set(wire.CameraHealth{Camera: name, State: s.Word, Reason: s.Reason, Since: s.Since})
	}
	if in, two := c.RecordInput(); two {
		twin := camera.NewTwin(name, c.DetectInput().Config, in.Config, tell, b.stages.camera, b.log)
		twin.Keep, twin.Looked().NoRoom = keep, eye.Dropped
		return eyepiece{twin, twin.Looked(), pass[*flow.Packet]{b.watched[name].Add}}
	}
	one := camera.New(name, c.DetectInput().Config, tell, b.stages.camera, b.log)
	one.NoRoom = eye.Dropped
	return eyepiece{one, one, pass[*flow.Packet]{func(p *flow.Packet) {
		keep(p)
		b.watched[name].Add(p)
	}}}
}

// waitingEvents says what the outbox and the keeper still hold.
type waitingEvents struct {
	box    *outbox.Box
	keeper *keeper
}

// Urgent implements evidence.Events. An outbox that cannot say so holds nothing up.
func (w waitingEvents) Urgent() bool {
	s, err := w.box.Stats()
	return err == nil && s.Waiting[0] > 0 || w.keeper.holdsUrgent()
}

// Unacknowledged implements evidence.Events.
func (w waitingEvents) Unacknowledged() (map[string]bool, error) {
	ids := w.keeper.ids()
	var at outbox.Cursor
	for {
		some, err := w.box.Next(&at, outbox.Limit{From: 1, To: outbox.Priorities, Entries: 500, Bytes: 1 << 20})
		if err != nil || len(some) == 0 {
			return ids, err
		}
		for _, e := range some {
			ids[e.ID] = true
		}
	}
}

func (k *keeper) holdsUrgent() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, m := range k.held {
		if m.Priority == 1 {
			return true
		}
	}
	return false
}

// ids returns the IDs of the events that are only in memory.
func (k *keeper) ids() map[string]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	ids := map[string]bool{}
	for _, m := range k.held {
		ids[m.ID] = true
	}
	return ids
}
