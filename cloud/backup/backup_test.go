package backup_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eastgate/cloud/backup"
)

// centre is a source whose database and evidence are given.
func centre(evidence map[string]string, snapshot error) backup.Source {
	return backup.Source{
		Version: "1", Database: "sqlite",
		Snapshot: func(_ context.Context, file string) error {
			return errors.Join(os.WriteFile(file, []byte("rows"), 0o600), snapshot)
		},
		Count: func(context.Context) (backup.Contents, error) { return backup.Contents{Events: 1}, nil },
		Evidence: func(_ context.Context, each func(string) error) error {
			for sum := range evidence {
				if err := each(sum); err != nil {
					return err
				}
			}
			return nil
		},
		Open: func(sum string) (io.ReadCloser, error) {
			if evidence[sum] == "" {
				return nil, os.ErrNotExist
			}
			return io.NopCloser(strings.NewReader(evidence[sum])), nil
		},
	}
}

const (
	sumA = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb" // of "a"
	sumB = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d" // of "b"
)

var first = time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)

func write(t *testing.T, dir string, s backup.Source, day int) string {
	t.Helper()
	folder, _, err := backup.Write(t.Context(), dir, s, first.AddDate(0, 0, day))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// TestDeletedEvidenceLeavesTheBackupsToo keeps two copies of three: what only the
// deleted one names goes with it.
func TestDeletedEvidenceLeavesTheBackupsToo(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, centre(map[string]string{sumA: "a", sumB: "b"}, nil), 0)
	write(t, dir, centre(map[string]string{sumB: "b"}, nil), 1)
	last := write(t, dir, centre(map[string]string{sumB: "b", "gone" + sumA[4:]: ""}, nil), 2)
	copies, pieces, err := backup.Prune(dir, 2)
	if err != nil || copies != 1 || pieces != 1 {
		t.Errorf("pruned %d copies and %d pieces, %v", copies, pieces, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "evidence", sumA[:2], sumA)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the deleted picture is still there: %v", err)
	}
	m, err := backup.Verify(t.Context(), last)
	if err != nil || len(m.Evidence) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	if newest, err := backup.Newest(dir); err != nil || newest != last {
		t.Errorf("the newest is %s, %v", newest, err)
	}
	if age, err := backup.Age(dir, first.AddDate(0, 0, 3)); err != nil || age != 24*time.Hour {
		t.Errorf("it is %v old, %v", age, err)
	}
}

// TestWhatFailedIsNoBackup leaves nothing that could be taken for one.
func TestWhatFailedIsNoBackup(t *testing.T) {
	dir := t.TempDir()
	full := errors.New("no space left on device")
	if _, _, err := backup.Write(t.Context(), dir, centre(nil, full), first); !errors.Is(err, full) {
		t.Errorf("want that there is no space, got %v", err)
	}
	if _, err := backup.Newest(dir); !errors.Is(err, backup.ErrNone) {
		t.Errorf("want none, got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestRestoreWritesOverNothing finds another file where one of its own should go.
func TestRestoreWritesOverNothing(t *testing.T) {
	dir, place := t.TempDir(), t.TempDir()
	source := centre(map[string]string{sumA: "a"}, nil)
	catalogue := filepath.Join(place, "catalogue.yml")
	if err := os.WriteFile(catalogue, []byte("ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	source.Files = map[string]string{"catalogue": catalogue}
	folder := write(t, dir, source, 0)
	var evidence []string
	target := backup.Target{
		Database: "sqlite", Files: map[string]string{"catalogue": catalogue},
		Reinstate: func(context.Context, string) error { return nil },
		Put: func(_ context.Context, sum string, _ io.Reader) error {
			evidence = append(evidence, sum)
			return nil
		},
	}
	if _, err := backup.Restore(t.Context(), folder, target); err != nil || len(evidence) != 1 {
		t.Errorf("over the same file: %v, %v", evidence, err)
	}
	if err := os.WriteFile(catalogue, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Restore(t.Context(), folder, target); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("over another file: %v", err)
	}
	target.Database = "postgres"
	if _, err := backup.Restore(t.Context(), folder, target); err == nil || !strings.Contains(err.Error(), "postgres") {
		t.Errorf("into another kind of database: %v", err)
	}
}
