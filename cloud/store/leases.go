package store

import (
	"context"
	"time"

	"eastgate/cloud/replica"
)

var _ replica.Store = (*Store)(nil)

// Lease implements replica.Store.
func (s *Store) Lease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error) {
	res, err := s.write.ExecContext(ctx, `INSERT INTO leases (name, holder, expires) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
		WHERE leases.holder = excluded.holder OR leases.expires <= $4`, name, holder, ms(now.Add(ttl)), ms(now))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// Renew implements replica.Store.
func (s *Store) Renew(ctx context.Context, holder string, now time.Time, ttl time.Duration) error {
	_, err := s.write.ExecContext(ctx, "UPDATE leases SET expires = $1 WHERE holder = $2", ms(now.Add(ttl)), holder)
	return err
}

// Release implements replica.Store.
func (s *Store) Release(ctx context.Context, name, holder string) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM leases WHERE name = $1 AND holder = $2", name, holder)
	return err
}

// Leases implements replica.Store.
func (s *Store) Leases(ctx context.Context, prefix string, now time.Time) (map[string]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT name, holder FROM leases WHERE substr(name, 1, $1) = $2 AND expires > $3", len(prefix), prefix, ms(now))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var name, holder string
		if err := rows.Scan(&name, &holder); err != nil {
			return nil, err
		}
		out[name] = holder
	}
	return out, rows.Err()
}
