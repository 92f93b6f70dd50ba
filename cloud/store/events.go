package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"eastgate/cloud/ingest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Record stores what one message brought. When it returns nil all of it is
// committed: new events, events that were there, and refusals.
func (s *Store) Record(ctx context.Context, site, box string, items []wire.Item, refused []wire.Refusal) (ingest.Recording, error) {
	bodies := make([]string, len(items))
	for i := range items {
		body, err := json.Marshal(&items[i].Event)
		if err != nil {
			return ingest.Recording{}, err
		}
		bodies[i] = string(body)
	}
	var out ingest.Recording
	r := recording{site: site, box: box, now: ms(s.now())}
	err := s.group.do(ctx, func(tx *Tx) error {
		out = ingest.Recording{}
		if err := r.events(tx, items, bodies, &out); err != nil {
			return fmt.Errorf("store %d events: %w", len(items), err)
		}
		if err := r.refusals(tx, refused); err != nil {
			return fmt.Errorf("store %d refusals: %w", len(refused), err)
		}
		return r.hold(tx, held(items, refused))
	})
	return out, err
}

// A recording is what one message's events have in common.
type recording struct {
	site, box string
	now       int64
}

// events inserts all in one statement: on PostgreSQL each statement is a round trip.
func (r recording) events(tx *Tx, items []wire.Item, bodies []string, out *ingest.Recording) error {
	if len(items) == 0 {
		return nil
	}
	rows := tx.values()
	for i, it := range items {
		rows.add(tx.next(eventPosition), it.Event.ID, r.site, r.box, it.Epoch, int(it.Priority), int64(it.Sequence), //nolint:gosec // sequences stay far below
			string(it.Event.Kind), ms(it.Event.Time), r.now, it.Backfill, bodies[i])
	}
	res, err := tx.Exec(`INSERT INTO events (position, id, site, box, epoch, priority, sequence, kind, time, received, backfill, body)
		VALUES `+rows.String()+` ON CONFLICT (id) DO NOTHING`, rows.args...)
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	out.New, out.Repeats = int(n), len(items)-int(n)
	if out.New == 0 {
		return nil
	}
	return r.clashes(tx, items, out)
}

// clashes looks for places in the box's streams that another event holds too.
func (r recording) clashes(tx *Tx, items []wire.Item, out *ingest.Recording) error {
	type stream struct {
		epoch    string
		priority event.Level
	}
	streams := map[stream][]any{}
	for _, it := range items {
		if it.Epoch != "" { // else our own: no box's stream
			k := stream{it.Epoch, it.Priority}
			streams[k] = append(streams[k], int64(it.Sequence)) //nolint:gosec // sequences stay far below
		}
	}
	for k, seqs := range streams {
		args := append([]any{r.site, r.box, k.epoch, int(k.priority)}, seqs...)
		rows, err := tx.Query(`SELECT sequence FROM events WHERE site = $1 AND box = $2 AND epoch = $3 AND priority = $4
			AND sequence IN (`+holders(5, len(seqs))+`) GROUP BY sequence HAVING count(*) > 1 ORDER BY sequence`, args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var seq int64
			if err := rows.Scan(&seq); err != nil {
				return closing(rows, err)
			}
			out.Clashes = append(out.Clashes, wire.Position{Epoch: k.epoch, Priority: k.priority, Sequence: uint64(seq)}) //nolint:gosec // it was one
		}
		if err := closing(rows, rows.Err()); err != nil {
			return err
		}
	}
	return nil
}

// holders are n placeholders from $first on.
func holders(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", first+i)
	}
	return b.String()
}

func closing(rows *sql.Rows, err error) error {
	if e := rows.Close(); err == nil {
		err = e
	}
	return err
}

func (r recording) refusals(tx *Tx, refused []wire.Refusal) error {
	if len(refused) == 0 {
		return nil
	}
	rows := tx.values()
	for _, f := range refused {
		rows.add(tx.next(eventPosition), r.site, r.box, f.Epoch, int(f.Priority), int64(f.Sequence), r.now, text(f.Err.Error()), text(string(f.Raw))) //nolint:gosec // sequences stay far below
	}
	_, err := tx.Exec(`INSERT INTO refusals (position, site, box, epoch, priority, sequence, received, fault, raw)
		VALUES `+rows.String()+` ON CONFLICT DO NOTHING`, rows.args...)
	return err
}

// text makes what came from outside storable: PostgreSQL takes neither NUL nor
// what is no UTF-8.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// values are the rows of one INSERT.
type values struct {
	holder func(n int) string
	list   strings.Builder
	args   []any
}

func (tx *Tx) values() *values { return &values{holder: tx.holder} }

func (v *values) add(row ...any) {
	sep := "("
	if len(v.args) > 0 {
		sep = ", ("
	}
	for _, x := range row {
		v.args = append(v.args, x)
		v.list.WriteString(sep)
		if v.holder != nil {
			v.list.WriteString(v.holder(len(v.args)))
		} else {
			fmt.Fprintf(&v.list, "$%d", len(v.args))
		}
		sep = ", "
	}
	v.list.WriteByte(')')
}

func (v *values) String() string { return v.list.String() }

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
