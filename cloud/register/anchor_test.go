package register_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/register"
	"eastgate/cloud/store"
	"eastgate/cloud/store/storetest"
)

// shanghai is where the days of these tests begin.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

var (
	ours   = register.Sealer(bytes.Repeat([]byte{1}, 32))
	theirs = register.Sealer(bytes.Repeat([]byte{2}, 32))
)

// An office is a register with its anchors, on a day that the test chooses.
type office struct {
	t     *testing.T
	store *store.Store
	log   *register.Register
	kept  *register.Keeper
	now   time.Time
}

func newOffice(t *testing.T, s *store.Store) *office {
	o := &office{t: t, store: s, log: register.New(s, register.NewMetrics(prometheus.NewRegistry())), now: time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC)} // the 21st has begun in Shanghai
	o.kept = &register.Keeper{Store: s, Sign: ours, File: filepath.Join(t.TempDir(), "anchors.txt"), Zone: shanghai, Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler)}
	return o
}

// day writes rows, signs, and lets so many days pass.
func (o *office) day(rows, days int) {
	o.t.Helper()
	for n := range rows {
		if err := o.log.Write(o.t.Context(), register.Entry{Who: "li", Act: register.View, Object: fmt.Sprint("incident/", n)}); err != nil {
			o.t.Fatal(err)
		}
	}
	if _, err := o.kept.Anchor(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
	o.now = o.now.AddDate(0, 0, days)
}

func (o *office) file() []string {
	o.t.Helper()
	lines, err := register.ReadAnchors(o.kept.File)
	if err != nil {
		o.t.Fatal(err)
	}
	return lines
}

// verify reads the register against what the database and the lines say.
func (o *office) verify(elsewhere []string, keys ...string) register.Proof {
	o.t.Helper()
	own, err := o.store.Anchors(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	p, err := o.log.VerifyAnchored(o.t.Context(), own, elsewhere, keys)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func TestEachDayIsAnchoredOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		if a, err := o.kept.Anchor(t.Context()); a != nil || err != nil {
			t.Errorf("an empty register is anchored: %v, %v", a, err)
		}
		o.day(3, 0)
		o.now = o.now.Add(23*time.Hour + 59*time.Minute)
		if a, err := o.kept.Anchor(t.Context()); a != nil || err != nil {
			t.Errorf("one day is anchored twice: %v, %v", a, err)
		}
		o.now = o.now.Add(time.Minute)
		o.day(2, 2) // and on the 23rd the cloud does not run
		o.day(0, 1)
		p := o.verify(o.file(), ours(nil).Key)
		var days []string
		for _, a := range p.Anchors.Signed {
			days = append(days, fmt.Sprint(a.Day, " ", a.Mark.Position))
		}
		if got := strings.Join(days, ", "); p.Fault != nil || got != "2026-11-21 3, 2026-11-22 5, 2026-11-24 5" || len(o.file()) != 3 || strings.Join(p.Anchors.Missing, " ") != "2026-11-23" {
			t.Errorf("%s, missing %v, %d lines, %+v", got, p.Anchors.Missing, len(o.file()), p.Fault)
		}
	})
}

