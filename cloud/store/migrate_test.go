package store_test

import (
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
