package retention_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/evidence"
	"eastgate/cloud/incident"
	"eastgate/cloud/plan"
	"eastgate/cloud/register"
	"eastgate/cloud/retention"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

func TestMain(m *testing.M) {
	defer storetest.Stop()
	m.Run()
}

// matters are incidents by ID, with the pieces of their history.
type matters map[string]matter

type matter struct {
	incident.Incident
	records []incident.Record
}

func (m matters) Get(_ context.Context, id string) (incident.Incident, error) {
	if i, ok := m[id]; ok {
		return i.Incident, nil
	}
	return incident.Incident{}, incident.ErrNotFound
}

func (m matters) List(_ context.Context, f incident.Filter) (out []incident.Incident, err error) {
	for _, i := range m {
		if i.State.Open() {
			out = append(out, i.Incident)
		}
	}
	if f.After != "" || len(f.States) == 0 {
		return nil, errors.New("only the first page of open ones is asked for here")
	}
	return out, nil
}

func (m matters) History(_ context.Context, id string) (out []incident.Step, err error) {
	for n, r := range m[id].records {
		detail, err := json.Marshal(incident.Detail{Record: &r})
		if err != nil {
			return nil, err
		}
		out = append(out, incident.Step{Incident: id, Seq: int64(n + 1), Detail: detail})
	}
	return out, nil
}

// An archive is a folder with a keeper, on a day that the test chooses.
type archive struct {
	t      *testing.T
	dir    string
	store  *store.Store
	folder *evidence.Folder
	log    *register.Register
	keeper *retention.Keeper
	desk   *retention.Desk
	cases  matters
	now    time.Time
}

func newArchive(t *testing.T, s *store.Store) *archive {
	t.Helper()
	a := &archive{t: t, dir: t.TempDir(), store: s, cases: matters{}, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), log: register.New(s, register.NewMetrics(prometheus.NewRegistry()))}
	var err error
	if a.folder, err = evidence.Open(a.dir, 1<<30); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return a.now }
	a.keeper = &retention.Keeper{
		Policy: retention.Policy{Rule: retention.Rule{MinDays: 30, MaxDays: 60}, Sites: map[string]retention.Rule{"bank": {MinDays: 90, MaxDays: 100, Basis: "an order"}}},
		Store:  s, Folder: a.folder, Incidents: a.cases, Register: a.log, Now: now, Log: slog.New(slog.DiscardHandler), Metrics: retention.NewMetrics(prometheus.NewRegistry()),
	}
	a.desk = &retention.Desk{Store: s, Incidents: a.cases, Register: a.log, Now: now}
	return a
}

// came has a piece come from a site so many days ago.
func (a *archive) came(words, site string, days int) string {
	a.t.Helper()
	h := sha256.Sum256([]byte(words))
	sum := hex.EncodeToString(h[:])
	if err := a.folder.Put(a.t.Context(), sum, bytes.NewReader([]byte(words))); err != nil {
		a.t.Fatal(err)
	}
	at := a.now.AddDate(0, 0, -days)
	if site == "" { // nobody wrote it down: its file tells
		if err := os.Chtimes(filepath.Join(a.dir, sum[:2], sum), at, at); err != nil {
			a.t.Fatal(err)
		}
		return sum
	}
	if err := a.store.NotePiece(a.t.Context(), retention.Piece{SHA256: sum, Site: site, Box: "gate", Came: at}); err != nil {
		a.t.Fatal(err)
	}
	return sum
}

