package police

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/incident"
	"eastgate/cloud/sharing"
)

// batch bounds what is taken in one transaction.
const batch = 200

// freshFor is how old the confirmation of what has ended may be that nobody was told
// of: a bridge that comes back from holidays tells no old stories.
const freshFor = 24 * time.Hour

// follow takes in all changes that there are. A bridge that was never here before
// begins with the next one.
func (b *Bridge) follow(ctx context.Context) error {
	for {
		f := Following{}
		var err error
		if f.From, f.Begun, err = b.o.Store.PoliceFollowed(ctx); err != nil {
			return fmt.Errorf("follow incidents: %w", err)
		}
		if !f.Begun {
			if f.To, err = b.o.Incidents.Last(ctx); err != nil {
				return fmt.Errorf("follow incidents: %w", err)
			}
		} else {
			changes, err := b.o.Incidents.Changes(ctx, f.From, batch)
			if err != nil || len(changes) == 0 {
				return err
			}
			f.To = changes[len(changes)-1].Position
			if f.Messages, err = b.worth(ctx, changes); err != nil {
				return err
			}
		}
		switch err := b.o.Store.FollowPolice(ctx, f); {
		case err == nil:
			b.o.Metrics.queued.Add(float64(len(f.Messages)))
		case !errors.Is(err, ErrTaken): // then read on after what the other took in
			return fmt.Errorf("follow incidents: %w", err)
		}
	}
}

// worth returns the messages that changes are worth.
func (b *Bridge) worth(ctx context.Context, changes []incident.Change) ([]Message, error) {
	var ids []string
	now := map[string]incident.Incident{}
	for _, c := range changes {
		if _, there := now[c.Incident.ID]; !there {
			ids = append(ids, c.Incident.ID)
		}
		now[c.Incident.ID] = c.Incident
	}
	latest, err := b.o.Store.LatestPolice(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Message
	for _, id := range ids {
		i := now[id]
		before, told := latest[id]
		if !b.concerns(i) || told && before.Digest == digest(i) || !told && !i.State.Open() && i.ConfirmedAt.Before(b.now().Add(-freshFor)) {
			continue
		}
		matter, err := b.matter(i)
		if err != nil {
			return nil, err
		}
		covered, err := b.o.Sharing.Covers(ctx, b.o.Organisation, matter)
		if err != nil {
			return nil, err
		}
		if !covered && !told {
			continue // it is none of theirs: not even a refusal is worth a row
		}
		m := newMessage(OfIncident, i.Level, b.now())
		m.Incident, m.Number, m.Class, m.Site = i.ID, i.Number, i.Class, siteOf(i.Site, i.Place)
		m.Version, m.Digest = i.Version, digest(i)
		out = append(out, m)
	}
	return out, nil
}

// concerns reports whether an incident is one that police are told of: real, and
// confirmed by a named person. What no agreement covers sharing says.
func (b *Bridge) concerns(i incident.Incident) bool {
	return !i.Test && !i.Health && i.ConfirmedAt != nil && i.ConfirmedBy != "" && i.Parent == ""
}

func (b *Bridge) matter(i incident.Incident) (sharing.Matter, error) {
	class, known := b.o.Catalogue.Class(i.Class)
	return sharing.MatterOf(i, !known || class.Restricted)
}
