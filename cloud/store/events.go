package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"eastgate/cloud/ingest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Record stores what one message brought. When it returns nil all of it is
// committed: new events, events that were there, and refusals.
func (s *Store) Record(ctx context.Context, site, box string, items []wire.Item, refused []wire.Refusal) (ingest.Recording, error) {
	bodies := make([][]byte, len(items))
	for i := range items {
		var err error
		if bodies[i], err = json.Marshal(&items[i].Event); err != nil {
			return ingest.Recording{}, err
		}
	}
	var out ingest.Recording
	w := recording{site: site, box: box, now: ms(time.Now())}
	err := s.group.do(ctx, func(tx *sql.Tx) error {
		out = ingest.Recording{}
		for i, it := range items {
			if err := w.event(tx, it, bodies[i], &out); err != nil {
				return fmt.Errorf("store event %s: %w", it.Event.ID, err)
			}
		}
		for _, r := range refused {
			if _, err := tx.Exec(`INSERT INTO refusals (site, box, epoch, priority, sequence, received, fault, raw)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
				site, box, r.Epoch, int(r.Priority), int64(r.Sequence), w.now, r.Err.Error(), string(r.Raw)); err != nil { //nolint:gosec // sequences stay far below
				return fmt.Errorf("store refusal: %w", err)
			}
		}
		return nil
	})
	return out, err
}

// A recording is what one message's events have in common.
type recording struct {
	site, box string
	now       int64
}

func (w recording) event(tx *sql.Tx, it wire.Item, body []byte, out *ingest.Recording) error {
	res, err := tx.Exec(`INSERT INTO events (id, site, box, epoch, priority, sequence, kind, time, received, backfill, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING`,
		it.Event.ID, w.site, w.box, it.Epoch, int(it.Priority), int64(it.Sequence), string(it.Event.Kind), //nolint:gosec // sequences stay far below
		ms(it.Event.Time), w.now, it.Backfill, string(body))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		out.Repeats++
		return nil
	}
	out.New++
	if it.Epoch == "" { // our own: no box's stream
		return nil
	}
	var others int
	if err := tx.QueryRow(`SELECT count(*) FROM events WHERE site = $1 AND box = $2 AND epoch = $3 AND priority = $4 AND sequence = $5 AND id <> $6`,
		w.site, w.box, it.Epoch, int(it.Priority), int64(it.Sequence), it.Event.ID).Scan(&others); err != nil { //nolint:gosec // as above
		return err
	}
	if others > 0 {
		out.Clashes = append(out.Clashes, it.Position)
	}
	return nil
}

// RecordOwn stores an event that the cloud itself makes.
func (s *Store) RecordOwn(ctx context.Context, e event.Event) error {
	site, box, _, ok := e.Source.Split()
	if err := e.Validate(); err != nil || !ok {
		return fmt.Errorf("own event: %w", err)
	}
	_, err := s.Record(ctx, site, box, []wire.Item{{Event: e}}, nil)
	return err
}

// Events returns how many events are stored.
func (s *Store) Events(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM events").Scan(&n)
	return n, err
}

// Refusals returns how many items were kept aside.
func (s *Store) Refusals(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM refusals").Scan(&n)
	return n, err
}
