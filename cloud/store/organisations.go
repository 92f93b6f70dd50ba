package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/access"
	"eastgate/cloud/organisation"
)

var _ organisation.Store = (*Store)(nil)

// PutOrganisation implements organisation.Store.
func (s *Store) PutOrganisation(ctx context.Context, o organisation.Organisation) error {
	places, err := json.Marshal(o.Places)
	if err != nil {
		return err
	}
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO organisations (id, party, zh, en, places, created, reviewer) VALUES ($1, $2, $3, $4, $5, $6, '')
			ON CONFLICT (id) DO UPDATE SET zh = excluded.zh, en = excluded.en, places = excluded.places`,
			o.ID, string(o.Party), o.ZH, o.EN, string(places), ms(o.Since)); err != nil {
			return err
		}
		var party access.Party
		if err := tx.QueryRow("SELECT party FROM organisations WHERE id = $1", o.ID).Scan(&party); err != nil {
			return err
		}
		if party != o.Party {
			return organisation.ErrParty
		}
		return nil
	})
}

// Organisations implements organisation.Store.
func (s *Store) Organisations(ctx context.Context) ([]organisation.Organisation, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, party, zh, en, places, created, ended, reviewed, reviewer FROM organisations ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []organisation.Organisation
	for rows.Next() {
		var o organisation.Organisation
		var places string
		var since int64
		var ended, reviewed sql.NullInt64
		if err := rows.Scan(&o.ID, &o.Party, &o.ZH, &o.EN, &places, &since, &ended, &reviewed, &o.Reviewer); err != nil {
			return nil, err
		}
		o.Since, o.Ended, o.Reviewed = fromMS(since), orNil(ended), orNil(reviewed)
		if err := json.Unmarshal([]byte(places), &o.Places); err != nil {
			return nil, fmt.Errorf("places of %s: %w", o.ID, err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// EndOrganisation implements organisation.Store.
func (s *Store) EndOrganisation(ctx context.Context, id, by string, at time.Time) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := found(tx.Exec("UPDATE organisations SET ended = $1 WHERE id = $2 AND ended IS NULL", ms(at), id)); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE grants SET revoked_by = $1, revoked_at = $2
			WHERE revoked_at IS NULL AND account IN (SELECT name FROM people WHERE unit = $3)`, by, ms(at), id); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM sessions WHERE name IN (SELECT name FROM people WHERE unit = $1)", id); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE people SET closed = $1 WHERE unit = $2 AND closed IS NULL", ms(at), id)
		return err
	})
}

// found is hit in the organisations' words.
func found(res sql.Result, err error) error {
	if err := hit(res, err); !errors.Is(err, access.ErrNotFound) {
		return err
	}
	return organisation.ErrNotFound
}

// ReviewOrganisation implements organisation.Store.
func (s *Store) ReviewOrganisation(ctx context.Context, id, by string, at time.Time) error {
	return found(s.write.ExecContext(ctx, "UPDATE organisations SET reviewed = $1, reviewer = $2 WHERE id = $3 AND ended IS NULL", ms(at), by, id))
}

// AddContact implements organisation.ContactStore.
func (s *Store) AddContact(ctx context.Context, c organisation.Sealed) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		var one int
		err := tx.QueryRow("SELECT 1 FROM organisations WHERE id = $1 AND ended IS NULL", c.Organisation).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return organisation.ErrNotFound
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO contacts (id, organisation, name, post, deputy, phone, since) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			c.ID, c.Organisation, c.Name, c.Post, c.Deputy, c.Number, ms(c.Since))
		return err
	})
}

// Contacts implements organisation.ContactStore.
func (s *Store) Contacts(ctx context.Context, org string) ([]organisation.Sealed, error) {
	return s.contacts(ctx, "WHERE $1 IN ('', organisation) ORDER BY organisation, gone IS NOT NULL, deputy, id", org)
}

// Contact implements organisation.ContactStore.
func (s *Store) Contact(ctx context.Context, id string) (organisation.Sealed, error) {
	list, err := s.contacts(ctx, "WHERE id = $1", id)
	if err == nil && len(list) == 0 {
		err = organisation.ErrNotFound
	}
	if err != nil {
		return organisation.Sealed{}, err
	}
	return list[0], nil
}

func (s *Store) contacts(ctx context.Context, where string, args ...any) ([]organisation.Sealed, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, organisation, name, post, deputy, phone, since, gone FROM contacts "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []organisation.Sealed
	for rows.Next() {
		var c organisation.Sealed
		var since int64
		var gone sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Organisation, &c.Name, &c.Post, &c.Deputy, &c.Number, &since, &gone); err != nil {
			return nil, err
		}
		c.Since, c.Gone = fromMS(since), orNil(gone)
		out = append(out, c)
	}
	return out, rows.Err()
}

// ContactGone implements organisation.ContactStore.
func (s *Store) ContactGone(ctx context.Context, id string, at time.Time) error {
	return found(s.write.ExecContext(ctx, "UPDATE contacts SET gone = $1 WHERE id = $2 AND gone IS NULL", ms(at), id))
}

// DropContacts implements organisation.ContactStore.
func (s *Store) DropContacts(ctx context.Context, before time.Time) (int64, error) {
	res, err := s.write.ExecContext(ctx, "DELETE FROM contacts WHERE gone < $1", ms(before))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}
