package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"eastgate/cloud/coverage"
	"eastgate/shared/wire"
)

var _ coverage.Store = (*Store)(nil)

// KeepCoverage stores days as a box told them. When it returns nil each of them, or
// a later version, is committed.
func (s *Store) KeepCoverage(ctx context.Context, site, box string, days []wire.CoverageDay) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, d := range days {
			if err := keepDay(tx, site, box, d); err != nil {
				return fmt.Errorf("store coverage of %s/%s/%s on %s: %w", site, box, d.Device, d.Day, err)
			}
		}
		return nil
	})
}

func keepDay(tx *Tx, site, box string, d wire.CoverageDay) error {
	blind, err := json.Marshal(d.Blind)
	if err != nil {
		return err
	}
	res, err := tx.Exec(`INSERT INTO coverage_days (site, box, epoch, device, day, time_zone, version, through, due, seen, blind, more)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (site, box, epoch, device, day) DO UPDATE SET time_zone = excluded.time_zone, version = excluded.version,
			through = excluded.through, due = excluded.due, seen = excluded.seen, blind = excluded.blind, more = excluded.more
		WHERE coverage_days.version < excluded.version`,
		site, box, d.Epoch, d.Device, d.Day, d.Timezone, d.Version, d.Through, d.Due, d.Seen, string(blind), d.More)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 { // this version, or a later one, is here
		return err
	}
	if _, err := tx.Exec("DELETE FROM coverage_gaps WHERE site = $1 AND box = $2 AND epoch = $3 AND device = $4 AND day = $5",
		site, box, d.Epoch, d.Device, d.Day); err != nil {
		return err
	}
	for i, g := range d.Gaps {
		if _, err := tx.Exec(`INSERT INTO coverage_gaps (site, box, epoch, device, day, place, from_ms, to_ms, cause)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, site, box, d.Epoch, d.Device, d.Day, i, g.From, g.To, g.Cause); err != nil {
			return err
		}
	}
	return nil
}

// CoverageDays implements coverage.Store.
func (s *Store) CoverageDays(ctx context.Context, from, to, site string) ([]coverage.Told, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT site, box, epoch, device, day, time_zone, version, through, due, seen, blind, more FROM coverage_days
		WHERE day >= $1 AND day <= $2 AND ($3 = '' OR site = $3) ORDER BY site, box, device, day, epoch`, from, to, site)
	if err != nil {
		return nil, err
	}
	var out []coverage.Told
	at := map[gapKey]int{}
	for rows.Next() {
		var t coverage.Told
		var blind string
		if err := rows.Scan(&t.Site, &t.Box, &t.Epoch, &t.Device, &t.Day, &t.Timezone, &t.Version, &t.Through, &t.Due, &t.Seen, &blind, &t.More); err != nil {
			return nil, closing(rows, err)
		}
		if err := json.Unmarshal([]byte(blind), &t.Blind); err != nil {
			return nil, closing(rows, err)
		}
		at[gapKey{t.Site, t.Box, t.Epoch, t.Device, t.Day}] = len(out)
		out = append(out, t)
	}
	if err := closing(rows, rows.Err()); err != nil {
		return nil, err
	}
	return out, s.coverageGaps(ctx, from, to, site, func(k gapKey, g wire.CoverageGap) {
		if i, ok := at[k]; ok { // not told since
			out[i].Gaps = append(out[i].Gaps, g)
		}
	})
}

type gapKey struct{ site, box, epoch, device, day string }

func (s *Store) coverageGaps(ctx context.Context, from, to, site string, each func(gapKey, wire.CoverageGap)) error {
	rows, err := s.read.QueryContext(ctx, `SELECT site, box, epoch, device, day, from_ms, to_ms, cause FROM coverage_gaps
		WHERE day >= $1 AND day <= $2 AND ($3 = '' OR site = $3) ORDER BY site, box, epoch, device, day, place`, from, to, site)
	if err != nil {
		return err
	}
	for rows.Next() {
		var k gapKey
		var g wire.CoverageGap
		if err := rows.Scan(&k.site, &k.box, &k.epoch, &k.device, &k.day, &g.From, &g.To, &g.Cause); err != nil {
			return closing(rows, err)
		}
		each(k, g)
	}
	return closing(rows, rows.Err())
}

// CoverageNewest implements coverage.Store.
func (s *Store) CoverageNewest(ctx context.Context, site string) ([]coverage.Newest, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT d.site, d.box, d.device, max(d.time_zone), max(d.through), max(b.revoked)
		FROM coverage_days d LEFT JOIN boxes b ON b.site = d.site AND b.box = d.box
		WHERE $1 = '' OR d.site = $1 GROUP BY d.site, d.box, d.device ORDER BY d.site, d.box, d.device`, site)
	if err != nil {
		return nil, err
	}
	var out []coverage.Newest
	for rows.Next() {
		var n coverage.Newest
		var revoked sql.NullInt64
		if err := rows.Scan(&n.Site, &n.Box, &n.Device, &n.Timezone, &n.Through, &revoked); err != nil {
			return nil, closing(rows, err)
		}
		n.Revoked = revoked.Int64
		out = append(out, n)
	}
	return out, closing(rows, rows.Err())
}

// Heards implements coverage.Watched.
func (s *Store) Heards(ctx context.Context) ([]coverage.Heard, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, status, heard FROM boxes WHERE revoked IS NULL AND heard IS NOT NULL ORDER BY site, box")
	if err != nil {
		return nil, err
	}
	var out []coverage.Heard
	for rows.Next() {
		h := coverage.Heard{Online: true}
		var status sql.NullString
		var heard int64
		if err := rows.Scan(&h.Site, &h.Box, &status, &heard); err != nil {
			return nil, closing(rows, err)
		}
		h.At = fromMS(heard)
		if said, err := wire.DecodeStatus([]byte(status.String)); err == nil {
			h.Online = said.Online
		}
		out = append(out, h)
	}
	return out, closing(rows, rows.Err())
}

// Outages implements coverage.Watched.
func (s *Store) Outages(ctx context.Context) ([]coverage.Outage, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, episode, since, told, count FROM outages ORDER BY site, box")
	if err != nil {
		return nil, err
	}
	var out []coverage.Outage
	for rows.Next() {
		var o coverage.Outage
		var since, told int64
		if err := rows.Scan(&o.Site, &o.Box, &o.Episode, &since, &told, &o.Count); err != nil {
			return nil, closing(rows, err)
		}
		o.Since, o.Told = fromMS(since), fromMS(told)
		out = append(out, o)
	}
	return out, closing(rows, rows.Err())
}

// KeepOutage implements coverage.Watched.
func (s *Store) KeepOutage(ctx context.Context, o coverage.Outage) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`INSERT INTO outages (site, box, episode, since, told, count) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (site, box) DO UPDATE SET episode = excluded.episode, since = excluded.since, told = excluded.told, count = excluded.count`,
			o.Site, o.Box, o.Episode, ms(o.Since), ms(o.Told), o.Count)
		return err
	})
}

// DropOutage implements coverage.Watched.
func (s *Store) DropOutage(ctx context.Context, o coverage.Outage) error {
	return s.group.do(ctx, func(tx *Tx) error {
		_, err := tx.Exec("DELETE FROM outages WHERE site = $1 AND box = $2", o.Site, o.Box)
		return errors.Join(err)
	})
}
