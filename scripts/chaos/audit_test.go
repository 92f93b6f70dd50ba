package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheAuditSeesEveryKindOfHarm gives it a ledger of ten events and databases
// that are right and wrong.
func TestTheAuditSeesEveryKindOfHarm(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]string) []string // of the rows "id priority sequence kind"
		want   verdict
	}{
		"right":     {func(r []string) []string { return r }, verdict{}},
		"lost":      {func(r []string) []string { return append(r[:3:3], r[5:]...) }, verdict{Lost: 2}},
		"told":      {func(r []string) []string { return append(r[2:], "report 2 1 device.events_lost") }, verdict{Shed: 2}},
		"doubled":   {func(r []string) []string { return append(r, "stranger 4 3 security.motion") }, verdict{Doubled: 1}},
		"reordered": {func(r []string) []string { r[2], r[3] = "e2 4 4 security.motion", "e3 4 3 security.motion"; return r }, verdict{Reordered: 1}},
		"overtaken": {func(r []string) []string { r[2], r[3] = r[3], r[2]; return r }, verdict{Overtaken: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &site{shape: shape{crowds: 1}, dir: t.TempDir()}
			s.cloudDir = s.dir
			var rows, lines []string
			for i := range 10 {
				rows = append(rows, fmt.Sprintf("e%d 4 %d security.motion", i, i+1))
				lines = append(lines, fmt.Sprintf("e%d box cam 4\n", i))
			}
			lines = append(lines, "e10 bo") // the writer was killed
			if err := os.WriteFile(filepath.Join(s.dir, "crowd-1.ledger"), []byte(strings.Join(lines, "")), 0o600); err != nil {
				t.Fatal(err)
			}
			store(t, s.database(), c.change(rows))
			got, err := s.audit(t.Context())
			c.want.Events = 10
			if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func store(t *testing.T, path string, rows []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE events (position INTEGER, id TEXT, box TEXT, epoch TEXT, priority INTEGER, sequence INTEGER, kind TEXT, body TEXT)"); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		w := strings.Fields(row)
		body := `{"note":"` + fmt.Sprintf(shedNote, 2, 4, 1, 2) + `"}`
		if _, err := db.Exec("INSERT INTO events VALUES ($1, $2, 'box', 'EPOCH', $3, $4, $5, $6)", i, w[0], w[1], w[2], w[3], body); err != nil {
			t.Fatal(err)
		}
	}
}
