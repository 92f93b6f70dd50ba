package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNone says that a folder holds no copy.
var ErrNone = errors.New("there is no backup here")

// List are the copies in a folder, the oldest first. What was not finished is none.
func List(dir string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "*", manifestName))
	if err != nil {
		return nil, err
	}
	for i, f := range found {
		found[i] = filepath.Dir(f)
	}
	slices.Sort(found)
	return found, nil
}

// Newest is the newest copy in a folder; a folder that is itself a copy is that.
func Newest(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, manifestName)); err == nil {
		return dir, nil
	}
	all, err := List(dir)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", fmt.Errorf("%s: %w", dir, ErrNone)
	}
	return all[len(all)-1], nil
}

// Read returns the manifest of a copy.
func Read(folder string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", filepath.Join(folder, manifestName), err)
	}
	return m, nil
}

// Age is how old the newest copy in a folder is.
func Age(dir string, now time.Time) (time.Duration, error) {
	newest, err := Newest(dir)
	if err != nil {
		return 0, err
	}
	m, err := Read(newest)
	return now.Sub(m.Made), err
}

// Verify reads a copy whole and returns every fault: what lacks, and what is not
// what the manifest says.
func Verify(ctx context.Context, folder string) (Manifest, error) {
	m, err := Read(folder)
	if err != nil {
		return m, err
	}
	var faults []error
	for _, f := range m.Files {
		if sum, err := hashOf(filepath.Join(folder, filepath.Base(f.Name))); err != nil || sum != f.SHA256 {
			faults = append(faults, fmt.Errorf("%s is not what was written: %w", f.Name, orChanged(err)))
		}
	}
	for _, sum := range m.Evidence {
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		if got, err := hashOf(evidencePath(folder, sum)); err != nil || got != sum {
			faults = append(faults, fmt.Errorf("evidence %s is not what was written: %w", sum, orChanged(err)))
		}
	}
	return m, errors.Join(faults...)
}

var errChanged = errors.New("its bytes have changed")

func orChanged(err error) error {
	if err != nil {
		return err
	}
	return errChanged
}

func evidencePath(folder, sum string) string {
	if len(sum) < 3 {
		sum = "..." // no such file
	}
	return filepath.Join(filepath.Dir(folder), evidenceDir, sum[:2], filepath.Base(sum))
}

func hashOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Prune deletes all but the newest keep copies, and the evidence that none of those
// names: what the centre has deleted by law leaves its backups with them.
func Prune(dir string, keep int) (copies, evidence int, err error) {
	all, err := List(dir)
	if err != nil {
		return 0, 0, err
	}
	old := all[:max(0, len(all)-max(keep, 1))]
	for _, folder := range old {
		// Without its manifest it is no copy any more, however far the rest comes.
		if err := errors.Join(os.Remove(filepath.Join(folder, manifestName)), os.RemoveAll(folder)); err != nil {
			return copies, 0, err
		}
		copies++
	}
	named := map[string]bool{}
	for _, folder := range all[len(old):] {
		m, err := Read(folder)
		if err != nil {
			return copies, 0, err
		}
		for _, sum := range m.Evidence {
			named[sum] = true
		}
	}
	err = filepath.WalkDir(filepath.Join(dir, evidenceDir), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || named[d.Name()] || strings.HasPrefix(d.Name(), ".part-") {
			return err
		}
		evidence++
		return os.Remove(path)
	})
	return copies, evidence, err
}

// A Target is the empty place where a centre is made again.
type Target struct {
	Database  string                                                   // kind
	Reinstate func(ctx context.Context, file string) error             // fills the database
	Put       func(ctx context.Context, sum string, r io.Reader) error // a piece of evidence
	Files     map[string]string                                        // where the other files go
}

// Restore makes a centre from a copy, all of which is verified first. A file that is
// there already is never written over.
func Restore(ctx context.Context, folder string, t Target) (Manifest, error) {
	m, err := Verify(ctx, folder)
	if err != nil {
		return m, err
	}
	if m.Database != t.Database {
		return m, fmt.Errorf("the backup is of %s and the configuration says %s", m.Database, t.Database)
	}
	for _, f := range m.Files {
		path, ok := t.Files[f.Name]
		if !ok {
			continue
		}
		if err := place(filepath.Join(folder, f.Name), path); err != nil {
			return m, err
		}
	}
	if err := t.Reinstate(ctx, filepath.Join(folder, databaseName)); err != nil {
		return m, fmt.Errorf("database: %w", err)
	}
	for _, sum := range m.Evidence {
		if err := putBack(ctx, evidencePath(folder, sum), sum, t); err != nil {
			return m, fmt.Errorf("evidence %s: %w", sum, err)
		}
	}
	return m, nil
}

func place(from, to string) error {
	if _, err := os.Stat(to); err == nil {
		if a, errA := hashOf(from); errA == nil {
			if b, errB := hashOf(to); errB == nil && a == b {
				return nil
			}
		}
		return fmt.Errorf("%s is there already and is another: move it away, then restore", to)
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return store(to, f)
}

func putBack(ctx context.Context, path, sum string, t Target) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return t.Put(ctx, sum, f)
}
