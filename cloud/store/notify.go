package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"eastgate/cloud/notify"
	"eastgate/shared/event"
)

var _ notify.Store = (*Store)(nil)

// The readers of the two feeds that messages are made of.
const (
	notifyChanges   = "notify/changes"
	notifyReminders = "notify/reminders"
)

// PlannedMessages implements notify.Planner.
func (s *Store) PlannedMessages(ctx context.Context) (p notify.Positions, err error) {
	for reader, to := range map[string]*int64{notifyChanges: &p.Changes, notifyReminders: &p.Reminders} {
		if err := s.read.QueryRowContext(ctx, "SELECT position FROM positions WHERE reader = $1", reader).Scan(to); err != nil {
			return p, err
		}
	}
	return p, nil
}

// PlanMessages implements notify.Planner.
func (s *Store) PlanMessages(ctx context.Context, from, to notify.Positions, add []notify.Message) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, move := range []struct {
			reader   string
			from, to int64
		}{{notifyChanges, from.Changes, to.Changes}, {notifyReminders, from.Reminders, to.Reminders}} {
			if err := gotten(tx.Exec("UPDATE positions SET position = $1 WHERE reader = $2 AND position = $3", move.to, move.reader, move.from)); err != nil {
				return err
			}
		}
		return addMessages(tx, add)
	})
}

// gotten gives notify.ErrTaken when a statement found nothing to change.
func gotten(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return notify.ErrTaken
}

// addMessages adds those whose key is not there.
func addMessages(tx *Tx, add []notify.Message) error {
	for _, m := range add {
		fate := m.Fate
		m.Fate = notify.Fate{}
		body, err := json.Marshal(m)
		if err != nil {
			return err
		}
		told, err := json.Marshal(fate)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO notify_messages (id, incident, step, robot, recipient, level, class, place, unit, handling, made, state, due, body, fate)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (incident, step, robot, recipient) DO NOTHING`,
			m.ID, m.Incident, m.Step, m.Robot, m.Recipient, int64(m.Level), m.Class, m.Place, m.Owner, m.Handling, ms(m.Made), string(fate.State), ms(fate.Due),
			string(body), string(told)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) messages(ctx context.Context, where string, args ...any) ([]notify.Message, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT state, tried, body, fate FROM notify_messages WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []notify.Message
	for rows.Next() {
		var m notify.Message
		var state, body, fate string
		var tried sql.NullInt64
		if err := rows.Scan(&state, &tried, &body, &fate); err != nil {
			return nil, err
		}
		if err := errors.Join(json.Unmarshal([]byte(body), &m), json.Unmarshal([]byte(fate), &m.Fate)); err != nil {
			return nil, fmt.Errorf("stored message: %w", err)
		}
		m.State, m.Tried = notify.State(state), orNil(tried) // a claim changes these only
		out = append(out, m)
	}
	return out, rows.Err()
}

// DueMessages implements notify.Outbox.
func (s *Store) DueMessages(ctx context.Context, robot string, now time.Time, limit int) ([]notify.Message, error) {
	return s.messages(ctx, "robot = $1 AND state = 'waiting' AND due <= $2 ORDER BY level, made, id LIMIT $3", robot, ms(now), limit)
}

// NextDueMessage implements notify.Outbox.
func (s *Store) NextDueMessage(ctx context.Context, robot string) (at time.Time, ok bool, err error) {
	var next sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT min(due) FROM notify_messages WHERE robot = $1 AND state = 'waiting'", robot).Scan(&next)
	if err != nil || !next.Valid {
		return at, false, err
	}
	return fromMS(next.Int64), true, nil
}

// ClaimMessages implements notify.Outbox. All are claimed, or none.
func (s *Store) ClaimMessages(ctx context.Context, holder string, now time.Time, ids []string) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, id := range ids {
			if err := gotten(tx.Exec("UPDATE notify_messages SET state = 'sending', holder = $1, tried = $2 WHERE id = $3 AND state = 'waiting'", holder, ms(now), id)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetFates implements notify.Outbox.
func (s *Store) SetFates(ctx context.Context, fates map[string]notify.Fate, add []notify.Message) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, id := range slices.Sorted(maps.Keys(fates)) {
			f := fates[id]
			told, err := json.Marshal(f)
			if err != nil {
				return err
			}
			if _, err := tx.Exec("UPDATE notify_messages SET state = $1, due = $2, fate = $3, holder = '' WHERE id = $4", string(f.State), ms(f.Due), string(told), id); err != nil {
				return err
			}
		}
		return addMessages(tx, add)
	})
}

// OrphanMessages implements notify.Outbox.
func (s *Store) OrphanMessages(ctx context.Context, holder string) ([]notify.Message, error) {
	return s.messages(ctx, "state = 'sending' AND holder <> $1 ORDER BY level, made", holder)
}

// SweepMessages implements notify.Outbox.
func (s *Store) SweepMessages(ctx context.Context, before time.Time) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM notify_messages WHERE made < $1 AND state NOT IN ('waiting', 'sending')", ms(before)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM notify_links WHERE expires < $1", ms(before))
		return err
	})
}

// Messages implements notify.Reader.
func (s *Store) Messages(ctx context.Context, f notify.Filter) ([]notify.Message, error) {
	var c clause
	c.where = append(c.where, c.scope(f.Scope, func(units []string) string { return in(&c, "unit", units) + " OR " + in(&c, "handling", units) }))
	if f.Incident != "" {
		c.add("incident = %s", f.Incident)
	}
	if len(f.States) > 0 {
		c.where = append(c.where, in(&c, "state", f.States))
	}
	if f.Limit <= 0 || f.Limit > maxList {
		f.Limit = maxList
	}
	return s.messages(ctx, fmt.Sprintf("%s ORDER BY made DESC, id DESC LIMIT %s", c.String(), c.bind(f.Limit)), c.args...)
}

// TriedSince implements notify.RobotStore. The messages of a digest were one.
func (s *Store) TriedSince(ctx context.Context, robot string, since time.Time) ([]time.Time, error) {
	tried, err := s.messages(ctx, "robot = $1 AND tried > $2 ORDER BY tried", robot, ms(since))
	var out []time.Time
	for _, m := range tried {
		if m.Lead == "" || m.Lead == m.ID {
			out = append(out, *m.Tried)
		}
	}
	return out, err
}

// Backlogs implements notify.RobotStore.
func (s *Store) Backlogs(ctx context.Context, now time.Time) (map[string]notify.Backlog, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT robot,
		sum(CASE WHEN state IN ('waiting', 'sending') THEN 1 ELSE 0 END), sum(CASE WHEN state IN ('waiting', 'sending') AND level = $1 THEN 1 ELSE 0 END),
		sum(CASE WHEN state = 'failed' AND made > $2 THEN 1 ELSE 0 END), sum(CASE WHEN state = 'unclear' AND made > $2 THEN 1 ELSE 0 END),
		min(CASE WHEN state IN ('waiting', 'sending') AND due <= $3 THEN made END)
		FROM notify_messages WHERE state IN ('waiting', 'sending') OR made > $2 GROUP BY robot`, int64(event.Urgent), ms(now.Add(-24*time.Hour)), ms(now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]notify.Backlog{}
	for rows.Next() {
		var robot string
		var b notify.Backlog
		var oldest sql.NullInt64
		if err := rows.Scan(&robot, &b.Waiting, &b.Urgent, &b.Failed, &b.Unclear, &oldest); err != nil {
			return nil, err
		}
		b.Oldest = orNil(oldest)
		out[robot] = b
	}
	return out, rows.Err()
}
