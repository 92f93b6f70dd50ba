package store

import (
	"context"
	"database/sql"
	"errors"

	"eastgate/cloud/access"
)

// Bind implements access.BindingStore.
func (s *Store) Bind(ctx context.Context, account, issuer, subject string) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM bindings WHERE account = $1", account); err != nil || subject == "" {
			return err
		}
		err := hit(tx.Exec("INSERT INTO bindings (account, issuer, subject) VALUES ($1, $2, $3) ON CONFLICT (issuer, subject) DO NOTHING", account, issuer, subject))
		if errors.Is(err, access.ErrNotFound) {
			return access.ErrExists
		}
		return err
	})
}

// Bound implements access.BindingStore.
func (s *Store) Bound(ctx context.Context, issuer, subject string) (account string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT account FROM bindings WHERE issuer = $1 AND subject = $2", issuer, subject).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", access.ErrNotFound
	}
	return account, err
}