// TestWhatAChainAloneDoesNotShow does what somebody could who may write the database,
// and has the anchors find it.
func TestWhatAChainAloneDoesNotShow(t *testing.T) {
	cut := []string{"DELETE FROM register WHERE position > 5", "UPDATE register_ends SET position = 5, hash = (SELECT hash FROM register WHERE position = 5)"}
	for _, c := range []struct {
		what       string
		do         []string
		elsewhere  bool
		key        string
		want       string // of the fault; empty: nothing shows
		atPosition int64
	}{
		{what: "nothing", elsewhere: true},
		{what: "the end is cut off", do: cut, want: "rows are missing at the end", atPosition: 6},
		{what: "the end is cut off with its anchors", do: append(cut, "DELETE FROM register_anchors WHERE day >= '2026-11-23'"), elsewhere: true, want: "anchor of 2026-11-23: it was kept elsewhere"},
		{what: "the same, and nothing was kept elsewhere", do: append(cut, "DELETE FROM register_anchors WHERE day >= '2026-11-23'")},
		{what: "all anchors are gone", do: []string{"DELETE FROM register_anchors"}, elsewhere: true, want: "anchor of 2026-11-21: it was kept elsewhere"},
		{what: "a day is taken out", do: []string{"DELETE FROM register_anchors WHERE day = '2026-11-22'"}, want: "anchor of 2026-11-23: it does not follow the one of 2026-11-21"},
		{what: "the first day is taken out", do: []string{"DELETE FROM register_anchors WHERE day = '2026-11-21'"}, want: "anchor of 2026-11-22: it does not follow the one of no day"},
		{what: "an anchor names another row", do: []string{"UPDATE register_anchors SET line = replace(line, ' 3:', ' 2:')"}, want: "anchor of \"2026-11-21\": the signature does not fit"},
		{what: "an anchor is no line", do: []string{"UPDATE register_anchors SET line = 'x' WHERE day = '2026-11-22'"}, want: `anchor: "x" is none`},
		{what: "another key is expected", key: theirs(nil).Key, want: "another key signed it"},
	} {
		t.Run(c.what, func(t *testing.T) {
			address := storetest.SQLite(t)
			o := newOffice(t, storetest.Open(t, address))
			o.day(3, 1)
			o.day(2, 1)
			o.day(1, 1)
			db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			for _, s := range c.do {
				if _, err := db.ExecContext(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			var elsewhere []string
			if c.elsewhere {
				elsewhere = o.file()
			}
			key := c.key
			if key == "" {
				key = ours(nil).Key
			}
			p := o.verify(elsewhere, key)
			if (p.Fault == nil) != (c.want == "") || p.Fault != nil && (!strings.Contains(p.Fault.What, c.want) || p.Fault.Position != c.atPosition) {
				t.Errorf("%+v, want %q at %d", p.Fault, c.want, c.atPosition)
			}
		})
	}
}

// TestAShortenedRegisterIsNotAnchored: what is gone is not signed away.
func TestAShortenedRegisterIsNotAnchored(t *testing.T) {
	address := storetest.SQLite(t)
	o := newOffice(t, storetest.Open(t, address))
	o.day(6, 1)
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(address, "sqlite:")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "UPDATE register_ends SET position = 5"); err != nil {
		t.Fatal(err)
	}
	if a, err := o.kept.Anchor(t.Context()); a != nil || !errors.Is(err, register.ErrAnchor) {
		t.Errorf("%v, %v", a, err)
	}
}

// TestTheFileKeepsWhatTheDatabaseLost, and gets what it lacks after it was away.
func TestTheFileKeepsWhatTheDatabaseLost(t *testing.T) {
	o := newOffice(t, storetest.Open(t, storetest.SQLite(t)))
	o.day(1, 1)
	o.day(1, 1)
	stranger := register.Anchor{Day: "2026-11-22", At: o.now, Mark: register.Mark{Position: 9, Hash: strings.Repeat("ab", 32)}}
	before := append(o.file()[:1], strings.Replace(stranger.String(), "  ", " a b", 1))
	if err := os.WriteFile(o.kept.File, []byte(strings.Join(before, "\n")), 0o600); err != nil { // a power cut of another program's: no line end
		t.Fatal(err)
	}
	o.day(1, 1)
	if got := o.file(); len(got) != 4 || got[1] != before[1] {
		t.Errorf("%q", got)
	}
	if err := os.Remove(o.kept.File); err != nil {
		t.Fatal(err)
	}
	o.day(0, 1)
	if got := o.file(); len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// memory is a store of one register that grows by a row each time it is asked.
type memory struct {
	rows  int64
	lines []string
}

func (m *memory) RegisterEnds(context.Context) (register.Ends, error) {
	m.rows++
	return register.Ends{Head: register.Mark{Position: m.rows, Hash: strings.Repeat("ab", 32)}}, nil
}

func (m *memory) AddAnchor(_ context.Context, _, line string) error {
	m.lines = append(m.lines, line)
	return nil
}

func (m *memory) Anchors(context.Context) ([]string, error) { return m.lines, nil }

// TestTheKeeperWakesAtMidnight runs for three nights.
func TestTheKeeperWakesAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		k := &register.Keeper{Store: m, Sign: ours, File: filepath.Join(t.TempDir(), "anchors.txt"), Zone: shanghai, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- k.Run(ctx) }()
		time.Sleep(3 * 24 * time.Hour)
		stop()
		if err := <-done; err != nil || len(m.lines) != 4 {
			t.Errorf("%d anchors, %v", len(m.lines), err)
		}
		for _, line := range m.lines[1:] {
			if a, err := register.ParseAnchor(line); err != nil || a.At.In(shanghai).Format("15:04") != "00:00" {
				t.Errorf("%s, %v", line, err)
			}
		}
	})
}
