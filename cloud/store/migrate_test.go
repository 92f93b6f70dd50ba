package store_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

// TestADatabaseFromBeforeIncidentsHadSteps brings one up to date: its events are
// all there, and their incidents are made anew.
func TestADatabaseFromBeforeIncidentsHadSteps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("migrations/00001_begin.sql")
	if err != nil {
		t.Fatal(err)
	}
	up, _, _ := strings.Cut(string(script), "-- +goose Down")
	e := items(wire.NewEpoch(), 1, 1)[0].Event
	body, err := json.Marshal(&e)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		up,
		`CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1), (1, 1)`,
		`INSERT INTO incidents VALUES ('i1', 1, 'security.motion', 4, 'open', 'garden', 'gate-1', 'yard', '', '{}')`,
		`INSERT INTO changes VALUES (7, 'i1', 0, 'opened', '', '', '{}')`,
		`INSERT INTO positions VALUES ('incident', 1)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	if _, err := db.Exec(`INSERT INTO events VALUES (1, ?, 'garden', 'gate-1', 'e', 4, 1, 'security.motion', 0, 0, false, ?)`, e.ID, string(body)); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := storetest.Open(t, "sqlite:"+path)
	if events, err := s.Unfolded(t.Context(), 10); err != nil || len(events) != 1 || events[0].Event.ID != e.ID {
		t.Errorf("%+v, %v", events, err)
	}
}

// TestAnOlderProgramReadsWhatANewerOneMade: an upgrade that goes wrong puts the program
// before back, and takes nothing from the database. So migrations only add, and the
// program passes over what a later one has added.
func TestAnOlderProgramReadsWhatANewerOneMade(t *testing.T) {
	takes := regexp.MustCompile(`(?i)\b(DROP|RENAME|ALTER\s+COLUMN|SET\s+NOT\s+NULL)\b`)
	for n := 22; ; n++ { // with these, packages began
		found, err := filepath.Glob(fmt.Sprintf("migrations/%05d_*.sql", n))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 && n > 26 {
			break
		}
		for _, file := range found {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			up, _, _ := strings.Cut(string(script), "-- +goose Down")
			if word := takes.FindString(up); word != "" {
				t.Errorf("%s: %s takes away what an older program may need", file, word)
			}
		}
	}
	for kind, at := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(kind, func(t *testing.T) {
			address := at(t)
			s, err := store.Open(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			later(t, address)
			again := storetest.Open(t, address)
			if _, err := again.Record(t.Context(), "garden", "gate-1", items(wire.NewEpoch(), 1, 1), nil); err != nil {
				t.Error(err)
			}
			if n, err := again.Events(t.Context()); err != nil || n != 1 {
				t.Errorf("%d events, %v", n, err)
			}
		})
	}
}

// later does to a database what a later version would.
func later(t *testing.T, address string) {
	t.Helper()
	driver, at := "pgx", address
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		driver, at = "sqlite", "file:"+path
	}
	db, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range []string{
		`CREATE TABLE later (id TEXT PRIMARY KEY)`, `ALTER TABLE events ADD COLUMN later TEXT NOT NULL DEFAULT ''`,
		`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, ` + map[string]string{"pgx": "true", "sqlite": "1"}[driver] + `)`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
