package app

import (
	"eastgate/edge/config"
	"eastgate/edge/evidence"
	"eastgate/edge/flow"
	"eastgate/edge/outbox"
)

// recorded returns what evidence must know of a camera, and the joint before the
// gate that remembers its packets.
func (b *Box) recorded(name string, c config.Camera) (evidence.Camera, pass[*flow.Packet]) {
	cam := evidence.Camera{Name: name, Privacy: c.Privacy}
	if !c.Clips.Enabled {
		return cam, pass[*flow.Packet]{b.watched[name].Add}
	}
	if len(c.Privacy) > 0 {
		cam.Blacken = blackener(name, c)
	}
	cam.Ring = evidence.NewRing(name, c.Clips.ClipConfig, b.stages.evidence)
	return cam, pass[*flow.Packet]{func(p *flow.Packet) {
		cam.Ring.Add(p)
		b.watched[name].Add(p)
	}}
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
