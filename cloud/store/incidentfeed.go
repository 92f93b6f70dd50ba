package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"eastgate/cloud/incident"
)

const stepColumns = `s.position, s.incident, s.seq, s.action, s.from_state, s.to_state, s.actor, s.role, s.unit, s.at, s.received, s.reason, s.detail, s.prev_hash, s.hash`

// stepScan is where the columns of a step go; done puts them right.
func stepScan(s *incident.Step) (to []any, done func()) {
	var at, received int64
	var detail string
	to = []any{
		&s.Position, &s.Incident, &s.Seq, &s.Action, &s.From, &s.To, &s.Actor, &s.Role, &s.Unit, &at, &received, &s.Reason, &detail, &s.PrevHash, &s.Hash,
	}
	return to, func() {
		s.At, s.ReceivedAt = fromMS(at), fromMS(received)
		if detail != "" {
			s.Detail = json.RawMessage(detail)
		}
	}
}

// History implements incident.Reader.
func (s *Store) History(ctx context.Context, id string) ([]incident.Step, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+stepColumns+" FROM steps s WHERE s.incident = $1 ORDER BY s.seq", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Step
	for rows.Next() {
		var step incident.Step
		to, done := stepScan(&step)
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		done()
		out = append(out, step)
	}
	return out, rows.Err()
}

// Changes implements incident.Feed. An incident that changed often is read once for
// each change: as it is now.
func (s *Store) Changes(ctx context.Context, after int64, limit int) ([]incident.Change, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+stepColumns+", "+incidentColumns+` FROM steps s JOIN incidents i ON i.id = s.incident
		WHERE s.position > $1 ORDER BY s.position LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Change
	for rows.Next() {
		var c incident.Change
		to, done := stepScan(&c.Step)
		if c.Incident, err = scanIncident(rows, to...); err != nil {
			return nil, err
		}
		done()
		c.Position = c.Step.Position
		out = append(out, c)
	}
	return out, rows.Err()
}

// Last implements incident.Feed.
func (s *Store) Last(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT coalesce(max(position), 0) FROM steps").Scan(&n)
	return n, err
}

// feedReader is the name of a reader of the feed among all readers.
func feedReader(name string) string { return "feed/" + name }

// Position implements incident.Feed.
func (s *Store) Position(ctx context.Context, reader string) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT position FROM positions WHERE reader = $1", feedReader(reader)).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// SavePosition implements incident.Feed.
func (s *Store) SavePosition(ctx context.Context, reader string, position int64) error {
	return s.group.do(ctx, func(tx *Tx) error { return savePosition(tx, feedReader(reader), position) })
}
