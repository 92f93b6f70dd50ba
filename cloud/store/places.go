package store

import (
	"context"
	"database/sql"

	"eastgate/cloud/place"
)

var _ place.Store = (*Store)(nil)

// Places implements place.Store. The version is read first: should the places change
// in between, they are newer than the version says, and are read once more.
func (s *Store) Places(ctx context.Context) ([]place.Place, int64, error) {
	version, err := s.PlacesVersion(ctx)
	if err != nil {
		return nil, 0, err
	}
	rows, err := s.read.QueryContext(ctx, "SELECT code, path, kind, zh, en, lat, lon, datum, org, device, households FROM places")
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	var out []place.Place
	for rows.Next() {
		var p place.Place
		if err := rows.Scan(&p.Code, &p.Path, &p.Kind, &p.ZH, &p.EN, &p.Lat, &p.Lon, &p.Datum, &p.Org, &p.Device, &p.Households); err != nil {
			return nil, 0, err
		}
		out = append(out, p)
	}
	place.Sort(out) // not by the database: its order of letters may be another
	return out, version, rows.Err()
}

// PlacesVersion implements place.Store.
func (s *Store) PlacesVersion(ctx context.Context) (version int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT version FROM places_version").Scan(&version)
	return version, err
}

// placesAtOnce bounds one statement's parameters.
const placesAtOnce = 1000

// SavePlaces implements place.Store.
func (s *Store) SavePlaces(ctx context.Context, was int64, places []place.Place) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "UPDATE places_version SET version = version + 1 WHERE version = $1", was)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n != 1 {
			return place.ErrConflict
		}
		for begin := 0; begin < len(places); begin += placesAtOnce {
			if err := savePlaces(ctx, tx, places[begin:min(begin+placesAtOnce, len(places))]); err != nil {
				return err
			}
		}
		return nil
	})
}

func savePlaces(ctx context.Context, tx *sql.Tx, places []place.Place) error {
	var rows values
	for _, p := range places {
		rows.add(p.Code, p.Path, string(p.Kind), p.ZH, p.EN, p.Lat, p.Lon, string(p.Datum), p.Org, string(p.Device), p.Households)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO places (code, path, kind, zh, en, lat, lon, datum, org, device, households) VALUES `+rows.String()+`
		ON CONFLICT (code) DO UPDATE SET path = excluded.path, kind = excluded.kind, zh = excluded.zh, en = excluded.en, lat = excluded.lat, lon = excluded.lon,
			datum = excluded.datum, org = excluded.org, device = excluded.device, households = excluded.households`, rows.args...)
	return err
}
