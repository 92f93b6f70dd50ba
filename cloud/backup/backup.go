// Package backup keeps copies of a living centre in a folder, and makes a centre
// from one again.
//
// It promises that a copy is whole or is not there; that its database is of one
// moment; that every byte of it is checked against the SHA-256 in its manifest
// before it is used. Pictures are copied once, however many copies of the database
// there are. What boxes send after the newest copy is not in it.
package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"eastgate/shared/durable"
)

// A Manifest says what one copy holds.
type Manifest struct {
	Version  string    `json:"version"` // of the program that wrote it
	Made     time.Time `json:"made"`
	Database string    `json:"database"` // "sqlite" or "postgres"
	Files    []File    `json:"files"`    // the database and what else stands beside it
	Evidence []string  `json:"evidence"` // SHA-256, which are their names as well
	Contents Contents  `json:"contents"`
}

// A File is one file of a copy.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Contents are counts by which somebody sees that it is the right copy.
type Contents struct {
	Events    int64  `json:"events"`
	Incidents int64  `json:"incidents"`
	Register  string `json:"register"` // the newest mark of the register of access, as POSITION:HASH
}

// databaseName is the file of the database in a copy.
const databaseName = "database"

// manifestName is written last: a folder without it is no copy.
const manifestName = "manifest.json"

// evidenceDir is shared by all copies of a folder.
const evidenceDir = "evidence"

// stampForm names a copy by its time; names sort by age.
const stampForm = "20060102T150405Z"

// A Source is the centre that is copied.
type Source struct {
	Version  string
	Database string                                       // kind
	Snapshot func(ctx context.Context, file string) error // writes the database
	Count    func(ctx context.Context) (Contents, error)  // of the living centre
	Evidence func(ctx context.Context, each func(sum string) error) error
	Open     func(sum string) (io.ReadCloser, error) // a piece of evidence
	Files    map[string]string                       // other files by the name in the copy: keys, catalogue
}

// Write makes a copy under dir and returns its folder. Evidence that is deleted while
// it is copied is left out.
func Write(ctx context.Context, dir string, s Source, now time.Time) (string, Manifest, error) {
	m := Manifest{Version: s.Version, Made: now.UTC().Truncate(time.Second), Database: s.Database}
	final := filepath.Join(dir, m.Made.Format(stampForm))
	work := final + ".part"
	if err := os.MkdirAll(work, 0o700); err != nil {
		return "", m, err
	}
	defer os.RemoveAll(work)
	var err error
	if m.Contents, err = s.Count(ctx); err != nil {
		return "", m, err
	}
	database := filepath.Join(work, databaseName)
	if err := s.Snapshot(ctx, database); err != nil {
		return "", m, fmt.Errorf("database: %w", err)
	}
	if err := m.add(work, databaseName, database); err != nil {
		return "", m, err
	}
	for name, path := range s.Files {
		if err := m.add(work, name, path); err != nil {
			return "", m, err
		}
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if m.Evidence, err = copyEvidence(ctx, filepath.Join(dir, evidenceDir), s); err != nil {
		return "", m, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", m, err
	}
	if err := durable.Replace(filepath.Join(work, manifestName), text); err != nil {
		return "", m, err
	}
	return final, m, errors.Join(os.Rename(work, final), syncDir(dir))
}

// add puts a file into the copy, unless it is there, and into the manifest.
func (m *Manifest) add(work, name, path string) error {
	if !filepath.IsLocal(name) || filepath.Base(name) != name {
		return fmt.Errorf("%q is no plain name", name)
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to := io.Discard
	inside := filepath.Join(work, name)
	if path != inside {
		f, err := os.OpenFile(inside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		to = f
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, hash), from)
	if err != nil {
		return err
	}
	m.Files = append(m.Files, File{name, n, hex.EncodeToString(hash.Sum(nil))})
	return syncFile(inside)
}

// copyEvidence copies what is not there yet and returns all that is.
func copyEvidence(ctx context.Context, dir string, s Source) ([]string, error) {
	var all []string
	err := s.Evidence(ctx, func(sum string) error {
		if len(sum) < 3 {
			return nil
		}
		path := filepath.Join(dir, sum[:2], sum)
		if _, err := os.Stat(path); err == nil {
			all = append(all, sum)
			return nil
		}
		body, err := s.Open(sum)
		if err != nil {
			return nil //nolint:nilerr // it was deleted meanwhile, as the law asks
		}
		defer body.Close()
		if err := store(path, body); err != nil {
			return fmt.Errorf("evidence %s: %w", sum, err)
		}
		all = append(all, sum)
		return ctx.Err()
	})
	slices.Sort(all)
	return all, err
}

// store writes a file that is whole or not there.
func store(path string, body io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func syncDir(path string) error { return syncFile(path) }
