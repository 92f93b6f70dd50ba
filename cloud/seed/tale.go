package seed

import (
	"fmt"
	"time"

	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
	"eastgate/shared/event"
)

// A tale is one case from its beginning to its end. It runs as if it were alone and
// yields whenever time passes.
type tale struct {
	*player
	chance
	x     opening
	spot  spot
	class governance.Class
	i     incident.Incident
	yield func(time.Time) bool
	ended bool // nobody listens any more, or the case has become another's
	unit  string
	who   incident.Actor // the handler
}

// tell begins the tale of an opening.
func (p *player) tell(x opening, seed uint64) {
	class, ok := p.centre.Catalogue.Class(x.rate.class)
	if !ok {
		p.fail(fmt.Errorf("class %s is not in the catalogue", x.rate.class))
		return
	}
	c := dice(seed, x.number)
	p.begin(x.at, func(yield func(time.Time) bool) {
		t := &tale{player: p, chance: c, x: x, class: class, spot: p.places.pick(c, x), yield: yield}
		t.unit = t.spot.unitFor(x.rate.unit)
		t.who = handler(t.unit, c.IntN(2))
		t.live()
	})
}

// wait lets time pass.
func (t *tale) wait(d time.Duration) {
	if !t.ended && !t.yield(t.now.Add(d)) {
		t.ended = true
	}
}

// do takes one action; what the table refuses ends the play, for then the tale is
// wrong.
func (t *tale) do(who incident.Actor, c incident.Command) {
	if t.ended {
		return
	}
	i, err := t.centre.Engine.Get(t.ctx, t.i.ID)
	if err == nil {
		i, err = t.centre.Engine.Do(t.ctx, who, i.ID, i.Version, c)
	}
	if err != nil {
		t.fail(fmt.Errorf("%s of %s in state %s by %s: %w", c.Action, t.class.Key, i.State, who.Name, err))
		t.ended = true
		return
	}
	t.i = i
}

// live is the whole tale.
func (t *tale) live() {
	if !t.open() {
		return
	}
	if t.class.Profile == governance.Orders {
		t.order()
		return
	}
	if t.x.later != "" {
		t.begin(t.now.Add(t.x.after), t.tellAgain)
	}
	t.wait(time.Duration(3+t.IntN(15)) * time.Second)
	if t.ended {
		return
	}
	if t.x.later == "" || !t.is(.06) { // else nobody looks before somebody tells: found afterwards
		t.fail(t.centre.Engine.Displayed(t.ctx, t.i.ID))
	}
	if !t.found() {
		return
	}
	for round := 0; ; round++ {
		t.handle(round)
		if t.ended || !t.finish() {
			return
		}
	}
}

// open brings the case in and reports whether it is one of its own.
func (t *tale) open() bool {
	if t.x.finder == incident.CameraAuto || t.x.finder == incident.Sensor {
		e := t.event()
		i, fresh := t.hear(e)
		t.i = i
		if fresh {
			over := t.about(22*time.Minute, .9)
			t.begin(t.now.Add(over), func(func(time.Time) bool) { t.over(e) })
		}
		return fresh && t.err == nil
	}
	i, fresh := t.report(t.x.finder)
	t.i = i
	return fresh
}

// tellAgain is somebody else who tells the same. What comes too late to be joined by
// itself, the duty officer puts to the case that it is.
func (t *tale) tellAgain(yield func(time.Time) bool) {
	if t.x.later == t.x.finder {
		return
	}
	i, fresh := t.report(t.x.later)
	if !fresh || i.ID == t.i.ID || !yield(t.now.Add(t.about(6*time.Minute, .6))) {
		return
	}
	again := *t
	again.i = i
	again.do(watch(t.now), incident.Command{Action: incident.Merge, Parent: t.i.ID})
}

var words = map[bool]string{true: "请派人看一下", false: "麻烦处理"}

