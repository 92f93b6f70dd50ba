package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"eastgate/cloud/deliver"
)

var _ deliver.Store = (*Store)(nil)

const bundleColumns = "id, incident, recipient, purpose, reason, state, asked_by, asked_unit, asked_person, asked_at, decided_by, decided_at, words, until, files, fetched_at"

// AddBundle implements deliver.Store.
func (s *Store) AddBundle(ctx context.Context, b deliver.Bundle) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO bundles (id, incident, recipient, purpose, reason, state, asked_by, asked_unit, asked_person, asked_at, files) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
		b.ID, b.Incident, b.For, b.Purpose, b.Reason, string(b.State), b.AskedBy, b.AskedUnit, b.AskedPerson, ms(b.AskedAt), strings.Join(b.Files, " "))
	return err
}

// Bundle implements deliver.Store.
func (s *Store) Bundle(ctx context.Context, id string) (deliver.Bundle, error) {
	b, err := bundle(s.read.QueryRowContext(ctx, "SELECT "+bundleColumns+" FROM bundles WHERE id = $1", id))
	if errors.Is(err, sql.ErrNoRows) {
		return b, deliver.ErrNotFound
	}
	return b, err
}

// Bundles implements deliver.Store.
func (s *Store) Bundles(ctx context.Context, limit int) ([]deliver.Bundle, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+bundleColumns+" FROM bundles ORDER BY id DESC LIMIT $1", limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []deliver.Bundle{}
	for rows.Next() {
		b, err := bundle(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// DecideBundle implements deliver.Store. Of two who decide at once, the first counts.
func (s *Store) DecideBundle(ctx context.Context, b deliver.Bundle) error {
	r, err := s.write.ExecContext(ctx, "UPDATE bundles SET state = $2, decided_by = $3, decided_at = $4, words = $5, until = $6 WHERE id = $1 AND state = 'asked' AND asked_by <> $3",
		b.ID, string(b.State), b.DecidedBy, orNull(b.DecidedAt), b.Words, orNull(b.Until))
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return deliver.ErrDecided
}

// FetchBundle implements deliver.Store.
func (s *Store) FetchBundle(ctx context.Context, id string, at time.Time) error {
	_, err := s.write.ExecContext(ctx, "UPDATE bundles SET fetched_at = $2 WHERE id = $1 AND fetched_at IS NULL", id, ms(at))
	return err
}

func bundle(row interface{ Scan(...any) error }) (deliver.Bundle, error) {
	var b deliver.Bundle
	var asked int64
	var decided, until, fetched sql.NullInt64
	var files string
	err := row.Scan(&b.ID, &b.Incident, &b.For, &b.Purpose, &b.Reason, &b.State, &b.AskedBy, &b.AskedUnit, &b.AskedPerson, &asked, &b.DecidedBy, &decided, &b.Words, &until, &files, &fetched)
	b.AskedAt, b.DecidedAt, b.Until, b.FetchedAt = fromMS(asked), orNil(decided), orNil(until), orNil(fetched)
	if files != "" {
		b.Files = strings.Fields(files)
	}
	return b, err
}
