package store

import (
	"context"
	"database/sql"

	"eastgate/cloud/retention"
)

const holdColumns = "id, incident, purpose, reason, who, unit, at, released_by, released_at, release_reason"

// AddHold implements retention.Store. It goes through the group, so that no piece is
// deleted by somebody who does not know of it.
func (s *Store) AddHold(ctx context.Context, h retention.Hold) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO holds (id, incident, purpose, reason, who, unit, at) VALUES ($1, $2, $3, $4, $5, $6, $7)", h.ID, h.Incident, h.Purpose, h.Reason, h.By, h.Unit, ms(h.At))
		return err
	})
}

// CountHolds implements retention.Store.
func (s *Store) CountHolds(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, countHolds).Scan(&n)
	return n, err
}

// Hold implements retention.Store.
func (s *Store) Hold(ctx context.Context, id string) (retention.Hold, error) {
	list, err := s.holds(ctx, "WHERE id = $1", id)
	if err == nil && len(list) == 0 {
		return retention.Hold{}, retention.ErrNotFound
	}
	if err != nil {
		return retention.Hold{}, err
	}
	return list[0], nil
}

// Holds implements retention.Store.
func (s *Store) Holds(ctx context.Context, limit int) ([]retention.Hold, error) {
	holding, err := s.holds(ctx, "WHERE released_at IS NULL ORDER BY id DESC")
	if err != nil {
		return nil, err
	}
	released, err := s.holds(ctx, "WHERE released_at IS NOT NULL ORDER BY id DESC LIMIT $1", max(0, limit-len(holding)))
	return append(holding, released...), err
}

// ReleaseHold implements retention.Store. Of two who release at once, the first counts.
func (s *Store) ReleaseHold(ctx context.Context, h retention.Hold) error {
	r, err := s.write.ExecContext(ctx, "UPDATE holds SET released_by = $2, released_at = $3, release_reason = $4 WHERE id = $1 AND released_at IS NULL", h.ID, h.ReleasedBy, orNull(h.ReleasedAt), h.ReleaseReason)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return retention.ErrReleased
}

func (s *Store) holds(ctx context.Context, where string, args ...any) ([]retention.Hold, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+holdColumns+" FROM holds "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []retention.Hold{}
	for rows.Next() {
		var h retention.Hold
		var at int64
		var released sql.NullInt64
		if err := rows.Scan(&h.ID, &h.Incident, &h.Purpose, &h.Reason, &h.By, &h.Unit, &at, &h.ReleasedBy, &released, &h.ReleaseReason); err != nil {
			return nil, err
		}
		h.At, h.ReleasedAt = fromMS(at), orNil(released)
		out = append(out, h)
	}
	return out, rows.Err()
}
