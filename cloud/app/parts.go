package app

import (
	"context"

	"eastgate/cloud/escalation"
	"eastgate/cloud/incident"
	"eastgate/cloud/place"
	"eastgate/cloud/register"
	"eastgate/cloud/retention"
	"eastgate/cloud/whistle"
	"eastgate/shared/event"
)

// parts are what people work with beside the incidents.
type parts struct {
	register *register.Register
	keeper   *register.Keeper
	sweeper  *retention.Keeper
	whistles *whistle.Engine
}

func (c *Cloud) openParts() error {
	c.engine = incident.New(c.store, incident.Options{
		Catalogue: c.catalogue, Calendar: c.calendar, Places: where{c.places}, Log: c.log, Metrics: incident.NewMetrics(c.reg),
	})
	c.reminders = escalation.New(matters{c.engine}, c.store, escalation.Options{
		Catalogue: c.catalogue, Calendar: c.calendar, Log: c.log, Metrics: escalation.NewMetrics(c.reg),
	})
	c.parts.register = register.New(c.store, register.NewMetrics(c.reg))
	c.people.RecordIn(c.parts.register)
	c.parts.whistles = whistle.New(c.store, whistle.Options{Parents: parents{c.engine}, Respond: whistle.RespondBy(c.calendar), Tell: c.engine.Tell})
	var err error
	c.parts.keeper, err = keeper(c.file, c.store, c.log)
	return err
}

// where tells the engine of incidents where machines hang.
type where struct{ places *place.Directory }

func (w where) At(s event.Source) incident.Place {
	f := w.places.Resolve(s)
	return incident.Place{Path: f.Path, Name: f.Name, Unit: f.Unit, Sensor: f.Device == place.Sensor}
}

// Known takes any path where no place is listed.
func (w where) Known(path string) (incident.Place, bool) {
	f, ok := w.places.Find(path)
	if w.places.Empty() {
		f.Path, ok = path, path != ""
	}
	return incident.Place{Path: f.Path, Name: f.Name, Unit: f.Unit}, ok
}

// parents tells the engine of whistles what it must know of incidents.
type parents struct{ incidents *incident.Engine }

func (p parents) Parent(ctx context.Context, id string) (whistle.Parent, error) {
	i, err := p.incidents.Get(ctx, id)
	if err != nil {
		return whistle.Parent{}, err
	}
	out := whistle.Parent{ID: i.ID, Number: i.Number, Place: i.Place, Class: i.Class, Open: i.ConfirmedAt != nil && i.State.Open(), Test: i.Test}
	if i.Unit != "" {
		out.Units = []string{i.Unit}
	}
	return out, nil
}

// whistle escalates what is not answered in time.
func (c *Cloud) whistle(ctx context.Context) error { return c.parts.whistles.Run(ctx, c.log) }
