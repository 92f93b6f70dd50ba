package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/notify"
)

// RobotConditions implements notify.RobotStore.
func (s *Store) RobotConditions(ctx context.Context) (map[string]notify.Condition, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT robot, condition FROM notify_robots")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]notify.Condition{}
	for rows.Next() {
		var robot, body string
		if err := rows.Scan(&robot, &body); err != nil {
			return nil, err
		}
		var c notify.Condition
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			return nil, fmt.Errorf("stored condition of robot %s: %w", robot, err)
		}
		out[robot] = c
	}
	return out, rows.Err()
}

// SetRobotCondition implements notify.RobotStore.
func (s *Store) SetRobotCondition(ctx context.Context, robot string, c notify.Condition) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, "INSERT INTO notify_robots (robot, condition) VALUES ($1, $2) ON CONFLICT (robot) DO UPDATE SET condition = excluded.condition", robot, string(body))
	return err
}

// AddTapLink implements notify.LinkStore.
func (s *Store) AddTapLink(ctx context.Context, l notify.Link) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO notify_links (hash, incident, message, account, made, expires) VALUES ($1, $2, $3, $4, $5, $6)",
			l.Hash, l.Incident, l.Message, l.Account, ms(l.Made), ms(l.Expires))
		return err
	})
}

// TapLink implements notify.LinkStore.
func (s *Store) TapLink(ctx context.Context, hash string) (l notify.Link, err error) {
	var made, expires int64
	var used sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT hash, incident, message, account, made, expires, used, used_by FROM notify_links WHERE hash = $1", hash).
		Scan(&l.Hash, &l.Incident, &l.Message, &l.Account, &made, &expires, &used, &l.UsedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return l, notify.ErrNoLink
	}
	l.Made, l.Expires, l.UsedAt = fromMS(made), fromMS(expires), orNil(used)
	return l, err
}

// UseTapLink implements notify.LinkStore.
func (s *Store) UseTapLink(ctx context.Context, hash, who string, at time.Time) error {
	err := gotten(s.write.ExecContext(ctx, "UPDATE notify_links SET used = $1, used_by = $2 WHERE hash = $3 AND used IS NULL", ms(at), who, hash))
	if errors.Is(err, notify.ErrTaken) {
		return notify.ErrUsed
	}
	return err
}

// FreeTapLink implements notify.LinkStore.
func (s *Store) FreeTapLink(ctx context.Context, hash string) error {
	_, err := s.write.ExecContext(ctx, "UPDATE notify_links SET used = NULL, used_by = '' WHERE hash = $1", hash)
	return err
}

// Roster implements notify.RosterStore.
func (s *Store) Roster(ctx context.Context) (r notify.Roster, err error) {
	var turns string
	var at int64
	err = s.read.QueryRowContext(ctx, "SELECT version, turns, who, at FROM duty_rosters ORDER BY version DESC LIMIT 1").Scan(&r.Version, &turns, &r.By, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return notify.Roster{Turns: []notify.Turn{}}, nil
	}
	if err != nil {
		return r, err
	}
	r.At = fromMS(at)
	if err := json.Unmarshal([]byte(turns), &r.Turns); err != nil {
		return r, fmt.Errorf("stored duty roster: %w", err)
	}
	return r, nil
}

// SaveRoster implements notify.RosterStore.
func (s *Store) SaveRoster(ctx context.Context, r notify.Roster) error {
	turns, err := json.Marshal(r.Turns)
	if err != nil {
		return err
	}
	return gotten(s.write.ExecContext(ctx, `INSERT INTO duty_rosters (version, turns, who, at)
		SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS BIGINT) WHERE (SELECT coalesce(max(version), 0) FROM duty_rosters) = $5 ON CONFLICT (version) DO NOTHING`,
		r.Version, string(turns), r.By, ms(r.At), r.Version-1))
}
