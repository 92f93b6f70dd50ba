package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"eastgate/cloud/incident"
)

// Apply implements incident.Store.
func (s *Store) Apply(ctx context.Context, writes []*incident.Write, folded int64) error {
	return s.group.do(ctx, func(tx *Tx) error {
		if err := applyIncidents(tx, writes); err != nil {
			return err
		}
		if err := applySteps(tx, writes); err != nil {
			return err
		}
		if folded == 0 {
			return nil
		}
		return savePosition(tx, folder, folded)
	})
}

func savePosition(tx *Tx, reader string, position int64) error {
	_, err := tx.Exec(`INSERT INTO positions (reader, position) VALUES ($1, $2)
		ON CONFLICT (reader) DO UPDATE SET position = excluded.position`, reader, position)
	return err
}

var updateIncident = func() string {
	var b strings.Builder
	b.WriteString("UPDATE incidents SET ")
	names := strings.Split(incidentNames, ",")
	for n, name := range names {
		fmt.Fprintf(&b, "%s = $%d, ", strings.TrimSpace(name), n+1)
	}
	return strings.TrimSuffix(b.String(), ", ") + fmt.Sprintf(" WHERE id = $%d AND version = $%d", len(names)+1, len(names)+2)
}()

func applyIncidents(tx *Tx, writes []*incident.Write) error {
	if err := numbered(tx, writes); err != nil {
		return err
	}
	fresh := bulk{into: "incidents (id, number, merge_key, " + incidentNames + ")"}
	episodes := bulk{into: "episodes (episode, incident)", tail: "ON CONFLICT (episode) DO NOTHING"}
	reports := bulk{into: "reports (id, incident, account, contact)", tail: "ON CONFLICT (id) DO NOTHING"}
	for _, w := range writes {
		stored := w.Incident
		stored.Number = "" // it has a column
		body, err := json.Marshal(stored)
		if err != nil {
			return err
		}
		row := incidentRow(w.Incident, string(body))
		if w.Before == 0 {
			fresh.add(append([]any{w.Incident.ID, w.Incident.Number, w.Key}, row...)...)
		} else if err := updated(tx, append(row, w.Incident.ID, w.Before)); err != nil {
			return err
		}
		for _, e := range w.Episodes {
			episodes.add(e, w.Incident.ID)
		}
		if r := w.Report; r != nil {
			reports.add(r.Key, r.Incident, r.Account, r.Contact)
		}
	}
	if _, err := fresh.insert(tx); err != nil {
		return err
	}
	if _, err := episodes.insert(tx); err != nil {
		return err
	}
	n, err := reports.insert(tx)
	if err == nil && n < len(reports.rows) {
		return incident.ErrReported
	}
	return err
}

// A bulk is rows for one table that are inserted together.
type bulk struct {
	into, tail string
	rows       [][]any
}

func (b *bulk) add(row ...any) { b.rows = append(b.rows, row) }

// maxArgs is what one statement holds. SQLite takes $1 for a name and compares each
// with all before it, so that long statements cost the square of their length.
const maxArgs = 500

// insert writes the rows and returns how many were new.
func (b *bulk) insert(tx *Tx) (n int, err error) {
	for rows := b.rows; len(rows) > 0; {
		part := rows[:min(len(rows), maxArgs/len(rows[0]))]
		rows = rows[len(part):]
		var v values
		for _, r := range part {
			v.add(r...)
		}
		res, err := tx.Exec("INSERT INTO "+b.into+" VALUES "+v.String()+" "+b.tail, v.args...)
		if err != nil {
			return n, err
		}
		isNew, err := res.RowsAffected()
		if err != nil {
			return n, err
		}
		n += int(isNew)
	}
	return n, nil
}

func updated(tx *Tx, args []any) error {
	res, err := tx.Exec(updateIncident, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil {
		return err
	} else if n != 1 {
		return incident.ErrConflict
	}
	return nil
}

// numbered gives new incidents the next numbers of their days.
func numbered(tx *Tx, writes []*incident.Write) error {
	days := map[string][]*incident.Write{}
	for _, w := range writes {
		if w.Before == 0 {
			day := w.Incident.FirstSeenAt.In(shanghai).Format("20060102")
			days[day] = append(days[day], w)
		}
	}
	for day, list := range days {
		var last int64
		if err := tx.QueryRow(`INSERT INTO numbers (day, last) VALUES ($1, $2)
			ON CONFLICT (day) DO UPDATE SET last = numbers.last + excluded.last RETURNING last`, day, len(list)).Scan(&last); err != nil {
			return err
		}
		for n, w := range list {
			w.Incident.Number = fmt.Sprintf("%s-%04d", day, last-int64(len(list)-1-n))
		}
	}
	return nil
}

func applySteps(tx *Tx, writes []*incident.Write) error {
	steps := bulk{into: "steps (position, incident, seq, action, from_state, to_state, actor, role, unit, at, received, reason, detail, prev_hash, hash)"}
	for _, w := range writes {
		for n := range w.Steps {
			s := &w.Steps[n]
			s.Position = tx.next(changePosition)
			steps.add(s.Position, s.Incident, s.Seq, string(s.Action), string(s.From), string(s.To), s.Actor, string(s.Role), s.Unit,
				ms(s.At), ms(s.ReceivedAt), s.Reason, string(s.Detail), s.PrevHash, s.Hash)
		}
	}
	_, err := steps.insert(tx)
	return err
}
