// Package tamper does to a register of access what somebody would who can write its
// database, and counts what Verify finds of it.
//
// It promises that every trial changes what the register says, that each begins from
// the same whole register, and that only a fault at the right row counts as found.
package tamper

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/register"
	"eastgate/cloud/store"
)

// A Result is what came of a run.
type Result struct {
	Tried, Found int
	Missed       []string // one line for each that was not found, or not where it is
}

// A bench is a register on which trials are made.
type bench struct {
	db     *sql.DB // as somebody has it who is not the cloud
	log    *register.Register
	store  *store.Store
	rows   int64
	anchor register.Mark // kept elsewhere
	dice   *rand.Rand
}

// Run writes a register of so many rows, at least 20, into an empty folder, and makes
// tries of each kind of trial on it. The same seed makes the same trials.
func Run(ctx context.Context, dir string, rows int64, tries int, seed uint64) (out Result, err error) {
	if rows < 20 {
		return out, errors.New("tamper: 20 rows or more are needed")
	}
	path := filepath.Join(dir, "register.db")
	s, err := store.Open(ctx, "sqlite:"+path)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return out, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	b := &bench{db: db, store: s, log: register.New(s, register.NewMetrics(prometheus.NewRegistry())), rows: rows, dice: rand.New(rand.NewPCG(seed, 1))}
	if err := b.fill(ctx); err != nil {
		return out, err
	}
	for _, t := range trials {
		for range tries {
			if err := b.try(ctx, t, &out); err != nil {
				return out, fmt.Errorf("%s: %w", t.what, err)
			}
		}
	}
	return out, nil
}

// fill writes the rows, each with something in every field, and keeps a copy.
func (b *bench) fill(ctx context.Context) error {
	for n := range b.rows {
		word := func(what string) string { return fmt.Sprintf("%s %d", what, n) }
		e := register.Entry{
			At: time.Date(2026, 11, 25, 0, 0, int(n), 0, time.UTC), Who: word("li"), Person: word("李雷"), Unit: word("community"), Roles: word("guard"), Act: register.Acts[n%3],
			Object: word("incident"), Case: word("case"), Purpose: word("verify"), Reason: word("why"), Basis: word("right"), Agreement: word("agreement"),
			Fields: []string{word("a"), word("b")}, Result: register.Done, Detail: word("detail"), From: word("192.0.2.1"),
		}
		if err := b.log.Write(ctx, e); err != nil {
			return err
		}
	}
	if err := b.whole(ctx); err != nil {
		return err
	}
	var err error
	if b.anchor, err = b.log.Head(ctx); err != nil {
		return err
	}
	return b.exec(ctx, "CREATE TABLE kept AS SELECT * FROM register", "CREATE TABLE kept_ends AS SELECT * FROM register_ends")
}

// whole says that nothing is found where nothing was done.
func (b *bench) whole(ctx context.Context) error {
	p, err := b.log.Verify(ctx)
	if err == nil && (p.Fault != nil || p.Rows != b.rows) {
		err = fmt.Errorf("a whole register of %d rows is said to have %d, and %+v", b.rows, p.Rows, p.Fault)
	}
	return err
}

// try makes one trial, looks whether it is found at its row, and undoes it.
func (b *bench) try(ctx context.Context, t trial, out *Result) error {
	how, row, err := t.do(ctx, b)
	if err != nil {
		return fmt.Errorf("%s: %w", how, err)
	}
	p, err := b.log.Verify(ctx, b.anchor)
	if err != nil {
		return err
	}
	out.Tried++
	switch {
	case p.Fault == nil:
		out.Missed = append(out.Missed, fmt.Sprintf("%s (%s): nothing is found", t.what, how))
	case p.Fault.Position != row:
		out.Missed = append(out.Missed, fmt.Sprintf("%s (%s): found at row %d, want %d: %s", t.what, how, p.Fault.Position, row, p.Fault.What))
	default:
		out.Found++
	}
	if err := b.exec(ctx, "DELETE FROM register", "INSERT INTO register SELECT * FROM kept", "DELETE FROM register_ends", "INSERT INTO register_ends SELECT * FROM kept_ends"); err != nil {
		return err
	}
	return b.whole(ctx)
}

func (b *bench) exec(ctx context.Context, statements ...string) error {
	for _, s := range statements {
		if _, err := b.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
	}
	return nil
}

// row picks one between two, both included.
func (b *bench) row(from, to int64) int64 { return from + b.dice.Int64N(to-from+1) }
