package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/identity"
)

var _ identity.Store = (*Store)(nil)

// AddCode implements identity.Store.
func (s *Store) AddCode(ctx context.Context, c identity.Code) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		for _, x := range []struct {
			query string
			args  []any
		}{
			{"INSERT INTO boxes (site, box, secret, enrolled) VALUES ($1, $2, '', $3) ON CONFLICT (site, box) DO NOTHING", []any{c.Site, c.Box, ms(c.Made)}},
			{"UPDATE enrolments SET void = TRUE WHERE site = $1 AND box = $2", []any{c.Site, c.Box}},
			{
				"INSERT INTO enrolments (code, site, box, made, expires, maker) VALUES ($1, $2, $3, $4, $5, $6)",
				[]any{c.Hash, c.Site, c.Box, ms(c.Made), ms(c.Expires), c.By},
			},
		} {
			if _, err := tx.ExecContext(ctx, x.query, x.args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// UseCode implements identity.Store.
func (s *Store) UseCode(ctx context.Context, hash, key string, now time.Time, issue func(site, box string) (identity.Certificate, error)) (out identity.Certificate, err error) {
	err = s.transact(ctx, func(tx *sql.Tx) error {
		// The first statement writes, so that two who use one code wait for each other.
		if _, err := tx.ExecContext(ctx, "UPDATE enrolments SET pubkey = $1 WHERE code = $2 AND pubkey = '' AND NOT void AND expires > $3", key, hash, ms(now)); err != nil {
			return err
		}
		var site, box, by, serial string
		var expires int64
		var void bool
		err := tx.QueryRowContext(ctx, "SELECT site, box, pubkey, serial, expires, void FROM enrolments WHERE code = $1", hash).Scan(&site, &box, &by, &serial, &expires, &void)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return identity.ErrCode
		case err != nil:
			return err
		case by != "" && by != key:
			return identity.ErrUsed
		case void:
			return identity.ErrCode
		case expires <= ms(now):
			return identity.ErrExpired
		case serial != "":
			out, err = certificate(ctx, tx, "WHERE serial = $1 AND ended IS NULL", serial)
			if errors.Is(err, access.ErrNotFound) {
				return identity.ErrUsed
			}
			return err
		}
		if out, err = issue(site, box); err != nil {
			return err
		}
		return enrolled(ctx, tx, hash, out, now)
	})
	return out, err
}

func enrolled(ctx context.Context, tx *sql.Tx, hash string, c identity.Certificate, now time.Time) error {
	for _, x := range []struct {
		query string
		args  []any
	}{
		{"UPDATE enrolments SET serial = $1 WHERE code = $2", []any{c.Serial, hash}},
		{"UPDATE certificates SET ended = $1 WHERE site = $2 AND box = $3 AND ended IS NULL", []any{ms(now), c.Site, c.Box}},
		{"UPDATE boxes SET secret = '', revoked = NULL, enrolled = $1 WHERE site = $2 AND box = $3", []any{ms(now), c.Site, c.Box}},
	} {
		if _, err := tx.ExecContext(ctx, x.query, x.args...); err != nil {
			return err
		}
	}
	return addCertificate(ctx, tx, c)
}

func addCertificate(ctx context.Context, tx *sql.Tx, c identity.Certificate) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO certificates (serial, site, box, pubkey, issued, expires, pem) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		c.Serial, c.Site, c.Box, c.Key, ms(c.Issued), ms(c.Expires), c.PEM)
	return err
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func certificate(ctx context.Context, q querier, where string, args ...any) (c identity.Certificate, err error) {
	var issued, expires int64
	var used, ended sql.NullInt64
	err = q.QueryRowContext(ctx, "SELECT serial, site, box, pubkey, issued, expires, used, ended, pem FROM certificates "+where, args...).
		Scan(&c.Serial, &c.Site, &c.Box, &c.Key, &issued, &expires, &used, &ended, &c.PEM)
	c.Issued, c.Expires, c.Used, c.Ended = fromMS(issued), fromMS(expires), orNil(used), orNil(ended)
	return c, missing(err)
}

