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

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// A kind is what differs between databases. It is this much and no more.
type kind struct {
	dialect goose.Dialect
	connect func(ctx context.Context, rest string, sync bool) (write, read *sql.DB, err error)
	// hold is run first in a transaction that takes positions. SQLite's write
	// transactions exclude each other anyway.
	hold string
	name func(rest string) string // without a secret
	// by makes a query go by an index. SQLite keeps no statistics to choose by;
	// PostgreSQL does.
	by func(index string) string
	// holder is the place of the nth value in a long statement; nil for $n. SQLite
	// takes $n for a name and looks it up among all the others, once for each: half
	// of what storing 50 events costs.
	holder func(n int) string
}

var (
	sqlite = kind{
		dialect: goose.DialectSQLite3, connect: connectSQLite,
		hold:   "SELECT name, value FROM counters",
		name:   func(path string) string { return path },
		holder: func(int) string { return "?" },
		by:     indexedBy,
	}
	postgres = kind{
		dialect: goose.DialectPostgres, connect: connectPostgres,
		hold: "SELECT name, value FROM counters ORDER BY name FOR UPDATE",
		name: withoutSecret,
		by:   func(string) string { return "" },
	}
)

func indexedBy(index string) string {
	if index == "" {
		return ""
	}
	return " INDEXED BY " + index
}

func parse(address string) (k kind, rest string, err error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && path != "" {
		return sqlite, path, nil
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return postgres, address, nil
	}
	return kind{}, "", fmt.Errorf("store %q: want sqlite:PATH or postgres://USER@HOST/DATABASE", withoutSecret(address))
}

func withoutSecret(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(unreadable address)"
	}
	q := u.Query()
	if q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

// connectSQLite opens one connection for writing and a few for reading. Full
// synchronisation is what makes an acknowledgement true after a power cut.
func connectSQLite(ctx context.Context, path string, sync bool) (write, read *sql.DB, err error) {
	level := "synchronous(FULL)"
	if !sync {
		level = "synchronous(OFF)"
	}
	q := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", level, "foreign_keys(ON)"},
	}
	address := "file:" + url.PathEscape(path) + "?" + q.Encode()
	if write, err = connect(ctx, "sqlite", address, 1); err != nil {
		return nil, nil, err
	}
	if read, err = connect(ctx, "sqlite", address, 4); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	return write, read, nil
}

// postgresConns is for one replica: the group's writer, and pages.
const postgresConns = 8

func connectPostgres(ctx context.Context, address string, sync bool) (write, read *sql.DB, err error) {
	if !sync {
		u, err := url.Parse(address)
		if err != nil {
			return nil, nil, errors.New("the address cannot be read")
		}
		q := u.Query()
		q.Set("synchronous_commit", "off")
		u.RawQuery = q.Encode()
		address = u.String()
	}
	db, err := connect(ctx, "pgx", address, postgresConns)
	return db, db, err
}

func connect(ctx context.Context, driver, address string, conns int) (*sql.DB, error) {
	db, err := sql.Open(driver, address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func migrate(ctx context.Context, k kind, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	var options []goose.ProviderOption
	if k.dialect == goose.DialectPostgres {
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // look each second, for five minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(k.dialect, db, files, options...)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
