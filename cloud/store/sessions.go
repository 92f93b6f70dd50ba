package store

import (
	"context"
	"database/sql"
	"time"

	"eastgate/cloud/access"
)

// DropSession implements access.SessionStore.
func (s *Store) DropSession(ctx context.Context, token string) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM sessions WHERE token = $1", token)
	return err
}

// EndSessions implements access.AccountStore.
func (s *Store) EndSessions(ctx context.Context, name string) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM sessions WHERE name = $1", name)
	return err
}

// Sessions returns how many sessions each person has that have not run out.
func (s *Store) Sessions(ctx context.Context) (map[string]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT name, count(*) FROM sessions WHERE expires > $1 GROUP BY name", ms(time.Now()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, rows.Err()
}

// TouchSession implements access.SessionStore.
func (s *Store) TouchSession(ctx context.Context, token string, at time.Time) error {
	_, err := s.write.ExecContext(ctx, "UPDATE sessions SET used = $1 WHERE token = $2 AND used < $1", ms(at), token)
	return err
}

// RotateSession implements access.SessionStore.
func (s *Store) RotateSession(ctx context.Context, from, to string, v access.Session, fromEnds time.Time) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := hit(tx.Exec("UPDATE sessions SET expires = $1 WHERE token = $2 AND expires > $1", ms(fromEnds), from)); err != nil {
			return err
		}
		return addSession(tx, to, v)
	})
}

// idLength is how much of a token's fingerprint lists call a session by.
const idLength = 16

// SessionsOf implements access.SessionList.
func (s *Store) SessionsOf(ctx context.Context, account string) ([]access.Session, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT token, came, used, expires, second, address, agent FROM sessions WHERE name = $1 AND expires > $2 ORDER BY came DESC, token", account, ms(time.Now()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []access.Session
	for rows.Next() {
		var v access.Session
		var token string
		var came, used, expires int64
		var second sql.NullInt64
		if err := rows.Scan(&token, &came, &used, &expires, &second, &v.Address, &v.Agent); err != nil {
			return nil, err
		}
		v.ID, v.Came, v.Used, v.Expires = token[:idLength], fromMS(came), fromMS(used), fromMS(expires)
		if second.Valid {
			v.Second = fromMS(second.Int64)
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// EndSession implements access.SessionList.
func (s *Store) EndSession(ctx context.Context, account, id string) error {
	if len(id) != idLength {
		return access.ErrNotFound
	}
	return hit(s.write.ExecContext(ctx, "DELETE FROM sessions WHERE name = $1 AND substr(token, 1, 16) = $2", account, id))
}

// Rehash implements access.PeopleStore.
func (s *Store) Rehash(ctx context.Context, name, old, hash string) error {
	_, err := s.write.ExecContext(ctx, "UPDATE people SET password = $1 WHERE name = $2 AND password = $3", hash, name, old)
	return err
}
