package retention

import (
	"context"
	"slices"
	"strings"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
	"eastgate/shared/event"
)

// A Hold keeps the evidence of one incident beyond its time.
type Hold struct {
	ID            string     `json:"id"` // a ULID
	Incident      string     `json:"incident"`
	Purpose       string     `json:"purpose"`
	Reason        string     `json:"reason"`
	By            string     `json:"by"`
	Unit          string     `json:"unit"`
	At            time.Time  `json:"at"`
	ReleasedBy    string     `json:"released_by,omitempty"`
	ReleasedAt    *time.Time `json:"released_at,omitempty"`
	ReleaseReason string     `json:"release_reason,omitempty"`
}

// Incidents are what pieces are evidence of.
type Incidents interface {
	Get(ctx context.Context, id string) (incident.Incident, error)
	List(ctx context.Context, f incident.Filter) ([]incident.Incident, error)
	History(ctx context.Context, id string) ([]incident.Step, error)
}

// A Desk is where holds are placed and released.
type Desk struct {
	Store     Store
	Incidents Incidents
	Register  *register.Register
	Now       func() time.Time
}

// Place holds the evidence of an incident until somebody releases it.
func (d *Desk) Place(ctx context.Context, who access.User, id, purpose, reason, from string) (Hold, error) {
	i, err := d.Incidents.Get(ctx, id)
	if err != nil {
		return Hold{}, err
	}
	h := Hold{ID: event.NewID(), Incident: i.ID, Purpose: purpose, Reason: strings.TrimSpace(reason), By: who.Name, Unit: who.Unit, At: d.Now().UTC().Truncate(time.Millisecond)}
	if err := d.Register.Use(ctx, who, used(i, h.ID, register.Use{Right: access.HoldEvidence, Purpose: purpose, Reason: h.Reason, Detail: "the evidence is held", From: from})); err != nil {
		return Hold{}, err
	}
	return h, d.Store.AddHold(ctx, h)
}

// Release lets the evidence go by its rule again. It takes a right of its own, and a
// reason.
func (d *Desk) Release(ctx context.Context, who access.User, id, purpose, reason, from string) (Hold, error) {
	h, err := d.Store.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	i, err := d.Incidents.Get(ctx, h.Incident)
	if err != nil {
		return h, err
	}
	u := used(i, h.ID, register.Use{Right: access.ReleaseEvidence, Purpose: purpose, Reason: strings.TrimSpace(reason), Detail: "the hold is released", From: from})
	if h.ReleasedAt != nil {
		u.Against = ErrReleased
	}
	if err := d.Register.Use(ctx, who, u); err != nil {
		return h, err
	}
	now := d.Now().UTC().Truncate(time.Millisecond)
	h.ReleasedBy, h.ReleasedAt, h.ReleaseReason = who.Name, &now, u.Reason
	return h, d.Store.ReleaseHold(ctx, h)
}

// mostHolds bounds a list.
const mostHolds = 1000

// List are the holds of incidents that somebody could hold or release, those that hold
// first.
func (d *Desk) List(ctx context.Context, who access.User) ([]Hold, error) {
	all, err := d.Store.Holds(ctx, mostHolds)
	out := []Hold{}
	for _, h := range all {
		i, err := d.Incidents.Get(ctx, h.Incident)
		if err != nil {
			return nil, err
		}
		if access.May(who, access.HoldEvidence, object(i)) || access.May(who, access.ReleaseEvidence, object(i)) {
			out = append(out, h)
		}
	}
	return out, err
}

func used(i incident.Incident, hold string, u register.Use) register.Use {
	u.On, u.Act, u.Object, u.Case = object(i), register.Change, "hold/"+hold, i.Number
	u.Detail += ": incident/" + i.ID
	return u
}

func object(i incident.Incident) access.Object {
	units := slices.DeleteFunc([]string{i.Unit, i.HandlingUnit}, func(u string) bool { return u == "" })
	return access.Object{Place: i.Place, Class: i.Class, Units: units}
}
