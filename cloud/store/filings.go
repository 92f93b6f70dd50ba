package store

import (
	"context"

	"eastgate/cloud/filing"
	"eastgate/shared/event"
)

var _ filing.Store = (*Store)(nil)

// Filings implements filing.Store.
func (s *Store) Filings(ctx context.Context) (map[event.Source]filing.Record, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT camera, angle, sign, basis, filed, number, digest, who, at FROM filings")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[event.Source]filing.Record{}
	for rows.Next() {
		var r filing.Record
		var at int64
		if err := rows.Scan(&r.Camera, &r.Angle, &r.Sign, &r.Basis, &r.Filed, &r.Number, &r.Digest, &r.By, &at); err != nil {
			return nil, err
		}
		r.At = fromMS(at)
		out[r.Camera] = r
	}
	return out, rows.Err()
}

// PutFiling implements filing.Store.
func (s *Store) PutFiling(ctx context.Context, r filing.Record) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO filings (camera, angle, sign, basis, filed, number, digest, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (camera) DO UPDATE SET angle = excluded.angle, sign = excluded.sign, basis = excluded.basis, filed = excluded.filed, number = excluded.number,
			digest = excluded.digest, who = excluded.who, at = excluded.at`,
		string(r.Camera), r.Angle, r.Sign, r.Basis, r.Filed, r.Number, r.Digest, r.By, ms(r.At))
	return err
}
