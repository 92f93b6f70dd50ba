package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/escalation"
)

var _ escalation.Store = (*Store)(nil)

// escalator is the reader of changes that raises reminders.
const escalator = "escalation"

// Followed implements escalation.Store.
func (s *Store) Followed(ctx context.Context) (n int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT position FROM positions WHERE reader = $1", escalator).Scan(&n)
	return n, err
}

const clockColumns = "SELECT incident, step, round, begun, due, counts, roll, passed, next FROM escalation_clocks "

// Clocks implements escalation.Store.
func (s *Store) Clocks(ctx context.Context, incidents []string) ([]escalation.Clock, error) {
	var c clause
	return s.clocks(ctx, "WHERE "+in(&c, "incident", incidents)+" ORDER BY incident, step", c.args...)
}

// DueClocks implements escalation.Store.
func (s *Store) DueClocks(ctx context.Context, now time.Time, limit int) ([]escalation.Clock, error) {
	return s.clocks(ctx, "WHERE next <= $1 ORDER BY next LIMIT $2", ms(now), limit)
}

func (s *Store) clocks(ctx context.Context, where string, args ...any) ([]escalation.Clock, error) {
	rows, err := s.read.QueryContext(ctx, clockColumns+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []escalation.Clock
	for rows.Next() {
		var c escalation.Clock
		var begun, due, passed int64
		var next sql.NullInt64
		if err := rows.Scan(&c.Incident, &c.Step, &c.Round, &begun, &due, &c.Counts, &c.Roll, &passed, &next); err != nil {
			return nil, err
		}
		c.Begun, c.Due, c.Passed, c.Next = fromMS(begun), fromMS(due), fromMS(passed), orNil(next)
		out = append(out, c)
	}
	return out, rows.Err()
}

// NextClock implements escalation.Store.
func (s *Store) NextClock(ctx context.Context) (at time.Time, ok bool, err error) {
	var next sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT min(next) FROM escalation_clocks WHERE next IS NOT NULL").Scan(&next)
	if err != nil || !next.Valid {
		return time.Time{}, false, err
	}
	return fromMS(next.Int64), true, nil
}

// SaveClocks implements escalation.Store.
func (s *Store) SaveClocks(ctx context.Context, f escalation.Following) error {
	return s.group.do(ctx, func(tx *Tx) error {
		if err := claim(tx.Exec("UPDATE positions SET position = $1 WHERE reader = $2 AND position = $3", f.To, escalator, f.From)); err != nil {
			return err
		}
		var c clause
		if _, err := tx.Exec("DELETE FROM escalation_clocks WHERE "+in(&c, "incident", f.Incidents), c.args...); err != nil {
			return err
		}
		if err := settle(tx, "settled IS NULL", f.Over, &f.At); err != nil {
			return err
		}
		if err := settle(tx, "settled IS NOT NULL", f.Again, nil); err != nil {
			return err
		}
		if err := addClocks(tx, f.Clocks); err != nil {
			return err
		}
		return remind(tx, f.Reminders)
	})
}

// settle settles what clocks have raised, or lets it stand again. Tickets are a
// supervisor's to settle.
func settle(tx *Tx, which string, clocks []escalation.Clock, at *time.Time) error {
	for _, c := range clocks {
		if _, err := tx.Exec("UPDATE reminders SET settled = $1 WHERE incident = $2 AND step = $3 AND round = $4 AND NOT ticket AND "+which,
			orNull(at), c.Incident, string(c.Step), c.Round); err != nil {
			return err
		}
	}
	return nil
}

// claim gives ErrTaken when a statement found nothing to change.
func claim(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return escalation.ErrTaken
	}
	return nil
}

