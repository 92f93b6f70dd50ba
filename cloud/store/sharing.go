package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"eastgate/cloud/sharing"
)

var _ sharing.Store = (*Store)(nil)

// PutAgreement implements sharing.Store.
func (s *Store) PutAgreement(ctx context.Context, a sharing.Agreement) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if a.Version == 1 {
			var one int
			err := tx.QueryRow("SELECT 1 FROM organisations WHERE id = $1 AND ended IS NULL", a.Organisation).Scan(&one)
			if errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("organisation %s: %w", a.Organisation, sharing.ErrNotFound)
			}
			if err != nil {
				return err
			}
			_, err = tx.Exec("INSERT INTO agreements (id, version, organisation, valid_from, valid_to, body) VALUES ($1, $2, $3, $4, $5, $6)",
				a.ID, a.Version, a.Organisation, ms(a.From), ms(a.To), string(body))
			return err
		}
		res, err := tx.Exec("UPDATE agreements SET version = $1, body = $2 WHERE id = $3 AND version = $4", a.Version, string(body), a.ID, a.Version-1)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, sharing.ErrConflict)
		}
		return nil
	})
}

// Agreement implements sharing.Store.
func (s *Store) Agreement(ctx context.Context, id string) (sharing.Agreement, error) {
	list, err := s.agreements(ctx, "WHERE a.id = $1", id)
	if err == nil && len(list) == 0 {
		err = sharing.ErrNotFound
	}
	if err != nil {
		return sharing.Agreement{}, err
	}
	return list[0], nil
}

// Agreements implements sharing.Store.
func (s *Store) Agreements(ctx context.Context, organisation string) ([]sharing.Agreement, error) {
	if organisation == "" {
		return s.agreements(ctx, "ORDER BY a.id DESC")
	}
	return s.agreements(ctx, "WHERE a.organisation = $1 ORDER BY a.id DESC", organisation)
}

func (s *Store) agreements(ctx context.Context, where string, args ...any) ([]sharing.Agreement, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT a.body, o.ended FROM agreements a JOIN organisations o ON o.id = a.organisation "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sharing.Agreement
	for rows.Next() {
		var a sharing.Agreement
		var body string
		var ended sql.NullInt64
		if err := rows.Scan(&body, &ended); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			return nil, fmt.Errorf("stored agreement: %w", err)
		}
		if at := orNil(ended); at != nil && a.End == nil {
			a.End = &sharing.Mark{At: *at, Reason: "the organisation takes part no more"}
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
