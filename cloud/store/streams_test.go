package store_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/wire"
)

type ends struct{ first, last uint64 }

func gapsOf(t *testing.T, s *store.Store) (out []ends) {
	t.Helper()
	gaps, err := s.Gaps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range gaps {
		if i > 0 && gaps[i-1].Last+1 == g.First { // only said to have been given out: known at another time
			out[len(out)-1].last = g.Last
			continue
		}
		out = append(out, ends{g.First, g.Last})
	}
	return out
}

// TestGapsAgainstAModel records in a random order, with repeats, and compares what
// lacks with a set after each step.
func TestGapsAgainstAModel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		dice := rand.New(rand.NewPCG(1, 2))
		epoch, have, top := wire.NewEpoch(), map[uint64]bool{}, uint64(0)
		for range 150 {
			first, n := 1+uint64(dice.IntN(300)), 1+dice.IntN(12)
			if dice.IntN(10) == 0 { // only said to have been given out
				if _, _, err := s.Hello(t.Context(), "garden", "gate-1", wire.BoxHello{Epoch: epoch, Streams: []wire.Stream{{Priority: 4, First: first, Next: first + 3, Kept: first}}}); err != nil {
					t.Fatal(err)
				}
				top = max(top, first-1)
			} else {
				if _, err := s.Record(t.Context(), "garden", "gate-1", items(epoch, first, n), nil); err != nil {
					t.Fatal(err)
				}
				for i := range uint64(n) {
					have[first+i] = true
					top = max(top, first+i)
				}
			}
			var want []ends
			for seq := uint64(1); seq <= top; seq++ {
				switch {
				case have[seq]:
				case len(want) > 0 && want[len(want)-1].last == seq-1:
					want[len(want)-1].last = seq
				default:
					want = append(want, ends{seq, seq})
				}
			}
			if got := gapsOf(t, s); !reflect.DeepEqual(got, want) {
				t.Fatalf("lacking %v, want %v", got, want)
			}
		}
	})
}

func TestASettledGapStaysSettledWhileItShrinks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		epoch := wire.NewEpoch()
		record := func(first uint64, n int) {
			t.Helper()
			if _, err := s.Record(t.Context(), "garden", "gate-1", items(epoch, first, n), nil); err != nil {
				t.Fatal(err)
			}
		}
		record(1, 2)
		record(10, 1)
		gaps, err := s.Gaps(t.Context())
		if err != nil || len(gaps) != 1 {
			t.Fatal(gaps, err)
		}
		if err := s.Settle(t.Context(), gaps); err != nil {
			t.Fatal(err)
		}
		record(3, 1) // from below
		record(9, 1) // from above
		if gaps, err = s.Gaps(t.Context()); err != nil || len(gaps) != 1 || !gaps[0].Settled || gaps[0].First != 4 || gaps[0].Last != 8 {
			t.Errorf("%+v, %v", gaps, err)
		}
		record(4, 5)
		record(20, 1)
		if gaps, err = s.Gaps(t.Context()); err != nil || len(gaps) != 1 || gaps[0].Settled {
			t.Errorf("a new gap: %+v, %v", gaps, err)
		}
	})
}

// TestRefusedPlacesAreNoGaps: they were acknowledged and never come again.
func TestRefusedPlacesAreNoGaps(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		epoch := wire.NewEpoch()
		refused := []wire.Refusal{{Position: wire.Position{Epoch: epoch, Priority: 4, Sequence: 2}, Raw: []byte("{}"), Err: context.Canceled}}
		for range 2 {
			if _, err := s.Record(t.Context(), "garden", "gate-1", items(epoch, 1, 1), refused); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Record(t.Context(), "garden", "gate-1", items(epoch, 3, 1), nil); err != nil {
			t.Fatal(err)
		}
		if got := gapsOf(t, s); got != nil {
			t.Errorf("lacking %v", got)
		}
	})
}

// TestTheMigrationFindsWhatWasThere runs what the migration does to a database that
// was filled before there were runs.
func TestTheMigrationFindsWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cloud.db")
	s := storetest.Open(t, "sqlite:"+path)
	for _, first := range []uint64{3, 4, 20, 9} {
		if _, err := s.Record(t.Context(), "garden", "gate-1", items("01J0000000000000000000EP0C", first, 2), nil); err != nil {
			t.Fatal(err)
		}
	}
	want, err := s.Gaps(t.Context())
	if err != nil || len(want) != 3 {
		t.Fatal(want, err)
	}
	text, err := os.ReadFile("migrations/00010_streams.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, fill, _ := strings.Cut(string(text), "INSERT INTO stream_runs")
	fill, _, _ = strings.Cut(fill, "-- +goose Down")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DELETE FROM stream_runs; INSERT INTO stream_runs" + fill); err != nil {
		t.Fatal(err)
	}
	got, err := s.Gaps(t.Context())
	if err != nil || len(got) != len(want) {
		t.Fatal(got, err)
	}
	for i := range got {
		got[i].Since = want[i].Since
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("found %+v, want %+v", got[i], want[i])
		}
	}
}
