package app

import (
	"context"
	"encoding/json"
	"fmt"

	"eastgate/cloud/escalation"
	"eastgate/cloud/governance"
	"eastgate/cloud/incident"
)

// matters tells escalation what happens to incidents.
type matters struct{ engine *incident.Engine }

// Changes implements escalation.Feed.
func (f matters) Changes(ctx context.Context, after int64, limit int) ([]escalation.Change, error) {
	changes, err := f.engine.Changes(ctx, after, limit)
	out := make([]escalation.Change, len(changes))
	for i, c := range changes {
		var d incident.Detail
		if len(c.Step.Detail) > 0 {
			if err := json.Unmarshal(c.Step.Detail, &d); err != nil {
				return nil, fmt.Errorf("change at %d: %w", c.Position, err)
			}
		}
		out[i] = escalation.Change{
			Position: c.Position, Seq: c.Step.Seq, At: c.Step.ReceivedAt, Deadlines: d.Deadlines,
			Returned: c.Step.Action == incident.Return, Matter: matter(c.Incident),
		}
	}
	return out, err
}

// Matter implements escalation.Feed.
func (f matters) Matter(ctx context.Context, id string) (escalation.Matter, error) {
	i, err := f.engine.Get(ctx, id)
	return matter(i), err
}

// Subscribe implements escalation.Feed.
func (f matters) Subscribe() (<-chan struct{}, func()) { return f.engine.Subscribe() }

func matter(i incident.Incident) escalation.Matter {
	return escalation.Matter{
		ID: i.ID, Number: i.Number, Class: i.Class, Level: i.Level, Place: i.Place, PlaceName: i.PlaceName,
		Unit: i.Unit, HandlingUnit: i.HandlingUnit, Handler: i.Handler, Test: i.Test,
		Taken: i.TakenBy != "", Returns: i.ReturnCount, Running: running(i), Held: held[i.State], Over: !i.State.Open(), Extended: i.Extended,
	}
}

// runs says which steps' time runs in which state of the six steps, and ordersRun in
// which state of an order. A signal is nothing that somebody must verify in time.
var (
	runs = map[incident.State][]governance.Step{
		incident.Signalled:  {governance.Verify},
		incident.Reported:   {governance.Verify},
		incident.Verifying:  {governance.Verify},
		incident.Dispatched: {governance.SignIn, governance.Arrive, governance.Resolve},
		incident.Accepted:   {governance.Arrive, governance.Resolve},
		incident.InProgress: {governance.Resolve},
		incident.Resolved:   {governance.Check},
	}
	ordersRun = map[incident.State][]governance.Step{
		incident.Dispatched: {governance.SignIn, governance.Resolve},
		incident.Accepted:   {governance.Resolve},
	}
	held = map[incident.State][]governance.Step{incident.Suspended: {governance.Resolve}}
)

func running(i incident.Incident) []governance.Step {
	switch {
	case i.Signal:
		return nil
	case i.Profile == governance.Orders:
		return ordersRun[i.State]
	}
	return runs[i.State]
}
