package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/app/apptest"
	"eastgate/cloud/retention"
)

// TestFilingAndRetentionByCommand: a list is taken out, filled in and read again; what
// was deleted is told and proved.
func TestFilingAndRetentionByCommand(t *testing.T) {
	s := apptest.Start(t)
	config := cloudFile(t, s.File.Store, s.File.EvidenceDir)
	says := func(want string, args ...string) string {
		t.Helper()
		said, err := try(t, append(args[:2:2], append([]string{"-config", config}, args[2:]...)...)...)
		if err != nil || !strings.Contains(said, want) {
			t.Fatalf("%q says %q, %v; want %q", args, said, err, want)
		}
		return said
	}
	list := says("garden,gate-1,courtyard,", "filing", "export")
	if !strings.Contains(list, "angle sign basis filed") {
		t.Errorf("what lacks is not told: %s", list)
	}
	filled := filepath.Join(t.TempDir(), "filled.csv")
	text := "site,box,camera,angle,sign,basis,filed,number\ngarden,gate-1,courtyard,3 m,beside the bins,art. 9,2026-10-01,7\n"
	if err := os.WriteFile(filled, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	says("1 cameras", "filing", "import", filled)
	says(",2026-10-01,7,false,", "filing", "export")
	if err := os.WriteFile(filled, []byte(strings.Replace(text, "2026-10-01", "soon", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := try(t, "filing", "import", "-config", config, filled); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("a wrong day: %v", err)
	}

	says("deleted after 90 days, at least 30", "retention", "show")
	says("0 deletions", "retention", "verify")
	d := retention.Deletion{At: time.Now(), SHA256: strings.Repeat("ab", 32), Bytes: 7, Site: "garden", Came: time.Now().AddDate(0, 0, -91), Rule: "after 90 days"}
	if _, err := s.Store().DeletePiece(t.Context(), d, 0); err != nil {
		t.Fatal(err)
	}
	says("1 deletions, all as written", "retention", "verify")
	says("1 pieces deleted so far", "retention", "show")
	says(",after 90 days,", "retention", "proofs")
}
