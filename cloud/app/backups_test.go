package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/cloud/access"
	"eastgate/cloud/app"
	"eastgate/cloud/app/apptest"
	"eastgate/cloud/backup"
	"eastgate/cloud/evidence"
	"eastgate/cloud/register"
	"eastgate/cloud/store/storetest"
	"eastgate/shared/event"
)

// try runs one line of the program.
func try(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out, said bytes.Buffer
	err := app.Console{Out: &out, Err: &said, Version: "test"}.Command(t.Context(), args)
	return out.String(), err
}

// cloudFile writes a configuration of a store and a folder of pictures.
func cloudFile(t *testing.T, store, pictures string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "cloud.yml")
	text := fmt.Sprintf("store: %q\nevidence_dir: %q\nbroker: {dir: %q}\nauthority: {dir: %q}\n", store, pictures, filepath.Join(dir, "broker"), filepath.Join(dir, "authority"))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestACentreComesBackFromItsBackup rehearses the disaster: a centre is copied while
// events come in, and is made again elsewhere.
func TestACentreComesBackFromItsBackup(t *testing.T) {
	s := apptest.Start(t)
	config := cloudFile(t, s.File.Store, s.File.EvidenceDir)
	key := filepath.Join(filepath.Dir(config), "authority", "authority.pem")
	if err := errors.Join(os.Mkdir(filepath.Dir(key), 0o700), os.WriteFile(key, []byte("the authority's key"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		s.Happen(t, event.FireVisual, "courtyard", event.Start)
	}
	record := register.New(s.Store(), register.NewMetrics(prometheus.NewRegistry())).Record
	if err := record(t.Context(), access.User{Name: "duty"}, "export/1", "a row to be there again", nil); err != nil {
		t.Fatal(err)
	}
	e := s.Event(t, event.FireVisual, "courtyard", event.Start) // with a picture
	flowing, stop := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for flowing.Err() == nil {
			e := e
			e.ID = event.NewID()
			e.Episode = e.ID
			s.Store().RecordOwn(flowing, e) //nolint:errcheck // it ends in the middle of one
		}
	}()
	to := filepath.Join(t.TempDir(), "backups")
	said, err := try(t, "backup", "-config", config, "-to", to)
	stop()
	<-stopped
	if err != nil || !strings.Contains(said, "pieces of evidence") {
		t.Fatalf("backup: %q, %v", said, err)
	}
	if said, err := try(t, "backup", "verify", to); err != nil || !strings.Contains(said, "whole") {
		t.Fatalf("verify: %q, %v", said, err)
	}
	m, err := backup.Read(newest(t, to))
	if err != nil || m.Contents.Events < 20 || m.Contents.Register == "" {
		t.Fatalf("manifest: %+v, %v", m.Contents, err)
	}

	again := storetest.Address(t)
	pictures := filepath.Join(t.TempDir(), "evidence")
	config = cloudFile(t, again, pictures)
	if said, err := try(t, "restore", "-config", config, to); err != nil || !strings.Contains(said, "the register is as it was") {
		t.Fatalf("restore: %q, %v", said, err)
	}
	if key, err := os.ReadFile(filepath.Join(filepath.Dir(config), "authority", "authority.pem")); err != nil || string(key) != "the authority's key" {
		t.Errorf("the authority: %q, %v", key, err)
	}
	back := storetest.Open(t, again)
	if n, err := back.Events(t.Context()); err != nil || n < m.Contents.Events {
		t.Errorf("%d events came back of %d, %v", n, m.Contents.Events, err)
	}
	if !evidence.At(pictures).Has(e.Evidence[0].SHA256) {
		t.Error("the picture did not come back")
	}
	if _, err := try(t, "restore", "-config", config, to); err == nil || !strings.Contains(err.Error(), "empty one") && !strings.Contains(err.Error(), "move it away") {
		t.Errorf("a second restore over the first: %v", err)
	}
}

func newest(t *testing.T, dir string) string {
	t.Helper()
	folder, err := backup.Newest(dir)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestABackupThatWasTouchedIsRefused changes one thing after another.
func TestABackupThatWasTouchedIsRefused(t *testing.T) {
	s := apptest.Start(t)
	s.Happen(t, event.FireVisual, "courtyard", event.Start)
	to := filepath.Join(t.TempDir(), "backups")
	if _, err := try(t, "backup", "-config", cloudFile(t, s.File.Store, s.File.EvidenceDir), "-to", to); err != nil {
		t.Fatal(err)
	}
	pieces, err := filepath.Glob(filepath.Join(to, "evidence", "*", "*"))
	if err != nil || len(pieces) == 0 {
		t.Fatal(pieces, err)
	}
	for _, file := range []string{filepath.Join(newest(t, to), "database"), pieces[0]} {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Clone(whole)
		changed[len(changed)/2] ^= 1
		for what, body := range map[string][]byte{"changed": changed, "cut short": whole[:len(whole)-1]} {
			if err := os.WriteFile(file, body, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := try(t, "backup", "verify", to); err == nil || !strings.Contains(err.Error(), "not what was written") {
				t.Errorf("%s %s: %v", filepath.Base(file), what, err)
			}
			if _, err := try(t, "restore", "-config", cloudFile(t, storetest.Address(t), t.TempDir()), to); err == nil {
				t.Errorf("%s %s was restored", filepath.Base(file), what)
			}
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := try(t, "backup", "verify", to); err != nil {
		t.Error(err)
	}
}
