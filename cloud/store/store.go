// Package store keeps everything the cloud knows in one database.
//
// It promises that what a call has written survives a crash once the call has
// returned nil, and that events written at the same time share one commit. It
// implements what ingest, incident and access ask for, and knows their types;
// they do not know it.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A Store is an open database. Its methods may be called at once.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer
	read  *sql.DB
	group *group
}

// Open opens the database at address, "sqlite:PATH", and brings its schema up to
// date.
func Open(ctx context.Context, address string) (*Store, error) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok || path == "" {
		return nil, fmt.Errorf("store %q: only sqlite:PATH can be opened", withoutSecret(address))
	}
	write, err := connect(ctx, path, 1)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	if err := migrate(ctx, write); err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), write.Close())
	}
	read, err := connect(ctx, path, 4)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store %s: %w", path, err), write.Close())
	}
	s := &Store{write: write, read: read}
	s.group = newGroup(s)
	return s, nil
}

func withoutSecret(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Redacted()
	}
	return "(unreadable address)"
}

// connect opens a pool. Full synchronisation is what makes an acknowledgement
// true after a power cut.
func connect(ctx context.Context, path string, conns int) (*sql.DB, error) {
	q := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"},
	}
	db, err := sql.Open("sqlite", "file:"+url.PathEscape(path)+"?"+q.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Check reports whether the store can be written.
func (s *Store) Check(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO positions (reader, position) VALUES ('check', $1) ON CONFLICT (reader) DO UPDATE SET position = excluded.position", ms(time.Now()))
	return err
}

// Close waits for what is being written and closes the database.
func (s *Store) Close() error {
	s.group.close()
	return errors.Join(s.read.Close(), s.write.Close())
}

// transact runs f in one write transaction.
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
