package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"eastgate/cloud/whistle"
)

var _ whistle.Store = (*Store)(nil)

// ApplyWhistles implements whistle.Store.
func (s *Store) ApplyWhistles(ctx context.Context, moves []whistle.Move) error {
	return s.group.do(ctx, func(tx *Tx) error {
		for _, m := range moves {
			if err := applyWhistle(tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func applyWhistle(tx *Tx, m whistle.Move) error {
	w := m.Whistle
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	var due *time.Time
	if w.State == whistle.Sent && w.RespondedAt == nil {
		due = w.RespondBy
	}
	if before := m.Steps[0].Seq - 1; before == 0 {
		var open int
		if err := tx.QueryRow("SELECT count(*) FROM whistles WHERE incident = $1 AND unit = $2 AND ended IS NULL", w.Incident, w.Unit).Scan(&open); err != nil {
			return err
		}
		if open > 0 {
			return whistle.ErrAsked
		}
		_, err = tx.Exec(`INSERT INTO whistles (id, incident, version, state, unit, place, class, sent, outcome, respond_by, ended, body)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			w.ID, w.Incident, w.Version, string(w.State), w.Unit, w.Place, w.Class, orNull(w.SentAt), orNull(w.OutcomeAt), orNull(due), orNull(w.EndedAt), string(body))
	} else {
		var res sql.Result
		res, err = tx.Exec(`UPDATE whistles SET version = $1, state = $2, sent = $3, outcome = $4, respond_by = $5, ended = $6, body = $7
			WHERE id = $8 AND version = $9`, w.Version, string(w.State), orNull(w.SentAt), orNull(w.OutcomeAt), orNull(due), orNull(w.EndedAt), string(body), w.ID, before)
		if err == nil {
			if n, fault := res.RowsAffected(); fault != nil || n != 1 {
				return errors.Join(fault, whistle.ErrConflict)
			}
		}
	}
	if err != nil {
		return err
	}
	for _, st := range m.Steps {
		if _, err := tx.Exec(`INSERT INTO whistle_steps (position, whistle, seq, incident, action, was, became, actor, role, unit, at, reason, detail, prev, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			tx.next(whistlePosition), st.Whistle, st.Seq, st.Incident, string(st.Action), string(st.From), string(st.To), st.Actor, string(st.Role), st.Unit,
			ms(st.At), st.Reason, string(st.Detail), st.Prev, st.Hash); err != nil {
			return err
		}
	}
	return nil
}

// Whistle implements whistle.Reader.
func (s *Store) Whistle(ctx context.Context, id string) (whistle.Whistle, error) {
	list, err := s.whistles(ctx, "WHERE id = $1", id)
	if err == nil && len(list) == 0 {
		err = whistle.ErrNotFound
	}
	if err != nil {
		return whistle.Whistle{}, err
	}
	return list[0], nil
}

// Whistles implements whistle.Reader.
func (s *Store) Whistles(ctx context.Context, f whistle.Filter) ([]whistle.Whistle, error) {
	var c clause
	if f.Incident != "" {
		c.add("incident = %s", f.Incident)
	}
	if f.Unit != "" {
		c.add("unit = %s", f.Unit)
	}
	if len(f.States) > 0 {
		c.where = append(c.where, in(&c, "state", f.States))
	}
	if f.After != "" {
		c.add("id < %s", f.After)
	}
	c.where = append(c.where, c.scope(f.Scope, func(units []string) string { return "(sent IS NOT NULL AND " + in(&c, "unit", units) + ")" }))
	limit := f.Limit
	if limit <= 0 || limit > maxList {
		limit = maxList
	}
	mark := c.bind(limit)
	return s.whistles(ctx, "WHERE "+c.String()+" ORDER BY id DESC LIMIT "+mark, c.args...)
}

// Unanswered implements whistle.Store.
func (s *Store) Unanswered(ctx context.Context, now time.Time, limit int) ([]whistle.Whistle, error) {
	return s.whistles(ctx, "WHERE respond_by IS NOT NULL AND respond_by < $1 ORDER BY respond_by LIMIT $2", ms(now), limit)
}

// Asked implements whistle.Reader.
func (s *Store) Asked(ctx context.Context, incidents []string) (map[string]whistle.Asked, error) {
	out := map[string]whistle.Asked{}
	for part := range slices.Chunk(incidents, maxList) {
		var c clause
		rows, err := s.read.QueryContext(ctx, "SELECT incident, unit, state, sent, outcome FROM whistles WHERE sent IS NOT NULL AND "+in(&c, "incident", part)+" ORDER BY id", c.args...)
		if err != nil {
			return nil, err
		}
		if err := asked(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func asked(rows *sql.Rows, out map[string]whistle.Asked) error {
	defer rows.Close()
	for rows.Next() {
		var incident, unit string
		var state whistle.State
		var sent, outcome sql.NullInt64
		if err := rows.Scan(&incident, &unit, &state, &sent, &outcome); err != nil {
			return err
		}
		a := out[incident]
		if state != whistle.Withdrawn {
			a.Units = append(a.Units, unit)
		}
		a.WhistledAt, a.OutcomeAt = earlier(a.WhistledAt, orNil(sent)), earlier(a.OutcomeAt, orNil(outcome))
		out[incident] = a
	}
	return rows.Err()
}

// earlier is the first of two times, of which either may not be.
func earlier(a, b *time.Time) *time.Time {
	if a == nil || (b != nil && b.Before(*a)) {
		return b
	}
	return a
}

func (s *Store) whistles(ctx context.Context, where string, args ...any) ([]whistle.Whistle, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT body FROM whistles "+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []whistle.Whistle
	for rows.Next() {
		var w whistle.Whistle
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(body), &w); err != nil {
			return nil, fmt.Errorf("stored whistle: %w", err)
		}
		out = append(out, w)
	}
	return out, rows.Err()
}

// WhistleHistory implements whistle.Reader.
func (s *Store) WhistleHistory(ctx context.Context, id string) ([]whistle.Step, error) {
	return s.whistleSteps(ctx, "WHERE whistle = $1 ORDER BY seq", id)
}

// WhistleSteps implements whistle.Reader.
func (s *Store) WhistleSteps(ctx context.Context, after int64, limit int) ([]whistle.Step, error) {
	return s.whistleSteps(ctx, "WHERE position > $1 ORDER BY position LIMIT $2", after, limit)
}

func (s *Store) whistleSteps(ctx context.Context, where string, args ...any) ([]whistle.Step, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT position, whistle, seq, incident, action, was, became, actor, role, unit, at, reason, detail, prev, hash FROM whistle_steps `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []whistle.Step
	for rows.Next() {
		var st whistle.Step
		var at int64
		var detail string
		if err := rows.Scan(&st.Position, &st.Whistle, &st.Seq, &st.Incident, &st.Action, &st.From, &st.To, &st.Actor, &st.Role, &st.Unit,
			&at, &st.Reason, &detail, &st.Prev, &st.Hash); err != nil {
			return nil, err
		}
		st.At, st.Detail = fromMS(at), json.RawMessage(detail)
		out = append(out, st)
	}
	return out, rows.Err()
}
