package app

import (
	"context"
	"net/http"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/api"
	"eastgate/cloud/console"
	"eastgate/cloud/evidence"
	"eastgate/cloud/handover"
	"eastgate/cloud/kpi"
	"eastgate/cloud/organisation"
	"eastgate/cloud/register"
	"eastgate/cloud/web"
	"eastgate/shared/event"
)

// running are the parts by which the centre is run.
func (c *Cloud) running(ctx context.Context, folder *evidence.Folder, figures *kpi.Office) (api.Centre, error) {
	seed, err := c.store.Secret(ctx, "register.export")
	if err != nil {
		return api.Centre{}, err
	}
	return api.Centre{
		Definition: figures.Definition, Fleet: c.store.Fleet, Enroller: enroller{c}, Seconds: c.people, People: c.people, Sessions: c.store.Sessions,
		Partners: organisation.New(c.store, nil, c.parts.register), ImportPlaces: c.places.Import, Handovers: handover.New(c.store, time.Now),
		Prove: c.prove, RegisterRows: c.store.Register, Seal: register.Sealer(seed),
		System: func(ctx context.Context) (api.System, error) { return c.system(ctx, folder, figures) },
		Record: c.record,
	}, nil
}

// record takes an event of the cloud's own and has it folded at once.
func (c *Cloud) record(ctx context.Context, e event.Event) error {
	if err := c.store.RecordOwn(ctx, e); err != nil {
		return err
	}
	c.engine.Wake()
	return nil
}

// system says how the cloud itself runs.
func (c *Cloud) system(ctx context.Context, folder *evidence.Folder, figures *kpi.Office) (api.System, error) {
	out := api.System{Version: c.version, Started: c.started, Store: "sqlite", Broker: "embedded", Figures: figures.Definition.Version, Calendar: c.calendar.Until().Format(time.DateOnly)}
	if c.store.Shared() {
		out.Store = "postgres"
	}
	if c.broker == nil {
		out.Broker = "outside"
	}
	var err error
	if out.Bytes, err = c.store.Bytes(ctx); err != nil {
		return out, err
	}
	if out.Events, err = c.store.Events(ctx); err != nil {
		return out, err
	}
	if out.Refusals, err = c.store.Refusals(ctx); err != nil {
		return out, err
	}
	if free, size, err := folder.Room(); err == nil {
		out.Disk = &api.Disk{Free: free, Size: size}
	}
	out.Parts, _ = c.working(ctx)
	if c.member != nil {
		out.Replicas, err = c.member.Members(ctx)
	}
	return out, err
}

// founding is the making of the first accounts.
func (c *Cloud) founding(ctx context.Context) (*access.Founding, error) {
	seed, err := c.store.Secret(ctx, "founding")
	if err != nil {
		return nil, err
	}
	return access.NewFounding(c.people, seed), nil
}

// A founder makes the first accounts for the page that asks for them.
type founder struct{ *access.Founding }

func (f founder) Open(r *http.Request) (bool, error) { return f.Founding.Open(r.Context()) }

func (f founder) Found(r *http.Request, code string, x console.First) (map[string]string, error) {
	return f.Founding.Found(r.Context(), code, web.From(r), map[access.Role]access.Founder{
		access.SystemAdmin:   {Name: x.Name, Person: x.Person, Password: x.Password},
		access.SecurityAdmin: {Name: x.Security, Person: x.SecurityPerson},
		access.AuditAdmin:    {Name: x.Audit, Person: x.AuditPerson},
	})
}
