package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"eastgate/cloud/command"
	"eastgate/shared/wire"
)

var _ command.Store = (*Store)(nil)

// AddCommand implements command.Store. Two that add at once may pass the bound by one.
func (s *Store) AddCommand(ctx context.Context, c command.Command) error {
	res, err := s.write.ExecContext(ctx, `INSERT INTO commands (id, site, box, name, args, asker, asked, expires, state)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE (SELECT count(*) FROM commands WHERE site = $2 AND box = $3 AND ended IS NULL) < $10`,
		c.ID, c.Site, c.Box, c.Name, string(c.Args), c.By, ms(c.Asked), ms(c.Expires), c.State, command.MaxWaiting)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, command.ErrTooMany)
	}
	return nil
}

// Command implements command.Store.
func (s *Store) Command(ctx context.Context, id string) (command.Command, error) {
	list, err := s.commands(ctx, "WHERE id = $1", id)
	if err == nil && len(list) == 0 {
		err = command.ErrNotFound
	}
	if err != nil {
		return command.Command{}, err
	}
	return list[0], nil
}

// Commands implements command.Store.
func (s *Store) Commands(ctx context.Context, f command.Filter) ([]command.Command, error) {
	var c clause
	c.add("site = %s", f.Site)
	c.add("box = %s", f.Box)
	if f.Before != "" {
		c.add("id < %s", f.Before)
	}
	if f.Limit <= 0 || f.Limit > maxList {
		f.Limit = maxList
	}
	mark := c.bind(f.Limit)
	return s.commands(ctx, "WHERE "+c.String()+" ORDER BY id DESC LIMIT "+mark, c.args...)
}

// maxWaitingCommands bounds one look at what waits.
const maxWaitingCommands = 5000

// WaitingCommands implements command.Store.
func (s *Store) WaitingCommands(ctx context.Context) ([]command.Command, error) {
	return s.commands(ctx, "WHERE ended IS NULL ORDER BY asked LIMIT $1", maxWaitingCommands)
}

// EndCommand implements command.Store.
func (s *Store) EndCommand(ctx context.Context, site, box string, r wire.BoxResult, at time.Time) (bool, error) {
	res, err := s.write.ExecContext(ctx, `UPDATE commands SET state = $1, problem = $2, data = $3, ended = $4
		WHERE id = $5 AND site = $6 AND box = $7 AND (ended IS NULL OR (state = $8 AND $1 <> $8))`,
		r.State, r.Problem, string(r.Data), ms(at), r.ID, site, box, wire.Expired)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// ForgetCommands implements command.Store.
func (s *Store) ForgetCommands(ctx context.Context, before time.Time) error {
	_, err := s.write.ExecContext(ctx, "DELETE FROM commands WHERE asked < $1", ms(before))
	return err
}

func (s *Store) commands(ctx context.Context, where string, args ...any) ([]command.Command, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, site, box, name, args, asker, asked, expires, state, problem, data, ended FROM commands "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []command.Command
	for rows.Next() {
		var c command.Command
		var given, data string
		var asked, expires int64
		var ended sql.NullInt64
		if err := rows.Scan(&c.ID, &c.Site, &c.Box, &c.Name, &given, &c.By, &asked, &expires, &c.State, &c.Problem, &data, &ended); err != nil {
			return nil, err
		}
		c.Args, c.Asked, c.Expires, c.Ended = json.RawMessage(given), fromMS(asked), fromMS(expires), orNil(ended)
		if data != "" {
			c.Data = json.RawMessage(data)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
