package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"eastgate/cloud/api"
	"eastgate/cloud/evidence"
	"eastgate/cloud/police"
	"eastgate/cloud/register"
	"eastgate/cloud/sharing"
)

// linkFor is how long a one-time link holds where the configuration says nothing.
const linkFor = 15 * time.Minute

// openPolice makes the bridge to the police; nil when none is configured.
func (c *Cloud) openPolice(folder *evidence.Folder, agreements *sharing.Book) (*police.Bridge, error) {
	f := c.file.Police
	if !f.On() {
		return nil, nil
	}
	o := police.Options{
		Remote: police.Remote{Broker: f.Broker, CAFile: f.CAFile, Cert: f.Cert, Key: f.Key}, Topics: police.Topics{District: f.District, Community: f.Community},
		Organisation: f.Organisation, Contact: police.Contact(f.Contact), Store: c.store, Incidents: c.engine, Sharing: agreements, Register: c.parts.register,
		Whistles: c.parts.whistles, Catalogue: c.catalogue, Point: c.point, Log: c.log, Metrics: police.NewMetrics(c.reg),
	}
	if err := o.Remote.Validate(); err != nil {
		return nil, fmt.Errorf("police: %w", err)
	}
	if e := f.Evidence; e.Listen != "" {
		if e.TTL == 0 {
			e.TTL = linkFor
		}
		o.Evidence = &police.Evidence{Listen: e.Listen, PublicURL: e.PublicURL, Cert: e.Cert, Key: e.Key, ClientCA: e.ClientCA, TTL: e.TTL, Open: func(sum string) (io.ReadCloser, error) { return folder.Get(sum) }}
	}
	return police.New(o), nil
}

// bridge is the bridge for the API: no interface that holds nil.
func (c *Cloud) bridge() api.Police {
	if c.police == nil {
		return nil
	}
	return c.police
}

// point is where a place is, or the nearest place around it that is known.
func (c *Cloud) point(path string) (lat, lon *float64) {
	p, _, ok := c.places.Place(path)
	if !ok {
		return nil, nil
	}
	return p.Lat, p.Lon
}

// runPolice runs the bridge: of several clouds one does.
func (c *Cloud) runPolice(ctx context.Context) error {
	if c.police == nil {
		return nil
	}
	return c.alone(ctx, "police", c.police.Run)
}

// servePolice keeps the door for one-time links open, on every cloud.
func (c *Cloud) servePolice(ctx context.Context) error {
	if c.police == nil {
		return nil
	}
	return c.police.Serve(ctx)
}

// policeReconcile prints a month's counts of both sides. It ends with an error when
// they differ, so that a scheduled run is noticed.
func (c Console) policeReconcile(ctx context.Context, args []string) error {
	flags, path := c.flags("police reconcile")
	month := flags.String("month", time.Now().AddDate(0, -1, 0).Format("2006-01"), "the `month`, as 2026-11")
	if err := flags.Parse(args); err != nil || flags.NArg() != 0 {
		fmt.Fprint(c.Err, Usage)
		return ErrUsage
	}
	var r police.Reconciliation
	err := openNearby(ctx, *path, func(b nearby) error {
		var err error
		if r, err = police.Reconcile(ctx, b.store, *month); err != nil {
			return err
		}
		return b.register.Write(ctx, register.Entry{Who: typist().Name, Person: typist().Person, Act: register.Read, Object: "police/reconciliation/" + r.Month, Detail: "by command"})
	})
	if err != nil {
		return err
	}
	out := json.NewEncoder(c.Out)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		return err
	}
	if !r.Agrees {
		return fmt.Errorf("%s does not agree: see differences", r.Month)
	}
	return nil
}
