package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eastgate/cloud/register"
)

var _ register.Store = (*Store)(nil)

const registerColumns = "position, at, who, person, unit, roles, act, object, casenr, purpose, reason, basis, agreement, fields, result, detail, address, prev, hash"

// AppendRegister implements register.Store. The group's transactions exclude each
// other, over replicas too, so the newest row stays the newest until the commit.
func (s *Store) AppendRegister(ctx context.Context, e register.Entry) (register.Entry, error) {
	err := s.group.do(ctx, func(tx *Tx) error {
		var err error
		e, err = appendRegister(tx, e)
		return err
	})
	return e, err
}

func appendRegister(tx *Tx, e register.Entry) (register.Entry, error) {
	var head register.Mark
	if err := tx.QueryRow("SELECT position, hash FROM register_ends WHERE id = 1").Scan(&head.Position, &head.Hash); err != nil {
		return e, err
	}
	e = e.Sealed(head.Position+1, head.Hash)
	if _, err := tx.Exec("INSERT INTO register ("+registerColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
		e.Position, ms(e.At), e.Who, e.Person, e.Unit, e.Roles, string(e.Act), e.Object, e.Case, e.Purpose, e.Reason, e.Basis, e.Agreement,
		strings.Join(e.Fields, ","), string(e.Result), e.Detail, e.From, e.Prev, e.Hash); err != nil {
		return e, err
	}
	_, err := tx.Exec("UPDATE register_ends SET position = $1, hash = $2 WHERE id = 1", e.Position, e.Hash)
	return e, err
}

// Register implements register.Store.
func (s *Store) Register(ctx context.Context, q register.Query) ([]register.Entry, error) {
	var where []string
	var args []any
	add := func(clause string, value any) {
		args = append(args, value)
		where = append(where, fmt.Sprintf("%s $%d", clause, len(args)))
	}
	for _, c := range []struct{ column, value string }{
		{"who", q.Who}, {"unit", q.Unit}, {"object", q.Object}, {"casenr", q.Case}, {"agreement", q.Agreement}, {"act", string(q.Act)}, {"result", string(q.Result)},
	} {
		if c.value != "" {
			add(c.column+" =", c.value)
		}
	}
	if q.Case != "" {
		where = append(where, "casenr <> ''") // so that the index of those that have one serves
	}
	if !q.From.IsZero() {
		add("at >=", ms(q.From))
	}
	if !q.To.IsZero() {
		add("at <", ms(q.To))
	}
	if q.Shared || q.Agreement != "" {
		where = append(where, "agreement <> ''")
	}
	if q.Before > 0 {
		add("position <", q.Before)
	}
	if len(where) == 0 {
		where = []string{"1 = 1"}
	}
	args = append(args, q.Limit)
	return s.entries(ctx, fmt.Sprintf("WHERE %s ORDER BY position DESC LIMIT $%d", strings.Join(where, " AND "), len(args)), args...)
}

// RegisterFrom implements register.Store.
func (s *Store) RegisterFrom(ctx context.Context, after int64, limit int) ([]register.Entry, error) {
	return s.entries(ctx, "WHERE position > $1 ORDER BY position LIMIT $2", after, limit)
}

func (s *Store) entries(ctx context.Context, where string, args ...any) ([]register.Entry, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+registerColumns+" FROM register "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []register.Entry
	for rows.Next() {
		var e register.Entry
		var at int64
		var fields string
		if err := rows.Scan(&e.Position, &at, &e.Who, &e.Person, &e.Unit, &e.Roles, &e.Act, &e.Object, &e.Case, &e.Purpose, &e.Reason, &e.Basis,
			&e.Agreement, &fields, &e.Result, &e.Detail, &e.From, &e.Prev, &e.Hash); err != nil {
			return nil, err
		}
		e.At = fromMS(at)
		if fields != "" {
			e.Fields = strings.Split(fields, ",")
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// RegisterEnds implements register.Store.
func (s *Store) RegisterEnds(ctx context.Context) (e register.Ends, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT base_position, base_hash, position, hash FROM register_ends WHERE id = 1").
		Scan(&e.Base.Position, &e.Base.Hash, &e.Head.Position, &e.Head.Hash)
	return e, err
}

// ForgetRegister implements register.Store.
func (s *Store) ForgetRegister(ctx context.Context, before time.Time, row func(register.Mark) register.Entry) error {
	return s.group.do(ctx, func(tx *Tx) error {
		// A clock that was set back may have left an old time after a newer one: only
		// the rows before the first that must stay go.
		var first int64
		if err := tx.QueryRow(`SELECT coalesce((SELECT min(position) FROM register WHERE at >= $1), (SELECT position + 1 FROM register_ends WHERE id = 1))`, ms(before)).Scan(&first); err != nil {
			return err
		}
		var base register.Mark
		rows, err := tx.Query("SELECT position, hash FROM register WHERE position < $1 ORDER BY position DESC LIMIT 1", first)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return rows.Err() // nothing is old enough
		}
		if err := rows.Scan(&base.Position, &base.Hash); err != nil {
			return err
		}
		if err := rows.Close(); err != nil {
			return err
		}
		if _, err := tx.Exec("DELETE FROM register WHERE position <= $1", base.Position); err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE register_ends SET base_position = $1, base_hash = $2 WHERE id = 1", base.Position, base.Hash); err != nil {
			return err
		}
		_, err = appendRegister(tx, row(base))
		return err
	})
}
