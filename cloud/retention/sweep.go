package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/register"
)

// A Keeper deletes pieces whose time is over.
type Keeper struct {
	Policy    Policy
	Store     Store
	Folder    *evidence.Folder
	Incidents Incidents
	Register  *register.Register
	Now       func() time.Time
	Log       *slog.Logger
	Metrics   *Metrics
}

// every is how often pieces are looked through.
const every = time.Hour

// Run looks through the pieces each hour. The first time is an hour after the start,
// so that whoever has set a rule wrongly can stop the cloud.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		switch n, err := k.Sweep(ctx); {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrHeld): // the next hour knows it
		case err != nil:
			k.Metrics.failures.Inc()
			k.Log.Error("evidence whose time is over cannot be deleted", "err", err)
		case n > 0:
			k.Log.Info("evidence whose time was over is deleted", "pieces", n)
		}
	}
}

// batch is how many due pieces are read at a time.
const batch = 500

// Sweep deletes what is due now, and returns how much that was. What it did before an
// error is written down all the same.
func (k *Keeper) Sweep(ctx context.Context) (n int, err error) {
	if err := k.Policy.Validate(); err != nil {
		return 0, fmt.Errorf("retention: %w: nothing is deleted", err)
	}
	if err := k.adopt(ctx); err != nil {
		return 0, err
	}
	holds, err := k.Store.CountHolds(ctx) // before what is held: a later one ends the sweep
	if err != nil {
		return 0, err
	}
	stays, err := k.stays(ctx)
	if err != nil {
		return 0, err
	}
	sites, err := k.Store.PieceSites(ctx)
	if err != nil {
		return 0, err
	}
	for _, site := range sites {
		var gone int
		gone, err = k.site(ctx, site, holds, stays)
		if n += gone; err != nil {
			break
		}
	}
	if n > 0 {
		err = errors.Join(err, k.witness(context.WithoutCancel(ctx), n))
	}
	return n, err
}

// adopt notes files of which nothing is known: they came before anything was written
// down, from people instead of boxes, or with a backup.
func (k *Keeper) adopt(ctx context.Context) error {
	known, err := k.Store.PieceSums(ctx)
	if err != nil {
		return err
	}
	return k.Folder.Each(ctx, func(sum string) error {
		if known[sum] {
			return nil
		}
		_, came, err := k.Folder.Info(sum)
		if err != nil {
			return err
		}
		return k.Store.NotePiece(ctx, Piece{SHA256: sum, Came: came})
	})
}

// stays are the sums that no rule deletes: of incidents that are open or held, and of
// drawings.
func (k *Keeper) stays(ctx context.Context) (map[string]bool, error) {
	out := map[string]bool{}
	plans, err := k.Store.PicturesOfPlans(ctx)
	if err != nil {
		return nil, err
	}
	for _, sum := range plans {
		out[sum] = true
	}
	holds, err := k.Store.Holds(ctx, mostHolds)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		if h.ReleasedAt != nil {
			continue
		}
		i, err := k.Incidents.Get(ctx, h.Incident)
		if err != nil {
			return nil, err
		}
		if err := k.evidence(ctx, i, out); err != nil {
			return nil, err
		}
	}
	f := incident.Filter{States: incident.OpenStates(), Scope: incident.Everything, Sort: incident.Oldest, Limit: incident.MaxPage}
	for {
		page, err := k.Incidents.List(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			if err := k.evidence(ctx, i, out); err != nil {
				return nil, err
			}
		}
		if len(page) < f.Limit {
			return out, nil
		}
		f.After = f.Cursor(page[len(page)-1])
	}
}

// evidence adds all pieces that ever told of an incident, not only its newest.
func (k *Keeper) evidence(ctx context.Context, i incident.Incident, out map[string]bool) error {
	steps, err := k.Incidents.History(ctx, i.ID)
	if err != nil {
		return err
	}
	for _, sum := range append([]string{i.Snapshot, i.Clip}, i.Photos...) {
		out[sum] = true
	}
	for _, s := range steps {
		var d incident.Detail
		if len(s.Detail) > 0 {
			if err := json.Unmarshal(s.Detail, &d); err != nil {
				return fmt.Errorf("incident %s, step %d: %w", i.ID, s.Seq, err)
			}
		}
		if d.Record != nil {
			out[d.Record.Snapshot], out[d.Record.Clip] = true, true
		}
		for _, sum := range d.Photos {
			out[sum] = true
		}
	}
	return nil
}

// site deletes what is due of one site.
func (k *Keeper) site(ctx context.Context, site string, holds int64, stays map[string]bool) (n int, err error) {
	rule, now := k.Policy.Of(site), k.Now().UTC().Truncate(time.Millisecond)
	for after := ""; ; {
		due, err := k.Store.DuePieces(ctx, site, now.AddDate(0, 0, -rule.MaxDays), after, batch)
		if err != nil {
			return n, err
		}
		for _, p := range due {
			if stays[p.SHA256] {
				continue
			}
			if err := k.delete(ctx, p, rule, now, holds); err != nil {
				return n, err
			}
			n++
		}
		if len(due) < batch {
			return n, nil
		}
		after = due[len(due)-1].SHA256
	}
}

// delete writes the row and then removes the file. After a crash between the two the
// file is adopted and deleted anew, with a second row.
func (k *Keeper) delete(ctx context.Context, p Piece, rule Rule, now time.Time, holds int64) error {
	bytes, _, err := k.Folder.Info(p.SHA256)
	gone := errors.Is(err, evidence.ErrNotFound)
	if err != nil && !gone {
		return err
	}
	d := Deletion{At: now, SHA256: p.SHA256, Bytes: bytes, Site: p.Site, Box: p.Box, Came: p.Came, Rule: rule.String()}
	if gone {
		d.Rule = "its file was gone already"
	}
	if _, err := k.Store.DeletePiece(ctx, d, holds); err != nil {
		return err
	}
	k.Metrics.deleted.Inc()
	if gone {
		return nil
	}
	return k.Folder.Remove(p.SHA256)
}

// Object is what the register's rows about deletions are about.
const Object = "evidence"

// witness has the register, which is itself anchored, keep the newest mark.
func (k *Keeper) witness(ctx context.Context, n int) error {
	d, err := k.Store.NewestDeletion(ctx)
	if err != nil {
		return err
	}
	m := register.Mark{Position: d.Position, Hash: d.Hash}
	return k.Register.Write(ctx, register.Entry{Who: "cloud", Act: register.Forget, Object: Object, Basis: "retention", Detail: fmt.Sprintf("%d pieces, the deletions end with %s", n, m)})
}
