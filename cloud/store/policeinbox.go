package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/coverage"
	"eastgate/cloud/police"
	"eastgate/shared/wire"
)

// KeepHeard implements police.Store.
func (s *Store) KeepHeard(ctx context.Context, h police.Heard) (fresh bool, err error) {
	err = s.group.do(ctx, func(tx *Tx) error {
		res, err := tx.Exec(`INSERT INTO police_heard (key, position, kind, number, sequence, at, outcome, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (key) DO NOTHING`,
			h.Key, tx.next(policePosition), h.Kind, h.Number, h.Sequence, ms(h.At), h.Outcome, string(h.Body))
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		fresh = n == 1
		return err
	})
	return fresh, err
}

// Unapplied implements police.Store.
func (s *Store) Unapplied(ctx context.Context, limit int) ([]police.Heard, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT key, kind, number, sequence, at, body FROM police_heard WHERE outcome = '' ORDER BY position LIMIT $1", limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []police.Heard
	for rows.Next() {
		var h police.Heard
		var at int64
		var body string
		if err := rows.Scan(&h.Key, &h.Kind, &h.Number, &h.Sequence, &at, &body); err != nil {
			return nil, err
		}
		h.At, h.Body = fromMS(at), []byte(body)
		out = append(out, h)
	}
	return out, rows.Err()
}

// HeardBefore implements police.Store.
func (s *Store) HeardBefore(ctx context.Context, number string) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(sequence), -1) FROM police_heard WHERE number = $1 AND kind = 'feedback' AND outcome IN ($2, $3)",
		number, police.Applied, police.Unmoved).Scan(&n)
	return n, err
}

// SettleHeard implements police.Store.
func (s *Store) SettleHeard(ctx context.Context, key, outcome string) error {
	_, err := s.write.ExecContext(ctx, "UPDATE police_heard SET outcome = $1 WHERE key = $2", outcome, key)
	return err
}

// CountHeard implements police.Store.
func (s *Store) CountHeard(ctx context.Context, from, to time.Time) (map[[2]string]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, outcome, count(*) FROM police_heard WHERE at >= $1 AND at < $2 GROUP BY kind, outcome", ms(from), ms(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[[2]string]int{}
	for rows.Next() {
		var what [2]string
		var n int
		if err := rows.Scan(&what[0], &what[1], &n); err != nil {
			return nil, err
		}
		out[what] = n
	}
	return out, rows.Err()
}

// KeepAside implements police.Store.
func (s *Store) KeepAside(ctx context.Context, a police.Aside) (n int, err error) {
	err = s.group.do(ctx, func(tx *Tx) error {
		if _, err := tx.Exec("INSERT INTO police_aside (position, at, topic, why, body) VALUES ($1, $2, $3, $4, $5)",
			tx.next(policePosition), ms(a.At), a.Topic, a.Why, base64.StdEncoding.EncodeToString(a.Body)); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM police_aside WHERE position <= (SELECT position FROM police_aside ORDER BY position DESC LIMIT 1 OFFSET $1)", police.MaxAside); err != nil {
			return err
		}
		return tx.QueryRow("SELECT count(*) FROM police_aside").Scan(&n)
	})
	return n, err
}

// CountAside implements police.Store.
func (s *Store) CountAside(ctx context.Context) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM police_aside").Scan(&n)
	return n, err
}

// PoliceFact implements police.Store.
func (s *Store) PoliceFact(ctx context.Context, name string, v any) (bool, error) {
	var body string
	err := s.read.QueryRowContext(ctx, "SELECT body FROM police_facts WHERE name = $1", name).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal([]byte(body), v); err != nil {
		return false, fmt.Errorf("stored fact %s of the police bridge: %w", name, err)
	}
	return true, nil
}

// PutPoliceFact implements police.Store.
func (s *Store) PutPoliceFact(ctx context.Context, name string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, "INSERT INTO police_facts (name, body) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET body = excluded.body", name, string(body))
	return err
}

// PutPoliceLink implements police.Store.
func (s *Store) PutPoliceLink(ctx context.Context, l police.Link) error {
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM police_links WHERE expires < $1", ms(s.now().Add(-24*time.Hour))); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO police_links (hash, expires, body) VALUES ($1, $2, $3)", l.Hash, ms(l.Expires), string(body))
		return err
	})
}

// ClaimPoliceLink implements police.Store.
func (s *Store) ClaimPoliceLink(ctx context.Context, hash string, now time.Time) (l police.Link, err error) {
	err = s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec("UPDATE police_links SET used = $1 WHERE hash = $2 AND used IS NULL AND expires > $1", ms(now), hash)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, police.ErrLink)
		}
		var body string
		if err := tx.QueryRow("SELECT body FROM police_links WHERE hash = $1", hash).Scan(&body); err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), &l)
	})
	l.Hash = hash
	return l, err
}

// CameraStates implements police.Store: what the boxes say, as far as they can be
// heard.
func (s *Store) CameraStates(ctx context.Context, now time.Time) ([]police.CameraState, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, status, health, heard FROM boxes WHERE revoked IS NULL AND health IS NOT NULL ORDER BY site, box")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []police.CameraState{}
	for rows.Next() {
		var site, box, health string
		var status sql.NullString
		var heard sql.NullInt64
		if err := rows.Scan(&site, &box, &status, &health, &heard); err != nil {
			return nil, err
		}
		h, err := wire.DecodeHealth([]byte(health))
		if err != nil {
			continue // it was checked when it came; an older form cannot be read
		}
		said, err := wire.DecodeStatus([]byte(status.String))
		audible := err == nil && said.Online && heard.Valid && now.Sub(fromMS(heard.Int64)) < coverage.Away
		for _, c := range h.Cameras {
			state := police.CameraState{Camera: site + "/" + box + "/" + c.Camera, State: "unknown"}
			if audible {
				state.State = "down"
				if c.State == "online" {
					state.State = "up"
				}
				since := c.Since.UTC().Truncate(time.Second)
				state.Since = &since
			}
			out = append(out, state)
		}
	}
	return out, rows.Err()
}
