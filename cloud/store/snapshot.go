package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
)

// Snapshot writes all that the database holds at one moment into a new file, while
// others go on reading and writing. SQLite's is a database itself (VACUUM INTO);
// PostgreSQL's is an archive of pg_dump, which must be installed.
func (s *Store) Snapshot(ctx context.Context, file string) error {
	if s.Shared() {
		return pgTool(ctx, s.address, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+file)
	}
	_, err := s.read.ExecContext(ctx, "VACUUM INTO $1", file)
	return err
}

// Reinstate fills the empty database at address from a file that Snapshot has
// written. A database that holds anything is refused.
func Reinstate(ctx context.Context, address, file string) error {
	k, rest, err := parse(address)
	if err != nil {
		return err
	}
	if k.dialect == postgres.dialect {
		if err := empty(ctx, rest); err != nil {
			return err
		}
		return pgTool(ctx, rest, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", file)
	}
	if _, err := os.Stat(rest); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is there already: move it away, then restore", rest)
	}
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(rest, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// empty gives nil when a PostgreSQL database has no tables of ours.
func empty(ctx context.Context, address string) error {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return err
	}
	var n int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'").Scan(&n)
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("database %s holds %d tables: restore into an empty one", withoutSecret(address), n)
	}
	return nil
}

// pgTool runs one of PostgreSQL's own programs on a database. The password goes by
// the environment: a command line can be read by everybody on the machine.
func pgTool(ctx context.Context, address, tool string, args ...string) error {
	u, err := url.Parse(address)
	if err != nil {
		return errors.New("the database's address cannot be read")
	}
	env := os.Environ()
	if word, has := u.User.Password(); has {
		env = append(env, "PGPASSWORD="+word)
		u.User = url.User(u.User.Username())
	}
	args = append([]string{"--dbname=" + u.String()}, args...)
	cmd := exec.CommandContext(ctx, tool, args...) //nolint:gosec // both are ours
	cmd.Env = env
	var said bytes.Buffer
	cmd.Stderr = &said
	switch err := cmd.Run(); {
	case errors.Is(err, exec.ErrNotFound):
		return fmt.Errorf("%s is missing: install PostgreSQL's client programs (apt install postgresql-client)", tool)
	case err != nil:
		return fmt.Errorf("%s: %w: %s", tool, err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// Counts are how many events and incidents there are.
func (s *Store) Counts(ctx context.Context) (events, incidents int64, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM incidents)").Scan(&events, &incidents)
	return events, incidents, err
}

// Intact reads through the database and gives nil when it is whole. PostgreSQL has
// its own means for that (pg_amcheck); of it only the answer is asked.
func (s *Store) Intact(ctx context.Context) error {
	if s.Shared() {
		return s.read.PingContext(ctx)
	}
	var word string
	if err := s.read.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&word); err != nil {
		return err
	}
	if word != "ok" {
		return fmt.Errorf("the database is damaged: %s", word)
	}
	return nil
}
