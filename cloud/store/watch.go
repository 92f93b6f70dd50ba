package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eastgate/cloud/watch"
)

var _ watch.Store = (*Store)(nil)

// msOrNever and fromNever keep a time that may never have been.
func msOrNever(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return ms(t)
}

func fromNever(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return fromMS(n)
}

// PutDesk implements watch.Store.
func (s *Store) PutDesk(ctx context.Context, d watch.Desk) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO desks (id, who, sound, visible, input, self_test, looking, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (id) DO UPDATE SET who = excluded.who, sound = excluded.sound, visible = excluded.visible, input = excluded.input,
				self_test = excluded.self_test, looking = excluded.looking, told = excluded.told`,
			d.ID, d.Who, string(d.Sound), d.Visible, msOrNever(d.Input), msOrNever(d.SelfTest), d.Looking, ms(d.Told))
		return err
	})
}

// Desks implements watch.Store.
func (s *Store) Desks(ctx context.Context, after time.Time) ([]watch.Desk, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, who, sound, visible, input, self_test, looking, told FROM desks WHERE told > $1 ORDER BY told DESC, id", ms(after))
	if err != nil {
		return nil, err
	}
	out := []watch.Desk{}
	for rows.Next() {
		var d watch.Desk
		var input, test, told int64
		if err := rows.Scan(&d.ID, &d.Who, &d.Sound, &d.Visible, &input, &test, &d.Looking, &told); err != nil {
			return nil, closing(rows, err)
		}
		d.Input, d.SelfTest, d.Told = fromNever(input), fromNever(test), fromMS(told)
		out = append(out, d)
	}
	return out, closing(rows, rows.Err())
}

// ForgetDesks implements watch.Store.
func (s *Store) ForgetDesks(ctx context.Context, before time.Time) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM desks WHERE told < $1", ms(before))
	return err
}

// Watch implements watch.Store.
func (s *Store) Watch(ctx context.Context) (watch.State, error) {
	var armed int64
	var out watch.State
	err := s.read.QueryRowContext(ctx, "SELECT armed, episode FROM watch WHERE one = 1").Scan(&armed, &out.Episode)
	if errors.Is(err, sql.ErrNoRows) {
		return watch.State{}, nil
	}
	out.Armed = fromNever(armed)
	return out, err
}

// KeepWatch implements watch.Store.
func (s *Store) KeepWatch(ctx context.Context, w watch.State) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO watch (one, armed, episode) VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET armed = excluded.armed, episode = excluded.episode",
			msOrNever(w.Armed), w.Episode)
		return err
	})
}