// RenewCertificate implements identity.Store.
func (s *Store) RenewCertificate(ctx context.Context, held, key string, now time.Time, issue func(site, box string) (identity.Certificate, error)) (out identity.Certificate, err error) {
	err = s.transact(ctx, func(tx *sql.Tx) error {
		// The first statement writes, so that two requests of one box wait for each other.
		if _, err := tx.ExecContext(ctx, "UPDATE certificates SET issued = issued WHERE serial = $1", held); err != nil {
			return err
		}
		old, err := certificate(ctx, tx, "WHERE serial = $1 AND ended IS NULL", held)
		switch {
		case errors.Is(err, access.ErrNotFound):
			return identity.ErrStranger
		case err != nil:
			return err
		}
		out, err = certificate(ctx, tx, "WHERE site = $1 AND box = $2 AND pubkey = $3 AND ended IS NULL AND expires > $4 AND serial <> $5 ORDER BY issued DESC LIMIT 1", old.Site, old.Box, key, ms(now), held)
		if !errors.Is(err, access.ErrNotFound) {
			return err
		}
		if out, err = issue(old.Site, old.Box); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE certificates SET ended = $1 WHERE site = $2 AND box = $3 AND ended IS NULL AND used IS NULL AND serial <> $4", ms(now), old.Site, old.Box, held); err != nil {
			return err
		}
		return addCertificate(ctx, tx, out)
	})
	return out, err
}

// Certificate implements identity.Store.
func (s *Store) Certificate(ctx context.Context, serial string) (identity.Certificate, error) {
	return certificate(ctx, s.read, "WHERE serial = $1 AND ended IS NULL AND EXISTS (SELECT 1 FROM boxes WHERE boxes.site = certificates.site AND boxes.box = certificates.box AND boxes.revoked IS NULL)", serial)
}

// FirstUse implements identity.Store.
func (s *Store) FirstUse(ctx context.Context, c identity.Certificate, now time.Time) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE certificates SET used = $1 WHERE serial = $2 AND used IS NULL AND ended IS NULL", ms(now), c.Serial); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "UPDATE certificates SET ended = $1 WHERE site = $2 AND box = $3 AND serial <> $4 AND ended IS NULL", ms(now), c.Site, c.Box, c.Serial)
		return err
	})
}

// RevokeBox implements identity.Store and access.BoxStore.
func (s *Store) RevokeBox(ctx context.Context, site, box string) error {
	now := ms(time.Now())
	return s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE boxes SET revoked = $1, secret = '' WHERE site = $2 AND box = $3 AND revoked IS NULL", now, site, box)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		void, err := tx.ExecContext(ctx, "UPDATE enrolments SET void = TRUE WHERE site = $1 AND box = $2 AND NOT void", site, box)
		if err != nil {
			return err
		}
		codes, err := void.RowsAffected()
		if err != nil {
			return err
		}
		if n+codes == 0 {
			return access.ErrNotFound
		}
		_, err = tx.ExecContext(ctx, "UPDATE certificates SET ended = $1 WHERE site = $2 AND box = $3 AND ended IS NULL", now, site, box)
		return err
	})
}

// Ended implements identity.Store.
func (s *Store) Ended(ctx context.Context, since time.Time) (serials, boxes []string, err error) {
	from := max(0, ms(since))
	serials, err = s.words(ctx, "SELECT serial FROM certificates WHERE ended >= $1 AND expires > $2", from, ms(s.now()))
	if err != nil {
		return nil, nil, err
	}
	boxes, err = s.words(ctx, "SELECT site || '/' || box FROM boxes WHERE revoked >= $1", from)
	return serials, boxes, err
}

// words returns a column of text.
func (s *Store) words(ctx context.Context, query string, args ...any) (out []string, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return nil, err
		}
		out = append(out, word)
	}
	return out, rows.Err()
}
