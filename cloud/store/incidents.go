package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"eastgate/cloud/incident"
)

var _ incident.Store = (*Store)(nil)

// folder is the reader of events that makes incidents.
const folder = "incident"

// Unfolded implements incident.Store.
func (s *Store) Unfolded(ctx context.Context, limit int) ([]incident.Stored, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT position, received, backfill, body FROM events
		WHERE position > coalesce((SELECT position FROM positions WHERE reader = $1), 0) ORDER BY position LIMIT $2`, folder, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Stored
	for rows.Next() {
		var e incident.Stored
		var received int64
		var body string
		if err := rows.Scan(&e.Position, &received, &e.Backfill, &body); err != nil {
			return nil, err
		}
		e.ReceivedAt = fromMS(received)
		if err := json.Unmarshal([]byte(body), &e.Event); err != nil {
			return nil, fmt.Errorf("stored event at %d: %w", e.Position, err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// Near implements incident.Store.
func (s *Store) Near(ctx context.Context, p incident.Place, episode string) (incident.Incident, bool, error) {
	row := s.read.QueryRowContext(ctx, `SELECT body FROM incidents WHERE id = (SELECT incident FROM episodes WHERE episode = $1)`, episode)
	i, err := scanIncident(row)
	if err == nil || !errors.Is(err, incident.ErrNotFound) {
		return i, err == nil, err
	}
	row = s.read.QueryRowContext(ctx, `SELECT body FROM incidents WHERE kind = $1 AND site = $2 AND box = $3 AND device = $4 AND zone = $5
		ORDER BY id DESC LIMIT 1`, string(p.Kind), p.Site, p.Box, p.Device, p.Zone)
	i, err = scanIncident(row)
	if errors.Is(err, incident.ErrNotFound) {
		return i, false, nil
	}
	return i, err == nil, err
}

func scanIncident(row interface{ Scan(...any) error }) (incident.Incident, error) {
	var i incident.Incident
	var body string
	err := row.Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return i, incident.ErrNotFound
	}
	if err != nil {
		return i, err
	}
	return i, json.Unmarshal([]byte(body), &i)
}

// Apply implements incident.Store.
func (s *Store) Apply(ctx context.Context, changes []incident.Change, folded int64) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, c := range changes {
			if err := apply(tx, c); err != nil {
				return err
			}
		}
		if folded == 0 {
			return nil
		}
		_, err := tx.Exec(`INSERT INTO positions (reader, position) VALUES ($1, $2)
			ON CONFLICT (reader) DO UPDATE SET position = excluded.position`, folder, folded)
		return err
	})
}

func apply(tx *Tx, c incident.Change) error {
	i := c.Incident
	body, err := json.Marshal(i)
	if err != nil {
		return err
	}
	var res sql.Result
	if i.Version == 1 {
		res, err = tx.Exec(`INSERT INTO incidents (id, version, kind, level, state, site, box, device, zone, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			i.ID, i.Version, string(i.Kind), int(i.Level), string(i.State), i.Site, i.Box, i.Device, i.Zone, string(body))
	} else {
		res, err = tx.Exec(`UPDATE incidents SET version = $1, state = $2, body = $3 WHERE id = $4 AND version = $5`,
			i.Version, string(i.State), string(body), i.ID, i.Version-1)
	}
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return incident.ErrConflict
	}
	if _, err := tx.Exec(`INSERT INTO episodes (episode, incident) VALUES ($1, $2) ON CONFLICT (episode) DO NOTHING`, i.Episode, i.ID); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO changes (position, incident, at, what, who, why, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		tx.next(changePosition), i.ID, ms(c.At), c.What, c.By, c.Why, string(body))
	return err
}

// Get implements incident.Reader.
func (s *Store) Get(ctx context.Context, id string) (incident.Incident, error) {
	return scanIncident(s.read.QueryRowContext(ctx, "SELECT body FROM incidents WHERE id = $1", id))
}

// maxList bounds one page.
const maxList = 500

// List implements incident.Reader.
func (s *Store) List(ctx context.Context, f incident.Filter) ([]incident.Incident, error) {
	where, args := []string{"1 = 1"}, []any{}
	add := func(clause string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			clause = strings.Replace(clause, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, clause)
	}
	if len(f.States) > 0 {
		values := make([]any, len(f.States))
		for i, st := range f.States {
			values[i] = string(st)
		}
		add("state IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
	if f.Level != 0 {
		add("level = ?", int(f.Level))
	}
	if f.Before != "" {
		add("id < ?", f.Before)
	}
	limit := f.Limit
	if limit <= 0 || limit > maxList {
		limit = maxList
	}
	args = append(args, limit)
	rows, err := s.read.QueryContext(ctx, fmt.Sprintf("SELECT body FROM incidents WHERE %s ORDER BY id DESC LIMIT $%d", strings.Join(where, " AND "), len(args)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Incident
	for rows.Next() {
		i, err := scanIncident(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	return out, rows.Err()
}

// Changes implements incident.Reader.
func (s *Store) Changes(ctx context.Context, after int64, limit int) ([]incident.Change, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT position, at, what, who, why, body FROM changes WHERE position > $1 ORDER BY position LIMIT $2", after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Change
	for rows.Next() {
		var c incident.Change
		var at int64
		var body string
		if err := rows.Scan(&c.Position, &at, &c.What, &c.By, &c.Why, &body); err != nil {
			return nil, err
		}
		c.At = fromMS(at)
		if err := json.Unmarshal([]byte(body), &c.Incident); err != nil {
			return nil, fmt.Errorf("change at %d: %w", c.Position, err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Last implements incident.Reader.
func (s *Store) Last(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(position), 0) FROM changes").Scan(&n)
	return n, err
}
