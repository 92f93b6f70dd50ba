package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"eastgate/cloud/access"
	"eastgate/shared/wire"
)

var _ access.BoxStore = (*Store)(nil)

func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return access.ErrNotFound
	}
	return err
}

// AddBox implements access.BoxStore.
func (s *Store) AddBox(ctx context.Context, site, box, secret string) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO boxes (site, box, secret, enrolled) VALUES ($1, $2, $3, $4)
		ON CONFLICT (site, box) DO UPDATE SET secret = excluded.secret, enrolled = excluded.enrolled, revoked = NULL`, site, box, secret, ms(time.Now()))
	return err
}

// BoxSecret implements access.BoxStore.
func (s *Store) BoxSecret(ctx context.Context, site, box string) (secret string, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT secret FROM boxes WHERE site = $1 AND box = $2 AND revoked IS NULL", site, box).Scan(&secret)
	return secret, missing(err)
}

// Boxes implements access.BoxStore.
func (s *Store) Boxes(ctx context.Context) ([]access.Box, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, enrolled, revoked FROM boxes ORDER BY site, box")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []access.Box
	for rows.Next() {
		var b access.Box
		var enrolled int64
		var revoked sql.NullInt64
		if err := rows.Scan(&b.Site, &b.Box, &enrolled, &revoked); err != nil {
			return nil, err
		}
		b.Enrolled = fromMS(enrolled)
		if revoked.Valid {
			t := fromMS(revoked.Int64)
			b.Revoked = &t
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// Heard keeps what a box last said of itself; what is "status" or "health".
func (s *Store) Heard(ctx context.Context, site, box, what string, body []byte) error {
	column := map[string]string{"status": "status", "health": "health"}[what]
	if column == "" {
		return errors.New("store: boxes say status and health")
	}
	set := ""
	if what == "health" {
		set = ", health_heard = $2"
	}
	_, err := s.write.ExecContext(ctx, "UPDATE boxes SET "+column+" = $1, heard = $2"+set+" WHERE site = $3 AND box = $4", string(body), ms(time.Now()), site, box)
	return err
}

// CameraNames returns what people call the cameras and sensors that boxes told of, by
// "site/box/device".
func (s *Store) CameraNames(ctx context.Context) (map[string]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, box, health FROM boxes WHERE health IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var site, box, body string
		if err := rows.Scan(&site, &box, &body); err != nil {
			return nil, err
		}
		h, err := wire.DecodeHealth([]byte(body))
		if err != nil {
			continue // it was checked when it came; an older form has no names
		}
		for _, c := range h.Cameras {
			if c.Name != "" {
				out[site+"/"+box+"/"+c.Camera] = c.Name
			}
		}
		for _, d := range h.Sensors {
			if d.Name != "" {
				out[site+"/"+box+"/"+d.Sensor] = d.Name
			}
		}
	}
	return out, rows.Err()
}
