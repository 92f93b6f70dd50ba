package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eastgate/cloud/retention"
)

var _ retention.Store = (*Store)(nil)

// NotePiece implements retention.Store.
func (s *Store) NotePiece(ctx context.Context, p retention.Piece) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO pieces (sha256, site, box, came) VALUES ($1, $2, $3, $4) ON CONFLICT (sha256) DO NOTHING", p.SHA256, p.Site, p.Box, ms(p.Came))
	return err
}

// PieceSums implements retention.Store.
func (s *Store) PieceSums(ctx context.Context) (map[string]bool, error) {
	list, err := s.texts(ctx, "SELECT sha256 FROM pieces")
	out := make(map[string]bool, len(list))
	for _, sum := range list {
		out[sum] = true
	}
	return out, err
}

// PieceSites implements retention.Store.
func (s *Store) PieceSites(ctx context.Context) ([]string, error) {
	return s.texts(ctx, "SELECT DISTINCT site FROM pieces ORDER BY site")
}

// PicturesOfPlans implements retention.Store.
func (s *Store) PicturesOfPlans(ctx context.Context) ([]string, error) {
	return s.texts(ctx, "SELECT image FROM plans WHERE image <> ''")
}

// texts reads one column.
func (s *Store) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// DuePieces implements retention.Store.
func (s *Store) DuePieces(ctx context.Context, site string, before time.Time, after string, limit int) ([]retention.Piece, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sha256, site, box, came FROM pieces WHERE site = $1 AND came < $2 AND sha256 > $3 ORDER BY sha256 LIMIT $4", site, ms(before), after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []retention.Piece
	for rows.Next() {
		var p retention.Piece
		var came int64
		if err := rows.Scan(&p.SHA256, &p.Site, &p.Box, &came); err != nil {
			return nil, err
		}
		p.Came = fromMS(came)
		out = append(out, p)
	}
	return out, rows.Err()
}

const countHolds = "SELECT count(*) FROM holds"

// DeletePiece implements retention.Store. The group's transactions exclude each other,
// over replicas too.
func (s *Store) DeletePiece(ctx context.Context, d retention.Deletion, holds int64) (retention.Deletion, error) {
	err := s.group.do(ctx, func(tx *Tx) error {
		var prev string
		var placed, position int64
		if err := tx.QueryRow(countHolds).Scan(&placed); err != nil {
			return err
		}
		if placed != holds {
			return retention.ErrHeld
		}
		err := tx.QueryRow("SELECT position, hash FROM deletions ORDER BY position DESC LIMIT 1").Scan(&position, &prev)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		d = d.Sealed(position+1, prev)
		if _, err := tx.Exec("INSERT INTO deletions ("+deletionColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			d.Position, ms(d.At), d.SHA256, d.Bytes, d.Site, d.Box, ms(d.Came), d.Rule, d.Prev, d.Hash); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM pieces WHERE sha256 = $1", d.SHA256)
		return err
	})
	return d, err
}

const deletionColumns = "position, at, sha256, bytes, site, box, came, rule, prev, hash"

// Deletions implements retention.Store.
func (s *Store) Deletions(ctx context.Context, after int64, limit int) ([]retention.Deletion, error) {
	return s.deletions(ctx, "WHERE position > $1 ORDER BY position LIMIT $2", after, limit)
}

// NewestDeletion implements retention.Store.
func (s *Store) NewestDeletion(ctx context.Context) (retention.Deletion, error) {
	list, err := s.deletions(ctx, "ORDER BY position DESC LIMIT 1")
	if err != nil || len(list) == 0 {
		return retention.Deletion{}, err
	}
	return list[0], nil
}

func (s *Store) deletions(ctx context.Context, where string, args ...any) ([]retention.Deletion, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+deletionColumns+" FROM deletions "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []retention.Deletion{}
	for rows.Next() {
		var d retention.Deletion
		var at, came int64
		if err := rows.Scan(&d.Position, &at, &d.SHA256, &d.Bytes, &d.Site, &d.Box, &came, &d.Rule, &d.Prev, &d.Hash); err != nil {
			return nil, err
		}
		d.At, d.Came = fromMS(at), fromMS(came)
		out = append(out, d)
	}
	return out, rows.Err()
}
