package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/police"
	"eastgate/shared/event"
)

var _ police.Store = (*Store)(nil)

// bridge is the reader of changes that tells the police.
var bridge = feedReader("police")

// PoliceFollowed implements police.Store.
func (s *Store) PoliceFollowed(ctx context.Context) (n int64, begun bool, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT position FROM positions WHERE reader = $1", bridge).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}

// FollowPolice implements police.Store.
func (s *Store) FollowPolice(ctx context.Context, f police.Following) error {
	return s.group.do(ctx, func(tx *Tx) error {
		var res sql.Result
		var err error
		if f.Begun {
			res, err = tx.Exec("UPDATE positions SET position = $1 WHERE reader = $2 AND position = $3", f.To, bridge, f.From)
		} else {
			res, err = tx.Exec("INSERT INTO positions (reader, position) VALUES ($1, $2) ON CONFLICT (reader) DO NOTHING", bridge, f.To)
		}
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, police.ErrTaken)
		}
		for _, m := range f.Messages {
			if err := supersede(tx, m.Incident); err != nil {
				return err
			}
			if err := putPolice(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

// supersede marks the messages of an incident that were never tried.
func supersede(tx *Tx, incident string) error {
	list, err := policeMessages(context.Background(), tx, "WHERE incident = $1 AND state = $2 AND NOT tried", incident, string(police.Waiting))
	for _, m := range list {
		m.State = police.Superseded
		err = errors.Join(err, savePolice(tx, m))
	}
	return err
}

// PutPolice implements police.Store.
func (s *Store) PutPolice(ctx context.Context, m police.Message) error {
	return s.group.do(ctx, func(tx *Tx) error { return putPolice(tx, m) })
}

func putPolice(tx *Tx, m police.Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO police_messages (position, id, kind, incident, number, level, state, tried, handled, phone, created, next, due, expires, answered, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		tx.next(policePosition), m.ID, string(m.Kind), m.Incident, m.Number, int64(m.Level), string(m.State), m.TriedAt != nil, m.Handled, m.Phone(),
		ms(m.Created), ms(m.Next), ms(m.Due), orNull(m.Expires), orNull(m.Answered), string(body))
	return err
}

func savePolice(tx *Tx, m police.Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE police_messages SET state = $1, tried = $2, handled = $3, phone = $4, next = $5, answered = $6, body = $7 WHERE id = $8",
		string(m.State), m.TriedAt != nil, m.Handled, m.Phone(), ms(m.Next), orNull(m.Answered), string(body), m.ID)
	return err
}

// EditPolice implements police.Store.
func (s *Store) EditPolice(ctx context.Context, id string, edit func(*police.Message) (bool, error)) (m police.Message, err error) {
	err = s.group.do(ctx, func(tx *Tx) error {
		list, err := policeMessages(ctx, tx, "WHERE id = $1", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return police.ErrNotFound
		}
		m = list[0]
		if changed, err := edit(&m); err != nil || !changed {
			return err
		}
		return savePolice(tx, m)
	})
	return m, err
}

// asker is what is asked for rows: the database, or a transaction.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func policeMessages(ctx context.Context, from asker, where string, args ...any) ([]police.Message, error) {
	rows, err := from.QueryContext(ctx, "SELECT body FROM police_messages "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []police.Message{}
	for rows.Next() {
		var body string
		var m police.Message
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			return nil, fmt.Errorf("stored message to the police: %w", err)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}

func (s *Store) onePolice(ctx context.Context, where string, args ...any) (police.Message, error) {
	list, err := policeMessages(ctx, s.read, where+" LIMIT 1", args...)
	if err == nil && len(list) == 0 {
		err = police.ErrNotFound
	}
	if err != nil {
		return police.Message{}, err
	}
	return list[0], nil
}

// PoliceMessage implements police.Store.
func (s *Store) PoliceMessage(ctx context.Context, id string) (police.Message, error) {
	return s.onePolice(ctx, "WHERE id = $1", id)
}

// PoliceMessages implements police.Store.
func (s *Store) PoliceMessages(ctx context.Context, incident string) ([]police.Message, error) {
	return policeMessages(ctx, s.read, "WHERE incident = $1 ORDER BY position", incident)
}

// PoliceOfNumber implements police.Store.
func (s *Store) PoliceOfNumber(ctx context.Context, number string) (police.Message, error) {
	return s.onePolice(ctx, "WHERE number = $1 AND tried ORDER BY position DESC", number)
}

// LastPoliceTest implements police.Store.
func (s *Store) LastPoliceTest(ctx context.Context) (police.Message, error) {
	return s.onePolice(ctx, "WHERE incident = '' AND kind = 'test' ORDER BY position DESC")
}

// LatestPolice implements police.Store.
func (s *Store) LatestPolice(ctx context.Context, incidents []string) (map[string]police.Message, error) {
	out := map[string]police.Message{}
	if len(incidents) == 0 {
		return out, nil
	}
	var c clause
	list, err := policeMessages(ctx, s.read, "WHERE "+in(&c, "incident", incidents)+" ORDER BY position", c.args...)
	for _, m := range list {
		out[m.Incident] = m
	}
	return out, err
}

// NextPolice implements police.Store.
func (s *Store) NextPolice(ctx context.Context, now time.Time) (police.Message, bool, error) {
	m, err := s.onePolice(ctx, "WHERE state IN ('waiting', 'sent') AND next <= $1 AND (expires IS NULL OR expires > $1) ORDER BY level, position", ms(now))
	if errors.Is(err, police.ErrNotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}

// LatePolice implements police.Store.
func (s *Store) LatePolice(ctx context.Context, now time.Time, limit int) ([]police.Message, error) {
	return policeMessages(ctx, s.read, `WHERE state IN ('waiting', 'sent') AND (due <= $1 AND NOT handled OR expires <= $1) ORDER BY level, position LIMIT $2`, ms(now), limit)
}

// UnconfirmedPolice implements police.Store.
func (s *Store) UnconfirmedPolice(ctx context.Context, from, to time.Time, limit int) ([]police.Message, error) {
	return policeMessages(ctx, s.read, `WHERE created >= $1 AND created < $2 AND kind = 'incident' AND answered IS NULL AND state IN ('waiting', 'sent', 'expired')
		ORDER BY position LIMIT $3`, ms(from), ms(to), limit)
}

// CountPolice implements police.Store.
func (s *Store) CountPolice(ctx context.Context, k police.Kind, from, to time.Time) (map[police.State]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT state, count(*) FROM police_messages WHERE kind = $1 AND created >= $2 AND created < $3 GROUP BY state", string(k), ms(from), ms(to))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[police.State]int{}
	for rows.Next() {
		var state police.State
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, err
		}
		out[state] = n
	}
	return out, rows.Err()
}

// PoliceQueue implements police.Store.
func (s *Store) PoliceQueue(ctx context.Context) (q police.Queue, err error) {
	q.Levels = map[event.Level]int{}
	rows, err := s.read.QueryContext(ctx, `SELECT level, state, count(*), min(created), sum(CASE WHEN phone THEN 1 ELSE 0 END) FROM police_messages
		WHERE state IN ('waiting', 'sent') GROUP BY level, state`)
	if err != nil {
		return q, err
	}
	defer rows.Close()
	for rows.Next() {
		var level event.Level
		var state police.State
		var n, phone int
		var oldest int64
		if err := rows.Scan(&level, &state, &n, &oldest, &phone); err != nil {
			return q, err
		}
		if at := fromMS(oldest); q.Oldest == nil || at.Before(*q.Oldest) {
			q.Oldest = &at
		}
		if state == police.Sent {
			q.Sent += n
		} else {
			q.Waiting += n
		}
		q.Phone += phone
		q.Levels[level] += n
	}
	if err := rows.Err(); err != nil {
		return q, err
	}
	var last sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT max(answered) FROM police_messages WHERE answered IS NOT NULL").Scan(&last)
	q.LastReceipt = orNil(last)
	return q, err
}
