package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

// both runs a test on each kind of database, with a way in behind the store's back.
func both(t *testing.T, test func(t *testing.T, s *store.Store, behind *sql.DB)) {
	for kind, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(kind, func(t *testing.T) {
			at := address(t)
			s := storetest.Open(t, at)
			driver, name := "pgx", at
			if path, ok := strings.CutPrefix(at, "sqlite:"); ok {
				driver, name = "sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=busy_timeout(10000)"
			}
			db, err := sql.Open(driver, name)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			test(t, s, db)
		})
	}
}

func newRegister(s *store.Store) *register.Register {
	return register.New(s, register.NewMetrics(prometheus.NewRegistry()))
}

func entry(n int) register.Entry {
	return register.Entry{
		Who: fmt.Sprintf("user-%d", n%3), Unit: "community", Act: register.View, Object: fmt.Sprintf("incident/%d", n), Reason: "看一看", Result: register.Done,
		Fields: []string{"text", "reporter"},
	}
}

func filled(t *testing.T, s *store.Store, rows int) *register.Register {
	t.Helper()
	r := newRegister(s)
	for n := range rows {
		if err := r.Write(t.Context(), entry(n)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func verify(t *testing.T, r *register.Register, anchors ...register.Mark) register.Proof {
	t.Helper()
	p, err := r.Verify(t.Context(), anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestTamperingShows does to a register what somebody with the database's password
// could, one thing at a time, and looks whether it is found.
func TestTamperingShows(t *testing.T) {
	columns := []string{"who", "person", "unit", "roles", "act", "object", "casenr", "purpose", "reason", "basis", "agreement", "fields", "result", "detail", "address", "prev", "hash"}
	attacks := map[string][]string{
		"the time":              {"UPDATE register SET at = at + 1 WHERE position = 3"},
		"a row removed":         {"DELETE FROM register WHERE position = 3"},
		"and the rest closed":   {"DELETE FROM register WHERE position = 3", "UPDATE register SET position = position - 1 WHERE position = 4", "UPDATE register SET position = position - 1 WHERE position = 5", "UPDATE register SET position = position - 1 WHERE position = 6"},
		"the first removed":     {"DELETE FROM register WHERE position = 1"},
		"the first forgotten":   {"UPDATE register_ends SET base_position = 1, base_hash = (SELECT hash FROM register WHERE position = 1)", "DELETE FROM register WHERE position = 1"},
		"the last removed":      {"DELETE FROM register WHERE position = 6"},
		"all removed":           {"DELETE FROM register"},
		"two swapped":           {"UPDATE register SET position = 99 WHERE position = 3", "UPDATE register SET position = 3 WHERE position = 4", "UPDATE register SET position = 4 WHERE position = 99"},
		"one put in at the end": {"INSERT INTO register SELECT 7, at, who, person, unit, roles, act, object, casenr, purpose, reason, basis, agreement, fields, result, detail, address, prev, hash FROM register WHERE position = 6", "UPDATE register_ends SET position = 7"},
	}
	for _, c := range columns {
		attacks["the column "+c] = []string{"UPDATE register SET " + c + " = " + c + " || 'x' WHERE position = 3"}
	}
	both(t, func(t *testing.T, s *store.Store, behind *sql.DB) {
		r := filled(t, s, 6)
		whole := verify(t, r)
		if whole.Fault != nil || whole.Rows != 6 {
			t.Fatalf("before anything: %+v", whole)
		}
		save(t, behind)
		for what, statements := range attacks {
			for _, x := range statements {
				if _, err := behind.Exec(x); err != nil {
					t.Fatalf("%s: %s: %v", what, x, err)
				}
			}
			if p := verify(t, r); p.Fault == nil {
				t.Errorf("%s is not found", what)
			}
			restore(t, behind)
			if p := verify(t, r, whole.Ends.Head); p.Fault != nil {
				t.Fatalf("after putting back %s: %+v", what, p.Fault)
			}
		}
		// A whole new chain, and the last rows cut off with the end moved: only an
		// anchor kept elsewhere shows these.
		behind.Exec("DELETE FROM register WHERE position > 4")
		behind.Exec("UPDATE register_ends SET position = 4, hash = (SELECT hash FROM register WHERE position = 4)")
		if p := verify(t, r, whole.Ends.Head); p.Fault == nil || p.Fault.Position != 6 {
			t.Errorf("cut off cleanly, with an anchor: %+v", p.Fault)
		}
	})
}

func save(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, x := range []string{"CREATE TABLE saved AS SELECT * FROM register", "CREATE TABLE saved_ends AS SELECT * FROM register_ends"} {
		if _, err := db.Exec(x); err != nil {
			t.Fatal(err)
		}
	}
}

func restore(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, x := range []string{
		"DELETE FROM register", "INSERT INTO register SELECT * FROM saved", "DELETE FROM register_ends", "INSERT INTO register_ends SELECT * FROM saved_ends",
	} {
		if _, err := db.Exec(x); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRegisterFromTwoReplicas: rows that come at once, by two stores on one
// database, are one chain.
func TestRegisterFromTwoReplicas(t *testing.T) {
	for kind, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		t.Run(kind, func(t *testing.T) {
			at := address(t)
			var wg sync.WaitGroup
			var last *register.Register
			for range 2 {
				r := newRegister(storetest.Open(t, at))
				last = r
				for n := range 4 {
					wg.Go(func() {
						for i := range 25 {
							if err := r.Write(t.Context(), entry(n*100+i)); err != nil {
								t.Error(err)
							}
						}
					})
				}
			}
			wg.Wait()
			if p := verify(t, last); p.Fault != nil || p.Rows != 200 {
				t.Errorf("%+v, fault %+v", p, p.Fault)
			}
		})
	}
}

func TestRegisterForgets(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRegister(s)
		for n := range 10 {
			e := entry(n)
			e.At = time.Now().AddDate(-4, 0, 0)
			if n >= 6 {
				e.At = time.Now()
			}
			if err := r.Write(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		old := verify(t, r).Ends.Head
		if err := r.Forget(t.Context(), 365*24*time.Hour); err == nil {
			t.Error("rows of less than three years were forgotten")
		}
		for range 2 { // the second time nothing is old enough
			if err := r.Forget(t.Context(), 3*366*24*time.Hour); err != nil {
				t.Fatal(err)
			}
			if p := verify(t, r, old); p.Fault != nil || p.Rows != 5 || p.Ends.Base.Position != 6 {
				t.Fatalf("%+v, fault %+v", p, p.Fault)
			}
		}
	})
}

func TestRegisterPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		filled(t, s, 30)
		for what, c := range map[string]struct {
			q    register.Query
			want int
		}{
			"all":          {register.Query{}, 30},
			"one person's": {register.Query{Who: "user-1"}, 10},
			"a thing's":    {register.Query{Object: "incident/7"}, 1},
			"shared":       {register.Query{Shared: true}, 0},
			"by time":      {register.Query{From: time.Now().Add(time.Hour)}, 0},
			"denied":       {register.Query{Result: register.Denied}, 0},
			"a case's":     {register.Query{Case: "20260601-0001"}, 0},
		} {
			seen, before := map[int64]bool{}, int64(0)
			for {
				c.q.Before, c.q.Limit = before, 4
				rows, err := s.Register(context.Background(), c.q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range rows {
					seen[e.Position] = true
					before = e.Position
				}
				if len(rows) < 4 {
					break
				}
			}
			if len(seen) != c.want {
				t.Errorf("%s: %d rows, want %d", what, len(seen), c.want)
			}
		}
	})
}

// BenchmarkRegister is what a row costs, one at a time and when sixteen come at
// once, beside the same number of commits of one event.
func BenchmarkRegister(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b))
	r := newRegister(s)
	b.Run("row", func(b *testing.B) {
		for b.Loop() {
			if err := r.Write(b.Context(), entry(1)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("event", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Record(b.Context(), "garden", "gate-1", items("", 1, 1), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("row16", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := r.Write(b.Context(), entry(1)); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("event16", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := s.Record(b.Context(), "garden", "gate-1", items("", 1, 1), nil); err != nil {
					b.Error(err)
				}
			}
		})
	})
}
