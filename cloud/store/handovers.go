package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"eastgate/cloud/handover"
)

var _ handover.Store = (*Store)(nil)

const handoverColumns = "position, sheet, act, incident, who, person, at, words, facts, prev, hash"

// AppendHandover implements handover.Store. The group's transactions exclude each
// other, over replicas too.
func (s *Store) AppendHandover(ctx context.Context, sheet string, next func([]handover.Row) (*handover.Row, error)) error {
	return s.group.do(ctx, func(tx *Tx) error {
		rows, err := tx.Query("SELECT "+handoverColumns+" FROM handovers WHERE sheet = $1 ORDER BY position", sheet)
		if err != nil {
			return err
		}
		there, err := handovers(rows)
		if err != nil {
			return err
		}
		r, err := next(there)
		if err != nil || r == nil {
			return err
		}
		var position int64
		var prev string
		err = tx.QueryRow("SELECT position, hash FROM handovers ORDER BY position DESC LIMIT 1").Scan(&position, &prev)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		sealed, err := r.Sealed(position+1, prev)
		if err != nil {
			return err
		}
		facts, err := json.Marshal(sealed.Facts)
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO handovers ("+handoverColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
			sealed.Position, sealed.Sheet, string(sealed.Act), sealed.Incident, sealed.Who, sealed.Person, ms(sealed.At), sealed.Text, string(facts), sealed.Prev, sealed.Hash)
		return err
	})
}

// Handover implements handover.Store.
func (s *Store) Handover(ctx context.Context, sheet string) ([]handover.Row, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+handoverColumns+" FROM handovers WHERE sheet = $1 ORDER BY position", sheet)
	if err != nil {
		return nil, err
	}
	return handovers(rows)
}

// Handovers implements handover.Store.
func (s *Store) Handovers(ctx context.Context, before string, limit int) ([]handover.Row, error) {
	newest := "SELECT sheet FROM handovers WHERE act = 'out' AND ($1 = '' OR sheet < $1) ORDER BY sheet DESC LIMIT $2"
	rows, err := s.read.QueryContext(ctx, "SELECT "+handoverColumns+" FROM handovers WHERE sheet IN ("+newest+") ORDER BY position", before, limit)
	if err != nil {
		return nil, err
	}
	return handovers(rows)
}

func handovers(rows *sql.Rows) ([]handover.Row, error) {
	defer rows.Close()
	var out []handover.Row
	for rows.Next() {
		var r handover.Row
		var at int64
		var facts string
		if err := rows.Scan(&r.Position, &r.Sheet, &r.Act, &r.Incident, &r.Who, &r.Person, &at, &r.Text, &facts, &r.Prev, &r.Hash); err != nil {
			return nil, err
		}
		r.At = fromMS(at)
		if err := json.Unmarshal([]byte(facts), &r.Facts); err != nil {
			return nil, fmt.Errorf("sheet %s: %w", r.Sheet, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
