// Package store keeps everything the cloud knows in one database: SQLite in a
// file, or PostgreSQL, which several replicas may share. The schema, the
// migrations and the statements are the same for both.
//
// It promises that what a call has written survives a crash once the call has
// returned nil, that events written at the same time share one commit, and that
// positions become visible in their order. It implements what ingest, incident,
// access and others ask for, and knows their types; they do not know it.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// A Store is an open database. Its methods may be called at once.
type Store struct {
	kind    kind
	address string  // without its scheme; may hold a password
	write   *sql.DB // one connection with SQLite, which has one writer
	read    *sql.DB
	group   *group
	now     func() time.Time
	sync    bool
}

// An Option changes how a store is opened.
type Option func(*Store)

// Clock makes the store take the time from now, which replays need.
func Clock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// Unsynced makes commits fast and lost in a power cut: for what can be made again.
func Unsynced(s *Store) { s.sync = false }

// Open opens the database at address, "sqlite:PATH" or "postgres://…" (a
// connection URI as in libpq, §34.1.1.2 of PostgreSQL's manual), and brings its
// schema up to date. Replicas that start together wait for each other.
func Open(ctx context.Context, address string, options ...Option) (*Store, error) {
	k, rest, err := parse(address)
	if err != nil {
		return nil, err
	}
	s := &Store{kind: k, address: rest, now: time.Now, sync: true}
	for _, o := range options {
		o(s)
	}
	if s.write, s.read, err = k.connect(ctx, rest, s.sync); err != nil {
		return nil, fmt.Errorf("open store %s: %w", k.name(rest), err)
	}
	if err := migrate(ctx, k, s.write); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", k.name(rest), err), s.closePools())
	}
	s.group = newGroup(s)
	return s, nil
}

// Check reports whether the store can be written.
func (s *Store) Check(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO positions (reader, position) VALUES ('check', $1) ON CONFLICT (reader) DO UPDATE SET position = excluded.position", ms(s.now()))
	return err
}

// Shared reports whether other clouds may use the same database.
func (s *Store) Shared() bool { return s.kind.dialect == postgres.dialect }

// Close waits for what is being written and closes the database.
func (s *Store) Close() error {
	s.group.close()
	return s.closePools()
}

func (s *Store) closePools() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// transact runs f in one write transaction of its own. What takes positions, or
// can wait for others, goes through the group instead.
func (s *Store) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func ms(t time.Time) int64 { return t.UnixMilli() }

func fromMS(n int64) time.Time { return time.UnixMilli(n).UTC() }
