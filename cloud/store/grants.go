package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"eastgate/cloud/access"
)

// Users implements access.AccountStore.
func (s *Store) Users(ctx context.Context) ([]access.User, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+userColumns+" ORDER BY p.name, g.id")
	if err != nil {
		return nil, err
	}
	return users(rows)
}

// ClosePerson implements access.AccountStore.
func (s *Store) ClosePerson(ctx context.Context, name, by string, at time.Time) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := hit(tx.Exec("UPDATE people SET closed = $1 WHERE name = $2 AND closed IS NULL", ms(at), name)); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE grants SET revoked_by = $1, revoked_at = $2 WHERE account = $3 AND revoked_at IS NULL", by, ms(at), name); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sessions WHERE name = $1", name)
		return err
	})
}

// hit gives ErrNotFound when a statement changed nothing.
func hit(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return access.ErrNotFound
	}
	return nil
}

// AddGrant implements access.AccountStore.
func (s *Store) AddGrant(ctx context.Context, g access.Grant, check func(access.User) error) error {
	classes, err := json.Marshal(g.Classes)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		// Writing the row, if only as it is, holds it until the end: two grants to one
		// person come one after the other.
		if err := hit(tx.Exec("UPDATE people SET person = person WHERE name = $1 AND closed IS NULL", g.Account)); err != nil {
			return fmt.Errorf("account %s: %w", g.Account, err)
		}
		rows, err := tx.Query("SELECT "+userColumns+" WHERE p.name = $1 ORDER BY g.id", g.Account)
		if err != nil {
			return err
		}
		to, err := one(users(rows))
		if err != nil {
			return err
		}
		if err := check(to); err != nil {
			return err
		}
		// What has run out makes room: of administrators' grants one account has one.
		if _, err := tx.Exec("UPDATE grants SET revoked_at = valid_to, revoked_by = 'time' WHERE account = $1 AND valid_to <= $2 AND revoked_at IS NULL", g.Account, ms(g.GrantedAt)); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO grants (id, account, role, scope, classes, valid_to, granted_by, granted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			g.ID, g.Account, string(g.Role), g.Scope, string(classes), orNull(g.ValidTo), g.GrantedBy, ms(g.GrantedAt))
		return err
	})
}

// RevokeGrant implements access.AccountStore.
func (s *Store) RevokeGrant(ctx context.Context, id, by string, at time.Time, check func(access.Grant) error) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := hit(tx.Exec("UPDATE grants SET revoked_by = $1, revoked_at = $2 WHERE id = $3 AND revoked_at IS NULL", by, ms(at), id)); err != nil {
			return err
		}
		g := access.Grant{ID: id}
		if err := tx.QueryRow("SELECT account, role, scope FROM grants WHERE id = $1", id).Scan(&g.Account, &g.Role, &g.Scope); err != nil {
			return err
		}
		return check(g)
	})
}