// sweep deletes what is due and says which of the pieces are there, by their words.
func (a *archive) sweep(pieces map[string]string) (there []string) {
	a.t.Helper()
	if _, err := a.keeper.Sweep(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	for words, sum := range pieces {
		if a.folder.Has(sum) {
			there = append(there, words)
		}
	}
	return there
}

func (a *archive) fault() string {
	a.t.Helper()
	_, fault, err := retention.Verify(a.t.Context(), a.store, a.store)
	if err != nil {
		a.t.Fatal(err)
	}
	return fault
}

var lead = access.User{Name: "han", Person: "韩", Unit: access.CommunityUnit, Party: access.Committee, Grants: []access.Grant{{Role: access.CentreLead}}}

func TestPiecesStayAsLongAsTheirSitesRuleSays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newArchive(t, s)
		for _, c := range []struct {
			site  string
			days  int
			stays bool
		}{
			{"garden", 0, true},
			{"garden", 29, true},
			{"garden", 60, true},
			{"garden", 61, false},
			{"garden", 400, false},
			{"bank", 61, true},
			{"bank", 100, true},
			{"bank", 101, false},
			{"", 60, true},
			{"", 61, false},
		} {
			words := c.site + time.Duration(c.days).String()
			sum := a.came(words, c.site, c.days)
			if there := a.sweep(map[string]string{words: sum}); (len(there) == 1) != c.stays {
				t.Errorf("%s after %d days: there is %v", c.site, c.days, there)
			}
		}
		rows, err := s.Deletions(t.Context(), 0, 10)
		if err != nil || len(rows) != 4 || a.fault() != "" {
			t.Fatalf("%d proofs, %v, %q", len(rows), err, a.fault())
		}
		if d := rows[2]; d.Rule != "after 100 days, at least 90 (an order)" || d.Site != "bank" || d.Box != "gate" || d.Bytes != int64(len("bank"+time.Duration(101).String())) || !d.At.Equal(a.now) {
			t.Errorf("%+v", d)
		}
	})
}

// TestWhatBelongsToAMatterStays until that is closed and released.
func TestWhatBelongsToAMatterStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newArchive(t, s)
		pieces := map[string]string{}
		for _, words := range []string{"open", "held", "held before", "closed", "plan"} {
			pieces[words] = a.came(words, "garden", 300)
		}
		a.cases["1"] = matter{Incident: incident.Incident{ID: "1", State: incident.OpenStates()[0], Snapshot: pieces["open"]}}
		a.cases["2"] = matter{Incident: incident.Incident{ID: "2", Number: "20260101-0001", State: incident.Closed, Clip: pieces["held"]}, records: []incident.Record{{Snapshot: pieces["held before"]}}}
		a.cases["3"] = matter{Incident: incident.Incident{ID: "3", State: incident.Closed, Photos: []string{pieces["closed"]}}}
		if err := s.SavePlan(t.Context(), plan.Plan{Place: "dongguan", Version: 1, Image: pieces["plan"], Who: "han", At: a.now}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.desk.Place(t.Context(), lead, "2", "authority", "", ""); !errors.Is(err, register.ErrReason) {
			t.Errorf("a hold without a reason: %v", err)
		}
		h, err := a.desk.Place(t.Context(), lead, "2", "authority", "the court asks, letter 7", "192.0.2.1")
		if err != nil {
			t.Fatal(err)
		}
		if there := a.sweep(pieces); len(there) != 4 || a.folder.Has(pieces["closed"]) {
			t.Errorf("there is %v", there)
		}
		duty := access.User{Name: "li", Party: access.Committee, Grants: []access.Grant{{Role: access.DutyOfficer}}}
		if _, err := a.desk.Release(t.Context(), duty, h.ID, "authority", "over", ""); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("who may only hold releases: %v", err)
		}
		if _, err := a.desk.Release(t.Context(), lead, h.ID, "authority", "the court has it", ""); err != nil {
			t.Fatal(err)
		}
		if _, err := a.desk.Release(t.Context(), lead, h.ID, "authority", "again", ""); !errors.Is(err, retention.ErrReleased) {
			t.Errorf("released twice: %v", err)
		}
		if there := a.sweep(pieces); len(there) != 2 || !a.folder.Has(pieces["open"]) || !a.folder.Has(pieces["plan"]) {
			t.Errorf("after the release there is %v", there)
		}
		rows, err := s.Register(t.Context(), register.Query{Object: "hold/" + h.ID, Limit: 10})
		if err != nil || len(rows) != 4 || rows[3].Reason != "the court asks, letter 7" || rows[3].Case != "20260101-0001" || rows[2].Result != register.Denied {
			t.Errorf("the register: %+v, %v", rows, err)
		}
		if list, err := a.desk.List(t.Context(), lead); err != nil || len(list) != 1 || list[0].ReleasedBy != "han" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestAHoldThatComesBetweenEndsTheSweep: nothing is deleted by somebody who does not
