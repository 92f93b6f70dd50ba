package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/kpi"
	"eastgate/shared/event"
)

var (
	_ kpi.Book      = (*Store)(nil)
	_ kpi.Published = (*Store)(nil)
)

// AddEffort implements kpi.Book.
func (s *Store) AddEffort(ctx context.Context, who string, now time.Time, entries ...kpi.Effort) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, e := range entries {
			if err := e.Check(); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO efforts (id, day, role, worker, task, method, hours, entered, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				event.NewID(), ms(e.Day), e.Role, e.Worker, e.Task, e.Method, e.Hours, ms(now), who); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddAudit implements kpi.Book.
func (s *Store) AddAudit(ctx context.Context, who string, now time.Time, entries ...kpi.Audit) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, a := range entries {
			if err := a.Check(); err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO audits (id, walked, place, hours, found, known, entered, who) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				event.NewID(), ms(a.At), a.Place, a.Hours, a.Found, a.Known, ms(now), who); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetOfficial implements kpi.Book.
func (s *Store) SetOfficial(ctx context.Context, who string, now time.Time, entries ...kpi.Official) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, o := range entries {
			if _, err := time.Parse("2006-01", o.Month); err != nil || o.Fires < 0 {
				return fmt.Errorf("official fires: month %.10q with %d fires", o.Month, o.Fires)
			}
			if _, err := tx.Exec(`INSERT INTO official_fires (month, fires, entered, who) VALUES ($1, $2, $3, $4)
				ON CONFLICT (month) DO UPDATE SET fires = excluded.fires, entered = excluded.entered, who = excluded.who`, o.Month, o.Fires, ms(now), who); err != nil {
				return err
			}
		}
		return nil
	})
}

// SetBaseline implements kpi.Book.
func (s *Store) SetBaseline(ctx context.Context, who string, now time.Time, b kpi.Baseline) error {
	if err := b.Check(); err != nil {
		return err
	}
	_, err := s.write.ExecContext(ctx, `INSERT INTO baselines (clock, begins, ends, method, entered, who) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (clock) DO UPDATE SET begins = excluded.begins, ends = excluded.ends, method = excluded.method, entered = excluded.entered, who = excluded.who`,
		b.Of, ms(b.From), ms(b.To), b.Method, ms(now), who)
	return err
}

// Entered implements kpi.Book.
func (s *Store) Entered(ctx context.Context, from, to time.Time) (kpi.Entries, error) {
	var out kpi.Entries
	err := errors.Join(
		s.each(ctx, func(r *sql.Rows) error {
			var e kpi.Effort
			var day int64
			err := r.Scan(&day, &e.Role, &e.Worker, &e.Task, &e.Method, &e.Hours)
			e.Day = fromMS(day)
			out.Effort = append(out.Effort, e)
			return err
		}, "SELECT day, role, worker, task, method, hours FROM efforts WHERE day >= $1 AND day < $2 ORDER BY day, id", ms(from), ms(to)),
		s.each(ctx, func(r *sql.Rows) error {
			var a kpi.Audit
			var at int64
			err := r.Scan(&at, &a.Place, &a.Hours, &a.Found, &a.Known)
			a.At = fromMS(at)
			out.Audits = append(out.Audits, a)
			return err
		}, "SELECT walked, place, hours, found, known FROM audits WHERE walked >= $1 AND walked < $2 ORDER BY walked, id", ms(from), ms(to)),
		s.each(ctx, func(r *sql.Rows) error {
			var o kpi.Official
			err := r.Scan(&o.Month, &o.Fires)
			out.Official = append(out.Official, o)
			return err
		}, "SELECT month, fires FROM official_fires ORDER BY month"),
		s.each(ctx, func(r *sql.Rows) error {
			var b kpi.Baseline
			var begins, ends int64
			err := r.Scan(&b.Of, &begins, &ends, &b.Method)
			b.From, b.To = fromMS(begins), fromMS(ends)
			out.Baselines = append(out.Baselines, b)
			return err
		}, "SELECT clock, begins, ends, method FROM baselines ORDER BY clock"),
	)
	return out, err
}

// each runs a query and hands over every row.
func (s *Store) each(ctx context.Context, take func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := take(rows); err != nil {
			return closing(rows, err)
		}
	}
	return closing(rows, rows.Err())
}

// Figures implements kpi.Published.
func (s *Store) Figures(ctx context.Context, month, definition string) ([]byte, bool, error) {
	var body string
	err := s.read.QueryRowContext(ctx, "SELECT body FROM figures WHERE month = $1 AND definition = $2 ORDER BY revision DESC LIMIT 1", month, definition).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return []byte(body), err == nil, err
}

// KeepFigures implements kpi.Published. Of two that publish at the same time the
// first one's stay.
func (s *Store) KeepFigures(ctx context.Context, month, definition string, now time.Time, body []byte) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO figures (month, definition, revision, computed, body) VALUES ($1, $2, 1, $3, $4)
		ON CONFLICT DO NOTHING`, month, definition, ms(now), string(body))
	return err
}