// report brings in what a person tells, and returns its incident and whether it is
// new.
func (t *tale) report(by incident.Source) (i incident.Incident, fresh bool) {
	who := incident.Actor{Name: fmt.Sprintf("citizen-%05d", t.IntN(99999)), Roles: []incident.Role{incident.Reporter}}
	switch by {
	case incident.ByGuard:
		if t.class.Profile == governance.Orders { // a guard orders nothing
			by = incident.Resident
			break
		}
		who = guard(t.spot.unitFor("property"), t.IntN(3))
	case incident.ByGridWorker:
		who = pick(t.chance, gridders)
	case incident.CameraOperator:
		who = guard(t.spot.unitFor("property"), t.IntN(3))
	case incident.Hotline, incident.Agency, incident.Police:
		who = watch(t.now)
	}
	i, err := t.centre.Engine.Report(t.ctx, who, incident.Report{
		Key: fmt.Sprintf("seed-%d-%s", t.x.number, by), Class: t.class.Key, Place: t.spot.path, Zone: t.spot.zone, Source: by,
		Text: t.class.ZH + "," + words[t.is(.5)], Observed: t.now.Add(-time.Duration(t.IntN(180)) * time.Second), Test: t.x.drill,
	})
	if err != nil {
		t.fail(fmt.Errorf("report of %s at %s: %w", t.class.Key, t.spot.path, err))
		return i, false
	}
	return i, i.Version == 1
}

// event is what a box sends.
func (t *tale) event() event.Event {
	k := event.Kind(t.class.Key)
	id := t.id()
	status, score := "Actual", .6+.39*t.Float64()
	if t.x.drill {
		status = "Exercise"
	}
	return event.Event{
		ID: id, Episode: id, Source: t.spot.source, Time: t.now, Since: t.now.Add(-time.Duration(3+t.IntN(20)) * time.Second), Kind: k, State: event.Start,
		Certainty: "Possible", Severity: k.Severity(), Urgency: k.Urgency(), Status: status, Zone: t.spot.zone, Score: score,
		Detector: event.Detector{Name: "seed", Version: "1"},
	}
}

// over is the end of an episode.
func (t *tale) over(e event.Event) {
	e.ID, e.State, e.Time = t.id(), event.End, t.now
	t.hear(e)
}

// found is the first step: is it true? It reports whether the case goes on.
func (t *tale) found() bool {
	if t.class.SignalOnly && !t.x.true && t.is(.97) {
		return false // nobody takes it up, and it goes by itself
	}
	t.wait(t.delay(map[event.Level]time.Duration{1: 25 * time.Second, 2: 150 * time.Second, 3: 9 * time.Minute, 4: 45 * time.Minute}[t.class.Level]))
	duty := watch(t.now)
	if !t.x.true {
		v := pick(t.chance, []incident.Verdict{incident.Mistaken, incident.Mistaken, incident.Mistaken, incident.Harmless, incident.Rule})
		if t.x.drill {
			v = incident.Test
		}
		t.do(duty, incident.Command{Action: incident.Reject, Verdict: v})
		return false
	}
	if t.x.finder != incident.CameraAuto && t.x.finder != incident.Sensor && t.is(.03) {
		t.do(duty, incident.Command{Action: incident.Decline, Reason: "不属于社区职责范围,已告知反映人"})
		return false
	}
	if t.class.Level == event.Urgent {
		t.do(duty, incident.Command{
			Action: incident.Alarm, Class: t.class.Key, Unit: t.unit, HandlingUnit: t.unit, Handler: t.who.Name, Level: 1, Reason: "现场确认属实", Impact: pick(t.chance, []string{"Minor", "Minor", "Moderate", "Severe"}),
		})
		return !t.ended
	}
	t.do(duty, incident.Command{Action: incident.Confirm})
	return !t.ended
}

// delay is a time around a median, longer while the cameras were not connected.
// Ordinary matters of the night wait for the morning.
func (t *tale) delay(median time.Duration) time.Duration {
	d := t.about(t.slower(median), .7)
	if t.class.Level <= event.Serious {
		return d
	}
	return t.morning(d, 23, 7)
}
