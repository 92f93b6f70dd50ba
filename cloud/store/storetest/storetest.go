// Package storetest gives tests a database of each kind that the cloud can live
// in: a fresh SQLite file, and a fresh database on a PostgreSQL server that it
// starts itself, in a folder of its own.
//
// It promises that a suite which passes Each has passed on both, and that nothing
// stays behind: a package that uses it ends its tests with Stop.
package storetest

import (
	"os"
	"path/filepath"
	"testing"

	"eastgate/cloud/store"
)

// Each runs a suite once per kind of database, each time on an empty one. Where
// PostgreSQL is not installed its run is skipped, loudly.
func Each(t *testing.T, suite func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { suite(t, Open(t, SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { suite(t, Open(t, Postgres(t))) })
}

// Address is where a suite that needs one database of either kind runs: SQLite, or
// PostgreSQL where EASTGATE_TEST_STORE=postgres says so. The check runs such suites
// both ways.
func Address(t testing.TB) string {
	t.Helper()
	if os.Getenv("EASTGATE_TEST_STORE") == "postgres" {
		return Postgres(t)
	}
	return SQLite(t)
}

// SQLite returns the address of a database that is not yet there.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "cloud.db")
}

// Postgres returns the address of an empty database.
func Postgres(t testing.TB) string {
	t.Helper()
	if binaries() == "" {
		t.Skip("LOUD: PostgreSQL is not installed, so nothing was tried on it: scripts/setup test")
	}
	address, err := shared.database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// Open opens the store at address and closes it when the test ends.
func Open(t testing.TB, address string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Stop ends the PostgreSQL server, if one was started:
//
//	func TestMain(m *testing.M) {
//		defer storetest.Stop()
//		m.Run()
//	}
func Stop() { shared.stop() }
