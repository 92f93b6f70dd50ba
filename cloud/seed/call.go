package seed

import (
	"fmt"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/whistle"
)

// authorities are the units that a matter is enforced by.
var authorities = map[string]bool{"urban-office": true, "traffic-police": true, "police-station": true}

// other is the same person as package access has them.
func other(a incident.Actor) access.Actor {
	out := access.Actor{Name: a.Name, Unit: a.Unit}
	for _, r := range a.Roles {
		out.Roles = append(out.Roles, access.Role(r))
	}
	return out
}

// call is 吹哨: an authority is asked to come, comes, and says what came of it.
func (t *tale) call(yield func(time.Time) bool) {
	c := *t
	c.yield, c.ended = yield, false
	ask := whistle.Ask{Action: whistle.DraftIt, Kind: whistle.Enforcement, Unit: c.unit, Purpose: "联合执法处置" + c.class.ZH}
	w, err := c.centre.Whistles.Begin(c.ctx, other(watch(c.now)), c.i.ID, ask)
	if err != nil {
		c.fail(fmt.Errorf("whistle for %s: %w", c.class.Key, err))
		return
	}
	do := func(who incident.Actor, median time.Duration, a whistle.Ask) {
		c.wait(c.about(c.slower(median), .6))
		if c.ended || c.err != nil {
			return
		}
		if w, err = c.centre.Whistles.Do(c.ctx, other(who), w.ID, w.Version, a); err != nil {
			c.fail(fmt.Errorf("whistle %s for %s: %w", a.Action, c.class.Key, err))
		}
	}
	liaison := handler(c.unit, c.IntN(2))
	do(lead, 6*time.Minute, whistle.Ask{Action: whistle.Approve})
	do(lead, time.Minute, whistle.Ask{Action: whistle.Send})
	do(liaison, 20*time.Minute, whistle.Ask{Action: whistle.Acknowledge})
	do(liaison, 35*time.Minute, whistle.Ask{Action: whistle.Attend})
	do(liaison, 50*time.Minute, whistle.Ask{Action: whistle.RecordIt, Outcome: pick(c.chance, []string{"责令改正", "当场教育", "警告"})})
	do(liaison, 10*time.Minute, whistle.Ask{Action: whistle.Deliver, Result: "已到场执法"})
	do(lead, 3*time.Hour, whistle.Ask{Action: whistle.Accept})
}
