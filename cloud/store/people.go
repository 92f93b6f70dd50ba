package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"eastgate/cloud/access"
)

var _ access.PeopleStore = (*Store)(nil)

// AddPerson implements access.PeopleStore.
func (s *Store) AddPerson(ctx context.Context, u access.User, hash string) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		var one int
		err := tx.QueryRow("SELECT 1 FROM organisations WHERE id = $1 AND ended IS NULL", u.Unit).Scan(&one)
		if err != nil {
			return fmt.Errorf("unit %s: %w", u.Unit, missing(err))
		}
		if err := tx.QueryRow("SELECT count(*) FROM people WHERE unit = $1 AND person = $2 AND name <> $3 AND closed IS NULL", u.Unit, u.Person, u.Name).Scan(&one); err != nil {
			return err
		}
		if one > 0 {
			return fmt.Errorf("%w: %s of %s has another account", access.ErrExists, u.Person, u.Unit)
		}
		if _, err := tx.Exec(`INSERT INTO people (name, person, unit, password, created, fresh) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (name) DO UPDATE SET person = excluded.person, unit = excluded.unit, password = excluded.password, closed = NULL, fresh = excluded.fresh`,
			u.Name, u.Person, u.Unit, hash, ms(time.Now()), u.Fresh); err != nil {
			return err
		}
		_, err = tx.Exec("DELETE FROM sessions WHERE name = $1", u.Name)
		return err
	})
}

// userColumns are a person, the organisation and one grant; a person without grants
// is one row with nulls.
const userColumns = `p.name, p.person, p.unit, p.closed, p.fresh, o.party, o.places,
	(SELECT count(*) FROM factors f WHERE f.account = p.name AND f.proved IS NOT NULL),
	g.id, g.role, g.scope, g.classes, g.valid_to, g.granted_by, g.granted_at, g.revoked_by, g.revoked_at
	FROM people p JOIN organisations o ON o.id = p.unit LEFT JOIN grants g ON g.account = p.name`

// inForce bounds the grants of userColumns to those that hold at $2.
const inForce = ` AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > $2)`

// A userRow is where userColumns are scanned into.
type userRow struct {
	user     access.User
	places   string
	closed   sql.NullInt64
	id, role sql.NullString
	scope    sql.NullString
	classes  sql.NullString
	validTo  sql.NullInt64
	by       sql.NullString
	at       sql.NullInt64
	endedBy  sql.NullString
	endedAt  sql.NullInt64
}

func (r *userRow) fields() []any {
	return []any{
		&r.user.Name, &r.user.Person, &r.user.Unit, &r.closed, &r.user.Fresh, &r.user.Party, &r.places, &r.user.Factors,
		&r.id, &r.role, &r.scope, &r.classes, &r.validTo, &r.by, &r.at, &r.endedBy, &r.endedAt,
	}
}

// grant returns the row's grant, if it has one.
func (r *userRow) grant() (g access.Grant, ok bool, err error) {
	if !r.id.Valid {
		return g, false, nil
	}
	g = access.Grant{
		ID: r.id.String, Account: r.user.Name, Role: access.Role(r.role.String), Scope: r.scope.String, ValidTo: orNil(r.validTo),
		GrantedBy: r.by.String, GrantedAt: fromMS(r.at.Int64), RevokedBy: r.endedBy.String, RevokedAt: orNil(r.endedAt),
	}
	return g, true, json.Unmarshal([]byte(r.classes.String), &g.Classes)
}

func orNil(n sql.NullInt64) *time.Time {
	if !n.Valid {
		return nil
	}
	t := fromMS(n.Int64)
	return &t
}

func orNull(t *time.Time) sql.NullInt64 {
	if t == nil {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: ms(*t), Valid: true}
}

// users gathers the rows of each person, which come together; extra are columns
// before userColumns.
func users(rows *sql.Rows, extra ...any) ([]access.User, error) {
	defer rows.Close()
	var out []access.User
	for rows.Next() {
		var r userRow
		if err := rows.Scan(append(extra, r.fields()...)...); err != nil {
			return nil, err
		}
		if len(out) == 0 || out[len(out)-1].Name != r.user.Name {
			r.user.Closed = orNil(r.closed)
			if err := json.Unmarshal([]byte(r.places), &r.user.Places); err != nil {
				return nil, fmt.Errorf("places of %s: %w", r.user.Unit, err)
			}
			out = append(out, r.user)
		}
		g, ok, err := r.grant()
		if err != nil {
			return nil, fmt.Errorf("grant %s: %w", g.ID, err)
		}
		if last := &out[len(out)-1]; ok {
			last.Grants = append(last.Grants, g)
		}
	}
	return out, rows.Err()
}

func one(list []access.User, err error) (access.User, error) {
	if err == nil && len(list) == 0 {
		err = access.ErrNotFound
	}
	if err != nil {
		return access.User{}, err
	}
	return list[0], nil
}

// Person implements access.PeopleStore.
func (s *Store) Person(ctx context.Context, name string) (access.User, string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT p.password, "+userColumns+inForce+" WHERE p.name = $1 AND p.closed IS NULL ORDER BY g.id", name, ms(time.Now()))
	if err != nil {
		return access.User{}, "", err
	}
	var hash string
	u, err := one(users(rows, &hash))
	return u, hash, err
}

// AddSession implements access.SessionStore. Sessions that have run out go.
func (s *Store) AddSession(ctx context.Context, token string, v access.Session) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec("DELETE FROM sessions WHERE expires < $1", ms(time.Now())); err != nil {
			return err
		}
		return addSession(tx, token, v)
	})
}

func addSession(tx *sql.Tx, token string, v access.Session) error {
	second := sql.NullInt64{Int64: ms(v.Second), Valid: !v.Second.IsZero()}
	_, err := tx.Exec("INSERT INTO sessions (token, name, csrf, came, used, expires, second, address, agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		token, v.User.Name, v.CSRF, ms(v.Came), ms(v.Used), ms(v.Expires), second, v.Address, v.Agent)
	return err
}

// Session implements access.SessionStore.
func (s *Store) Session(ctx context.Context, token string) (access.Session, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT s.csrf, s.came, s.used, s.expires, s.second, s.address, s.agent, "+userColumns+inForce+
		" JOIN sessions s ON s.name = p.name WHERE s.token = $1 AND p.closed IS NULL ORDER BY g.id", token, ms(time.Now()))
	if err != nil {
		return access.Session{}, err
	}
	var v access.Session
	var came, used, expires int64
	var second sql.NullInt64
	v.User, err = one(users(rows, &v.CSRF, &came, &used, &expires, &second, &v.Address, &v.Agent))
	v.Came, v.Used, v.Expires = fromMS(came), fromMS(used), fromMS(expires)
	if second.Valid {
		v.Second = fromMS(second.Int64)
	}
	return v, err
}

// SetPassword implements access.AccountStore.
func (s *Store) SetPassword(ctx context.Context, name, hash, keep string, fresh bool) error {
	return s.transact(ctx, func(tx *sql.Tx) error {
		if err := hit(tx.Exec("UPDATE people SET password = $1, fresh = $2 WHERE name = $3 AND closed IS NULL", hash, fresh, name)); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM sessions WHERE name = $1 AND token <> $2", name, keep)
		return err
	})
}
