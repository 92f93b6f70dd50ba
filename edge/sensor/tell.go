package sensor

import (
	"context"
	"fmt"
	"time"

	"eastgate/shared/event"
)

// retire ends what was told of devices that are in the configuration no more: nobody
// would ever tell that it is over.
func (c *Core) retire(was map[string]memory) {
	now := time.Now()
	for id, m := range was {
		if c.devices[id] != nil {
			continue
		}
		for k, was := range m.Conditions {
			if was.Episode != "" {
				ch := change{k, event.End, was.Episode, was.Began, "taken out of the configuration", was.Test}
				c.pending = append(c.pending, c.event(event.NewSource(c.cfg.Site, c.cfg.Box, id), "", "sensor", ch, now))
			}
		}
	}
}

// told marks the file as out of date where events stand in it that are now kept: the
// next look writes it without them.
func (c *Core) told(any bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dirty = c.dirty || any
}

// took returns what is pending and takes it to be told.
func (c *Core) took() []event.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.pending
	c.pending = nil
	return events
}

func (c *Core) tell(ctx context.Context, events []event.Event) {
	for _, e := range events {
		c.cfg.Keep(ctx, e)
		c.m.events.WithLabelValues(name(e), string(e.Kind), string(e.State), e.Status).Inc()
		c.m.standing.WithLabelValues(name(e), string(e.Kind)).Set(map[event.State]float64{event.Start: 1}[e.State])
		c.log.Info("sensor", "sensor", name(e), "kind", e.Kind, "state", e.State, "status", e.Status, "note", e.Note)
	}
}

// name is the device, or the source, that an event is of.
func name(e event.Event) string {
	if _, _, device, _ := e.Source.Split(); device != "" {
		return device
	}
	return e.Zone
}

// judge brings what was told in line with what is; what is to be told is pending.
func (c *Core) judge(now time.Time) {
	for _, u := range c.devices {
		c.judgeDevice(u, now)
	}
	for id, s := range c.sources {
		d := s.condition(event.DeviceFault)
		if d.On && d.Episode == "" && now.Sub(d.Since) < linkGrace {
			continue
		}
		for _, ch := range s.judge(now, true) {
			ch.note = short(fmt.Sprintf("sensors by %s: %s", id, ch.note))
			c.pending = append(c.pending, c.event(event.NewSource(c.cfg.Site, c.cfg.Box, ""), id, "sensor", ch, now))
		}
	}
}

func (c *Core) judgeDevice(u *unit, now time.Time) {
	for _, ch := range u.judge(now, u.device.Schedule.Holds(now.In(c.cfg.Local))) {
		c.pending = append(c.pending, c.event(event.NewSource(c.cfg.Site, c.cfg.Box, u.id), u.device.Zone, u.device.Source, ch, now))
	}
}

func (c *Core) event(source event.Source, zone, detector string, ch change, now time.Time) event.Event {
	e := event.Event{
		ID: ch.episode, Episode: ch.episode, Source: source, Kind: ch.kind, State: ch.state,
		Time: now.UTC(), Since: ch.since.UTC(),
		// A machine's alarm is never more than likely; how the machine itself is, it knows.
		Certainty: "Likely", Severity: ch.kind.Severity(), Urgency: ch.kind.Urgency(), Status: "Actual",
		Zone: zone, Score: 1, Note: ch.note,
		Detector: event.Detector{Name: detector, Version: "1"}, Clock: c.cfg.Clock(),
	}
	if ch.state != event.Start {
		e.ID = event.NewID()
	}
	if ch.test {
		e.Status = "Test"
	}
	switch ch.kind {
	case event.Offline, event.DeviceFault, event.FireEquipment, event.BatteryLow:
		e.Certainty = "Observed"
	}
	return e
}

// save writes what is known. A disk that refuses costs no event: what stands may be
// told once more after a crash.
func (c *Core) save(now time.Time) {
	s := snapshot{Devices: map[string]memory{}, Sources: map[string]memory{}, Pending: c.pending}
	for id, u := range c.devices {
		s.Devices[id] = u.memory
	}
	for name, u := range c.sources {
		s.Sources[name] = u.memory
	}
	c.saved, c.dirty = now, false
	if err := save(c.cfg.File, s); err != nil {
		c.dirty = true
		c.m.failures.Inc()
		c.log.Error("what is known of the sensors is not saved; after a crash an alarm that stands would be told again: free some disk space", "err", err)
	}
}

func (c *Core) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pass(time.Now())
	c.save(time.Now())
}
