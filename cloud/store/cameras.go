package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"eastgate/cloud/camera"
	"eastgate/cloud/plan"
	"eastgate/shared/wire"
)

var (
	_ camera.Store = (*Store)(nil)
	_ plan.Store   = (*Store)(nil)
)

// BoxReports implements camera.Store.
func (s *Store) BoxReports(ctx context.Context) ([]camera.BoxReport, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, status, health, heard FROM boxes WHERE revoked IS NULL AND health IS NOT NULL ORDER BY site, box")
	if err != nil {
		return nil, err
	}
	var out []camera.BoxReport
	for rows.Next() {
		r := camera.BoxReport{Online: true}
		var status, health sql.NullString
		var heard sql.NullInt64
		if err := rows.Scan(&r.Site, &r.Box, &status, &health, &heard); err != nil {
			return nil, closing(rows, err)
		}
		r.Heard = fromMS(heard.Int64)
		if said, err := wire.DecodeStatus([]byte(status.String)); err == nil {
			r.Online = said.Online
		}
		if r.Health, err = wire.DecodeHealth([]byte(health.String)); err != nil {
			continue // it was checked when it came; an older form tells nothing
		}
		out = append(out, r)
	}
	return out, closing(rows, rows.Err())
}

// CameraSettings implements camera.Store.
func (s *Store) CameraSettings(ctx context.Context, n camera.Name, limit int) ([]camera.Version, error) {
	q := "SELECT version, settings, who, why, at, command, state, problem FROM camera_settings WHERE site = $1 AND box = $2 AND camera = $3 ORDER BY version DESC"
	args := []any{n.Site, n.Box, n.Camera}
	if limit > 0 {
		q, args = q+" LIMIT $4", append(args, limit)
	}
	rows, err := s.read.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	var out []camera.Version
	for rows.Next() {
		var v camera.Version
		var settings string
		var at int64
		if err := rows.Scan(&v.Version, &settings, &v.Who, &v.Why, &at, &v.Command, &v.State, &v.Problem); err != nil {
			return nil, closing(rows, err)
		}
		v.Settings, v.At = json.RawMessage(settings), fromMS(at)
		out = append(out, v)
	}
	return out, closing(rows, rows.Err())
}

// AddCameraSettings implements camera.Store.
func (s *Store) AddCameraSettings(ctx context.Context, n camera.Name, v camera.Version) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO camera_settings (site, box, camera, version, settings, who, why, at, command, state, problem)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, '') ON CONFLICT (site, box, camera, version) DO NOTHING`,
			n.Site, n.Box, n.Camera, v.Version, string(v.Settings), v.Who, v.Why, ms(v.At), camera.Unsent)
		if err != nil {
			return err
		}
		if added, err := res.RowsAffected(); err != nil || added != 1 {
			return errors.Join(err, camera.ErrConflict)
		}
		return nil
	})
}

// CameraSettingsAre implements camera.Store.
func (s *Store) CameraSettingsAre(ctx context.Context, n camera.Name, v camera.Version) error {
	_, err := s.write.ExecContext(ctx, "UPDATE camera_settings SET command = $1, state = $2, problem = $3 WHERE site = $4 AND box = $5 AND camera = $6 AND version = $7",
		v.Command, v.State, v.Problem, n.Site, n.Box, n.Camera, v.Version)
	return err
}

// AddStill implements camera.Store.
func (s *Store) AddStill(ctx context.Context, n camera.Name, still camera.Still, keep int) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO camera_stills (site, box, camera, sha256, at, who, width, height, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (site, box, camera, sha256) DO UPDATE SET at = excluded.at, who = excluded.who, told = excluded.told`,
			n.Site, n.Box, n.Camera, still.SHA256, ms(still.At), still.Who, still.Width, still.Height, string(still.Told)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM camera_stills WHERE site = $1 AND box = $2 AND camera = $3 AND sha256 NOT IN
			(SELECT sha256 FROM camera_stills WHERE site = $1 AND box = $2 AND camera = $3 ORDER BY at DESC LIMIT $4)`, n.Site, n.Box, n.Camera, keep)
		return err
	})
}

// Stills implements camera.Store.
func (s *Store) Stills(ctx context.Context, n camera.Name) ([]camera.Still, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT sha256, at, who, width, height, told FROM camera_stills WHERE site = $1 AND box = $2 AND camera = $3 ORDER BY at DESC",
		n.Site, n.Box, n.Camera)
	if err != nil {
		return nil, err
	}
	var out []camera.Still
	for rows.Next() {
		var still camera.Still
		var at int64
		var told string
		if err := rows.Scan(&still.SHA256, &at, &still.Who, &still.Width, &still.Height, &told); err != nil {
			return nil, closing(rows, err)
		}
		still.At, still.Told = fromMS(at), json.RawMessage(told)
		out = append(out, still)
	}
	return out, closing(rows, rows.Err())
}

// Plan implements plan.Store.
func (s *Store) Plan(ctx context.Context, place string) (plan.Plan, error) {
	p := plan.Plan{Place: place}
	var positions string
	var at int64
	err := s.read.QueryRowContext(ctx, "SELECT version, image, width, height, positions, who, at FROM plans WHERE place = $1", place).
		Scan(&p.Version, &p.Image, &p.Width, &p.Height, &positions, &p.Who, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.At = fromMS(at)
	return p, json.Unmarshal([]byte(positions), &p.Positions)
}

// SavePlan implements plan.Store.
func (s *Store) SavePlan(ctx context.Context, p plan.Plan) error {
	positions, err := json.Marshal(p.Positions)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO plans (place, version, image, width, height, positions, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (place) DO UPDATE SET version = excluded.version, image = excluded.image, width = excluded.width, height = excluded.height,
				positions = excluded.positions, who = excluded.who, at = excluded.at
			WHERE plans.version = excluded.version - 1`,
			p.Place, p.Version+1, p.Image, p.Width, p.Height, string(positions), p.Who, ms(p.At))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(err, plan.ErrConflict)
		}
		return nil
	})
}