func addClocks(tx *Tx, clocks []escalation.Clock) error {
	if len(clocks) == 0 {
		return nil
	}
	var rows values
	for _, c := range clocks {
		rows.add(c.Incident, string(c.Step), c.Round, ms(c.Begun), ms(c.Due), string(c.Counts), c.Roll, ms(c.Passed), orNull(c.Next))
	}
	_, err := tx.Exec("INSERT INTO escalation_clocks (incident, step, round, begun, due, counts, roll, passed, next) VALUES "+rows.String(), rows.args...)
	return err
}

// StrikeClock implements escalation.Store.
func (s *Store) StrikeClock(ctx context.Context, c escalation.Clock, was time.Time, reminders []escalation.Reminder) error {
	return s.group.do(ctx, func(tx *Tx) error {
		if err := claim(tx.Exec("UPDATE escalation_clocks SET passed = $1, next = $2 WHERE incident = $3 AND step = $4 AND round = $5 AND passed = $6",
			ms(c.Passed), orNull(c.Next), c.Incident, string(c.Step), c.Round, ms(was))); err != nil {
			return err
		}
		return remind(tx, reminders)
	})
}

// remind adds reminders that are not there. A position that is not used is a gap,
// which readers do not mind.
func remind(tx *Tx, reminders []escalation.Reminder) error {
	for _, r := range reminders {
		r.Position = tx.next(reminderPosition)
		body, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO reminders (position, incident, step, round, threshold, audience, class, place, unit, handling, overdue, ticket, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (incident, step, round, threshold) DO NOTHING`,
			r.Position, r.Incident, string(r.Step), r.Round, r.Threshold, string(r.To), r.Class, r.Place, r.Unit, r.HandlingUnit,
			r.Overdue, r.Ticket, string(body)); err != nil {
			return err
		}
	}
	return nil
}

// Reminders implements escalation.Reader.
func (s *Store) Reminders(ctx context.Context, after int64, limit int) ([]escalation.Reminder, error) {
	return s.reminders(ctx, "WHERE position > $1 ORDER BY position LIMIT $2", after, limit)
}

// OpenReminders implements escalation.Reader.
func (s *Store) OpenReminders(ctx context.Context, f escalation.Filter) ([]escalation.Reminder, error) {
	var c clause
	c.where = append(c.where, "settled IS NULL", c.scope(f.Scope, func(units []string) string {
		return in(&c, "unit", units) + " OR " + in(&c, "handling", units)
	}))
	c.add("position > %s", f.After)
	if f.Incident != "" {
		c.add("incident = %s", f.Incident)
	}
	if len(f.To) > 0 {
		c.where = append(c.where, in(&c, "audience", f.To))
	}
	if f.Overdue {
		c.where = append(c.where, "overdue")
	}
	if f.Tickets {
		c.where = append(c.where, "ticket")
	}
	limit := f.Limit
	if limit <= 0 || limit > maxList {
		limit = maxList
	}
	return s.reminders(ctx, fmt.Sprintf("WHERE %s ORDER BY position LIMIT %s", c.String(), c.bind(limit)), c.args...)
}

func (s *Store) reminders(ctx context.Context, where string, args ...any) ([]escalation.Reminder, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT settled, settled_by, note, body FROM reminders "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []escalation.Reminder
	for rows.Next() {
		var r escalation.Reminder
		var settled sql.NullInt64
		var by, note, body string
		if err := rows.Scan(&settled, &by, &note, &body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return nil, fmt.Errorf("stored reminder: %w", err)
		}
		r.SettledAt, r.SettledBy, r.Note = orNil(settled), by, note
		out = append(out, r)
	}
	return out, rows.Err()
}

// SettleTicket implements escalation.Reader.
func (s *Store) SettleTicket(ctx context.Context, position int64, who, note string, at time.Time) error {
	res, err := s.write.ExecContext(ctx, "UPDATE reminders SET settled = $1, settled_by = $2, note = $3 WHERE position = $4 AND ticket AND settled IS NULL",
		ms(at), who, note, position)
	if err := claim(res, err); !errors.Is(err, escalation.ErrTaken) {
		return err
	}
	return escalation.ErrNotFound
}