// know of it.
func TestAHoldThatComesBetweenEndsTheSweep(t *testing.T) {
	a := newArchive(t, storetest.Open(t, storetest.SQLite(t)))
	sum := a.came("x", "garden", 300)
	if err := a.store.AddHold(t.Context(), retention.Hold{ID: "1", Incident: "1", At: a.now}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.DeletePiece(t.Context(), retention.Deletion{SHA256: sum}, 0); !errors.Is(err, retention.ErrHeld) {
		t.Errorf("%v", err)
	}
}

// TestARuleBelowTheLawDeletesNothing, whoever built the keeper.
func TestARuleBelowTheLawDeletesNothing(t *testing.T) {
	a := newArchive(t, storetest.Open(t, storetest.SQLite(t)))
	sum := a.came("x", "garden", 3000)
	for _, p := range []retention.Policy{
		{},
		{Rule: retention.Rule{MinDays: 29, MaxDays: 60}},
		{Rule: retention.Rule{MinDays: 30, MaxDays: 29}},
		{Rule: retention.Rule{MinDays: 30, MaxDays: 99999}},
		{Rule: retention.Rule{MinDays: 30, MaxDays: 60}, Sites: map[string]retention.Rule{"bank": {MinDays: 1, MaxDays: 2}}},
	} {
		a.keeper.Policy = p
		if n, err := a.keeper.Sweep(t.Context()); err == nil || n > 0 || !a.folder.Has(sum) {
			t.Errorf("%+v: %d deleted, %v", p, n, err)
		}
	}
}

// TestAFileThatOutlivedItsRowGoesAnew: a power cut came between the two.
func TestAFileThatOutlivedItsRowGoesAnew(t *testing.T) {
	a := newArchive(t, storetest.Open(t, storetest.SQLite(t)))
	sum := a.came("x", "garden", 300)
	if _, err := a.store.DeletePiece(t.Context(), retention.Deletion{At: a.now, SHA256: sum}, 0); err != nil {
		t.Fatal(err)
	}
	old := a.now.AddDate(0, 0, -300)
	if err := os.Chtimes(filepath.Join(a.dir, sum[:2], sum), old, old); err != nil {
		t.Fatal(err)
	}
	a.sweep(nil)
	if rows, err := a.store.Deletions(t.Context(), 0, 10); err != nil || len(rows) != 2 || a.folder.Has(sum) || a.fault() != "" {
		t.Errorf("%d rows, %v, %s", len(rows), err, a.fault())
	}
}

// TestChangedProofsAreFound, by the chain or by the register.
func TestChangedProofsAreFound(t *testing.T) {
	for want, do := range map[string]string{
		"deletion 2 is not what was written":                 "UPDATE deletions SET bytes = 7 WHERE position = 2",
		"deletion 1 is missing":                              "DELETE FROM deletions WHERE position = 1",
		"the deletions end with 2, and the register names 3": "DELETE FROM deletions WHERE position = 3",
		"the deletions end with 0, and the register names 3": "DELETE FROM deletions",
		"deletion 3 is not what was written":                 "UPDATE deletions SET hash = prev WHERE position = 3",
		"":                                                   "UPDATE pieces SET site = 'elsewhere'",
	} {
		address := storetest.SQLite(t)
		a := newArchive(t, storetest.Open(t, address))
		for _, words := range []string{"a", "b", "c"} {
			a.came(words, "garden", 300)
		}
		a.sweep(nil)
		db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(5000)")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), do); err != nil {
			t.Fatal(err)
		}
		db.Close()
		if got := a.fault(); got != want {
			t.Errorf("%s: %q, want %q", do, got, want)
		}
	}
}

// TestTheKeeperLooksEachHour, the first time an hour after the start.
func TestTheKeeperLooksEachHour(t *testing.T) {
	a := newArchive(t, storetest.Open(t, storetest.SQLite(t)))
	a.keeper.Policy = retention.Policy{} // each look fails, and is counted
	var looks int
	a.keeper.Log = slog.New(counting{&looks})
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 3*time.Hour+time.Minute)
		defer stop()
		if err := a.keeper.Run(ctx); err != nil || looks != 3 {
			t.Errorf("%d looks, %v", looks, err)
		}
	})
}

// counting counts what is logged.
type counting struct{ n *int }

func (counting) Enabled(context.Context, slog.Level) bool    { return true }
func (c counting) Handle(context.Context, slog.Record) error { *c.n++; return nil }
func (c counting) WithAttrs([]slog.Attr) slog.Handler        { return c }
func (c counting) WithGroup(string) slog.Handler             { return c }
