package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

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

// incidentColumns are what scanIncident reads.
const incidentColumns = "i.number, i.body"

func scanIncident(row interface{ Scan(...any) error }, more ...any) (incident.Incident, error) {
	var i incident.Incident
	var number, body string
	err := row.Scan(append(more, &number, &body)...)
	if errors.Is(err, sql.ErrNoRows) {
		return i, incident.ErrNotFound
	}
	if err != nil {
		return i, err
	}
	err = json.Unmarshal([]byte(body), &i)
	i.Number = number
	return i, err
}

// Near implements incident.Store: one statement whatever is asked, since the fold
// asks for each event.
func (s *Store) Near(ctx context.Context, n incident.Near) (incident.Nearby, error) {
	args := []any{n.Episode, ms(n.At)}
	ids := []string{"(SELECT incident FROM episodes WHERE episode = $1)"}
	for _, k := range n.Keys {
		args = append(args, k)
		p := len(args)
		ids = append(ids,
			fmt.Sprintf("(SELECT id FROM incidents WHERE merge_key = $%d ORDER BY last_at DESC LIMIT 1)", p),
			fmt.Sprintf("(SELECT id FROM incidents WHERE merge_key = $%d AND last_at >= $2 ORDER BY last_at LIMIT 1)", p))
	}
	where := "i.id IN (" + strings.Join(ids, ", ") + ")"
	if n.Place != "" {
		args = append(args, n.Class, n.Place)
		where += fmt.Sprintf(" OR (i.unended AND i.class = $%d AND i.place = $%d)", len(args)-1, len(args))
	}
	rows, err := s.read.QueryContext(ctx, `SELECT i.id = coalesce((SELECT incident FROM episodes WHERE episode = $1), ''), `+incidentColumns+`
		FROM incidents i WHERE `+where+` ORDER BY i.last_at DESC`, args...)
	if err != nil {
		return incident.Nearby{}, err
	}
	defer rows.Close()
	var out incident.Nearby
	for rows.Next() {
		var episode bool
		i, err := scanIncident(rows, &episode)
		if err != nil {
			return out, err
		}
		if episode {
			out.Episode = &i
		} else {
			out.Places = append(out.Places, i)
		}
	}
	return out, rows.Err()
}

// Get implements incident.Reader.
func (s *Store) Get(ctx context.Context, id string) (incident.Incident, error) {
	return scanIncident(s.read.QueryRowContext(ctx, "SELECT "+incidentColumns+" FROM incidents i WHERE i.id = $1", id))
}

// Waking implements incident.Store.
func (s *Store) Waking(ctx context.Context, now time.Time, limit int) ([]incident.Incident, error) {
	return s.incidents(ctx, "SELECT "+incidentColumns+" FROM incidents i WHERE i.wake <= $1 ORDER BY i.wake LIMIT $2", ms(now), limit)
}

func (s *Store) incidents(ctx context.Context, query string, args ...any) ([]incident.Incident, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
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

// Reported implements incident.Store.
func (s *Store) Reported(ctx context.Context, key string) (id string, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT incident FROM reports WHERE id = $1", key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return id, err == nil, err
}

// ReportersOf implements incident.Reporters.
func (s *Store) ReportersOf(ctx context.Context, id string) ([]incident.Reporting, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, incident, account, contact FROM reports WHERE incident = $1 ORDER BY id", id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []incident.Reporting
	for rows.Next() {
		var r incident.Reporting
		if err := rows.Scan(&r.Key, &r.Incident, &r.Account, &r.Contact); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Forget implements incident.Reporters.
func (s *Store) Forget(ctx context.Context, before time.Time) (int, error) {
	res, err := s.write.ExecContext(ctx, `UPDATE reports SET account = '', contact = '' WHERE (account <> '' OR contact <> '')
		AND incident IN (SELECT id FROM incidents WHERE ended < $1)`, ms(before))
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// shanghai is Chinese time, which has no summer time.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func msOrNull(t time.Time, ok bool) any {
	if !ok {
		return nil
	}
	return ms(t)
}

// prefix is the first n codes of a path, or all of it.
func prefix(path string, n int) string {
	for at := range len(path) {
		if path[at] != '/' {
			continue
		}
		if n--; n == 0 {
			return path[:at]
		}
	}
	return path
}

// incidentRow are the columns of an incident that can change, in the order of
// incidentNames.
func incidentRow(i incident.Incident, body string) []any {
	_, due, isDue := i.Due()
	_, wake, wakes := i.Wake()
	var ended any
	if i.ClosedAt != nil {
		ended = ms(*i.ClosedAt)
	}
	return []any{
		i.Version, i.Class, i.Domain, int(i.Level), string(i.State), i.State.Open(), string(i.Verdict), i.Test, i.Signal, i.Health, i.TakenBy != "",
		i.Place, prefix(i.Place, 2), prefix(i.Place, 3), textOrNull(i.Unit), textOrNull(i.HandlingUnit), textOrNull(i.Handler), i.FirstSource,
		ms(i.LastAt), msOrNull(due, isDue), msOrNull(wake, wakes), ended, strings.ToLower(strings.TrimSpace(cmp.Or(i.Text, i.Note) + " " + i.PlaceName)), body,
	}
}

const incidentNames = `version, class, domain, level, state, unended, verdict, test, signal, health, taken, place, place2, place3,
	unit, handling_unit, handler, source, last_at, due, wake, ended, words, body`
