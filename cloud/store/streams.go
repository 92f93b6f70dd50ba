package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/cloud/ingest"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A stream is what one box says in one priority since it began an outbox file.
type stream struct {
	site, box, epoch string
	priority         event.Level
}

// A span is sequences that are here without a gap; first = last + 1 is an empty one.
type span struct{ first, last int64 }

// errRace says that another process wrote the same stream at the same moment. What
// was to be written comes again.
var errRace = errors.New("the stream was changed by another process meanwhile")

// hold notes the places of what one message brought, in the transaction that stores
// it, so that what lacks is known without looking at events.
func (r recording) hold(tx *Tx, ps []wire.Position) error {
	for _, a := range wire.AcksFor(ps) {
		for _, run := range a.Ranges {
			s := stream{r.site, r.box, a.Epoch, run.Priority}
			if err := s.add(tx, span{int64(run.First), int64(run.Last)}, r.now); err != nil { //nolint:gosec // at most wire.MaxSequence
				return fmt.Errorf("note what is here of %s/%s: %w", r.site, r.box, err)
			}
		}
	}
	return nil
}

// held are the places that may be acknowledged.
func held(items []wire.Item, refused []wire.Refusal) []wire.Position {
	ps := make([]wire.Position, 0, len(items)+len(refused))
	for _, it := range items {
		if it.Valid() {
			ps = append(ps, it.Position)
		}
	}
	for _, r := range refused {
		if r.Valid() {
			ps = append(ps, r.Position)
		}
	}
	return ps
}

// add joins r with the runs that it touches.
func (s stream) add(tx *Tx, r span, now int64) error {
	touched, err := s.touched(tx, r)
	if err != nil {
		return err
	}
	if len(touched) == 0 {
		_, err := tx.Exec(`INSERT INTO stream_runs (site, box, epoch, priority, first, last, since) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			s.site, s.box, s.epoch, int(s.priority), r.first, r.last, now)
		return err
	}
	low, high := touched[0], touched[len(touched)-1]
	if low.first <= r.first && low.last >= r.last {
		return nil // a repeat
	}
	for _, t := range touched[1:] {
		if err := s.one(tx, `DELETE FROM stream_runs WHERE site = $1 AND box = $2 AND epoch = $3 AND priority = $4 AND first = $5 AND last = $6`, t.first, t.last); err != nil {
			return err
		}
	}
	// The lowest lives on: the gap below it is the one that stays.
	return s.one(tx, `UPDATE stream_runs SET first = $7, last = $8 WHERE site = $1 AND box = $2 AND epoch = $3 AND priority = $4 AND first = $5 AND last = $6`,
		low.first, low.last, min(low.first, r.first), max(high.last, r.last))
}

func (s stream) touched(tx *Tx, r span) ([]span, error) {
	rows, err := tx.Query(`SELECT first, last FROM stream_runs
		WHERE site = $1 AND box = $2 AND epoch = $3 AND priority = $4 AND first <= $5 AND last >= $6 ORDER BY first`,
		s.site, s.box, s.epoch, int(s.priority), r.last+1, r.first-1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []span
	for rows.Next() {
		var t span
		if err := rows.Scan(&t.first, &t.last); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

// one runs a statement that must change one row of s.
func (s stream) one(tx *Tx, query string, args ...any) error {
	res, err := tx.Exec(query, append([]any{s.site, s.box, s.epoch, int(s.priority)}, args...)...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errRace)
	}
	return nil
}

// Hello keeps what a box says of its streams. It returns what is here of what waits
// at the box, and what lacks.
func (s *Store) Hello(ctx context.Context, site, box string, h wire.BoxHello) (have []wire.Range, gaps []ingest.Gap, err error) {
	now := ms(time.Now())
	err = s.group.do(ctx, func(tx *Tx) error {
		have = nil
		if err := endOthers(tx, site, box, h.Epoch, now); err != nil {
			return err
		}
		for _, said := range h.Streams {
			st := stream{site, box, h.Epoch, said.Priority}
			if err := st.said(tx, said, now); err != nil {
				return err
			}
			ranges, err := st.waiting(tx, said)
			if err != nil {
				return err
			}
			have = append(have, ranges...)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("keep the hello of %s/%s: %w", site, box, err)
	}
	gaps, err = s.gaps(ctx, "WHERE site = $1 AND box = $2", site, box)
	return have, gaps, err
}

// endOthers closes the streams of a box's earlier outbox files: what it had announced
// there and is not here will not come.
func endOthers(tx *Tx, site, box, epoch string, now int64) error {
	rows, err := tx.Query(`SELECT epoch, priority, next FROM streams WHERE site = $1 AND box = $2 AND epoch <> $3`, site, box, epoch)
	if err != nil {
		return err
	}
	defer rows.Close()
	next := map[stream]int64{}
	for rows.Next() {
		s, n := stream{site: site, box: box}, int64(0)
		if err := rows.Scan(&s.epoch, &s.priority, &n); err != nil {
			return err
		}
		next[s] = n
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for s, n := range next {
		if err := s.end(tx, n, now); err != nil {
			return err
		}
	}
	if len(next) == 0 {
		return nil
	}
	_, err = tx.Exec(`DELETE FROM streams WHERE site = $1 AND box = $2 AND epoch <> $3`, site, box, epoch)
	return err
}

// end notes that sequences below next were given out.
func (s stream) end(tx *Tx, next, now int64) error {
	if next <= 1 {
		return nil
	}
	return s.add(tx, span{next, next - 1}, now)
}

func (s stream) said(tx *Tx, w wire.Stream, now int64) error {
	shed := wire.Shed{}
	if w.Shed != nil {
		shed = *w.Shed
	}
	_, err := tx.Exec(`INSERT INTO streams (site, box, epoch, priority, first, next, kept, shed, shed_first, shed_last, said)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (site, box, epoch, priority) DO UPDATE SET first = excluded.first, next = excluded.next, kept = excluded.kept,
			shed = excluded.shed, shed_first = excluded.shed_first, shed_last = excluded.shed_last, said = excluded.said`,
		s.site, s.box, s.epoch, int(s.priority), int64(w.First), int64(w.Next), int64(w.Kept), //nolint:gosec // at most wire.MaxSequence
		int64(shed.Count), int64(shed.First), int64(shed.Last), now) //nolint:gosec // as above
	if err != nil {
		return err
	}
	return s.end(tx, int64(w.First), now) //nolint:gosec // as above
}

// waiting returns what is here of what waits at the box.
func (s stream) waiting(tx *Tx, w wire.Stream) ([]wire.Range, error) {
	if w.First == w.Next {
		return nil, nil
	}
	runs, err := s.touched(tx, span{int64(w.First), int64(w.Next - 1)}) //nolint:gosec // at most wire.MaxSequence
	if err != nil {
		return nil, err
	}
	var out []wire.Range
	for _, r := range runs {
		first, last := max(uint64(r.first), w.First), min(uint64(r.last), w.Next-1) //nolint:gosec // sequences count from 1
		if first <= last && len(out) < wire.MaxRanges/len(event.Levels) {
			out = append(out, wire.Range{Priority: s.priority, First: first, Last: last})
		}
	}
	return out, nil
}
