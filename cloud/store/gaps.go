package store

import (
	"context"
	"database/sql"
	"time"

	"eastgate/cloud/ingest"
	"eastgate/shared/wire"
)

// Gaps returns all sequences that are not here though later ones are, or were given
// out. It reads one row for each run without a gap, and no events.
func (s *Store) Gaps(ctx context.Context) ([]ingest.Gap, error) { return s.gaps(ctx, "") }

func (s *Store) gaps(ctx context.Context, where string, args ...any) ([]ingest.Gap, error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT r.site, r.box, r.epoch, r.priority, r.below + 1, r.first - 1, r.since, r.settled,
			s.first, s.kept, s.shed, s.shed_first, s.shed_last
		FROM (
			SELECT site, box, epoch, priority, first, since, settled,
				COALESCE(LAG(last) OVER (PARTITION BY site, box, epoch, priority ORDER BY first), 0) AS below
			FROM stream_runs `+where+`
		) AS r
		LEFT JOIN streams AS s ON s.site = r.site AND s.box = r.box AND s.epoch = r.epoch AND s.priority = r.priority
		WHERE r.first > r.below + 1
		ORDER BY r.site, r.box, r.epoch, r.priority, r.first
		LIMIT 10000`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ingest.Gap
	for rows.Next() {
		g, err := scanGap(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

func scanGap(rows *sql.Rows) (ingest.Gap, error) {
	var g ingest.Gap
	var since int64
	var settled, first, kept, shed, shedFirst, shedLast sql.NullInt64
	err := rows.Scan(&g.Site, &g.Box, &g.Epoch, &g.Priority, &g.First, &g.Last, &since, &settled, &first, &kept, &shed, &shedFirst, &shedLast)
	if err != nil {
		return ingest.Gap{}, err
	}
	g.Since, g.Settled = fromMS(since), settled.Valid
	if first.Valid {
		g.Waits, g.Kept = uint64(first.Int64), uint64(kept.Int64)                                                   //nolint:gosec // sequences count from 1
		g.Shed = wire.Shed{Count: uint64(shed.Int64), First: uint64(shedFirst.Int64), Last: uint64(shedLast.Int64)} //nolint:gosec // as above
	}
	return g, nil
}

// Settle notes that gaps were told or are explained, so that they are not told again.
func (s *Store) Settle(ctx context.Context, gaps []ingest.Gap) error {
	now := ms(time.Now())
	return s.group.do(ctx, func(tx *Tx) error {
		for _, g := range gaps {
			if _, err := tx.Exec(`UPDATE stream_runs SET settled = $1
				WHERE site = $2 AND box = $3 AND epoch = $4 AND priority = $5 AND first = $6 AND settled IS NULL`,
				now, g.Site, g.Box, g.Epoch, int(g.Priority), int64(g.Last+1)); err != nil { //nolint:gosec // at most wire.MaxSequence
				return err
			}
		}
		return nil
	})
}
