package store

import (
	"context"
	"database/sql"

	"eastgate/cloud/api"
	"eastgate/shared/wire"
)

// Fleet returns every box with what it last told of itself.
func (s *Store) Fleet(ctx context.Context) ([]api.BoxRow, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT site, box, enrolled, revoked, status, health, heard, health_heard,
		(SELECT max(expires) FROM certificates c WHERE c.site = boxes.site AND c.box = boxes.box AND c.ended IS NULL),
		(SELECT max(expires) FROM enrolments e WHERE e.site = boxes.site AND e.box = boxes.box AND e.pubkey = '' AND NOT e.void AND e.expires > $1)
		FROM boxes ORDER BY site, box`, ms(s.now()))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []api.BoxRow
	for rows.Next() {
		var b api.BoxRow
		var enrolled int64
		var revoked, heard, healthHeard, until, code sql.NullInt64
		var status, health sql.NullString
		if err := rows.Scan(&b.Site, &b.Box, &enrolled, &revoked, &status, &health, &heard, &healthHeard, &until, &code); err != nil {
			return nil, err
		}
		b.Enrolled, b.Revoked, b.Heard, b.HealthHeard = fromMS(enrolled), orNil(revoked), orNil(heard), orNil(healthHeard)
		b.Certificate, b.Code = orNil(until), orNil(code)
		// Both were checked when they came; an older form is as good as none.
		if st, err := wire.DecodeStatus([]byte(status.String)); err == nil {
			b.Status = &st
		}
		if h, err := wire.DecodeHealth([]byte(health.String)); err == nil && health.Valid {
			b.Health = &h
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// Bytes is how large the database is.
func (s *Store) Bytes(ctx context.Context) (n int64, err error) {
	query := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if s.Shared() {
		query = "SELECT pg_database_size(current_database())"
	}
	err = s.read.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}
