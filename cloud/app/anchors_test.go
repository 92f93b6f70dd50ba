package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/register"
)

// TestTheRegisterIsAnchoredWhileTheCloudRuns: a row is signed, the commands tell, a
// copy that was taken elsewhere proves it, and a line of somebody else's does not.
func TestTheRegisterIsAnchoredWhileTheCloudRuns(t *testing.T) {
	s := apptest.Start(t)
	log := register.New(s.Store(), register.NewMetrics(prometheus.NewRegistry()))
	if err := log.Record(t.Context(), access.User{Name: "duty"}, "export/1", "a row", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Anchor(t.Context()); err != nil {
		t.Fatal(err)
	}
	config := cloudFile(t, s.File.Store, s.File.EvidenceDir)
	lines, err := try(t, "register", "anchors", "-config", config)
	if err != nil || strings.Count(lines, "\n") != 1 {
		t.Fatalf("%q, %v", lines, err)
	}
	kept, err := os.ReadFile(filepath.Join(s.File.KeptDir(), "register-anchors.txt"))
	if err != nil || string(kept) != lines {
		t.Errorf("the file has %q, %v", kept, err)
	}
	elsewhere := filepath.Join(t.TempDir(), "kept.txt")
	if err := os.WriteFile(elsewhere, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := try(t, "register", "verify", "-config", config, "-anchors", elsewhere); err != nil || !strings.Contains(said, "1 anchors from "+time.Now().UTC().Add(8*time.Hour).Format("2006")) {
		t.Errorf("%q, %v", said, err)
	}
	if _, err := try(t, "register", "verify", "-config", config, "-key", strings.Repeat("ab", 32)); err == nil || !strings.Contains(err.Error(), "another key signed it") {
		t.Errorf("another key: %v", err)
	}
	if _, err := try(t, "register", "verify", "-config", config, "-anchors", elsewhere+".none"); err == nil {
		t.Error("a file that is not there is none that proves")
	}
}
