package deliver

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// mostManifest bounds a manifest that is read, and mostFiles how many it may name.
const (
	mostManifest = 1 << 20
	mostFiles    = 1000
)

// Verify reads a bundle whole. The manifest is what was signed; the error joins
// everything else that is wrong. Whose the key is, its Fingerprint tells, compared with
// who sent the bundle.
func Verify(r io.ReaderAt, size int64) (Manifest, error) {
	var m Manifest
	z, err := zip.NewReader(r, size)
	if err != nil {
		return m, fmt.Errorf("no bundle: %w", err)
	}
	there := map[string]*zip.File{}
	for _, f := range z.File {
		if there[f.Name] != nil {
			return m, fmt.Errorf("%.200q is in it twice", f.Name)
		}
		there[f.Name] = f
	}
	text, err := small(there, manifestName)
	if err != nil {
		return m, err
	}
	signature, err := small(there, signatureName)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("manifest: %w", err)
	}
	if err := verify(m.PublicKey, strings.TrimSpace(string(signature)), text); err != nil {
		return Manifest{}, err
	}
	return m, files(m, there)
}

func small(there map[string]*zip.File, name string) ([]byte, error) {
	f := there[name]
	if f == nil {
		return nil, fmt.Errorf("%s is missing", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, mostManifest+1))
	if len(text) > mostManifest {
		return nil, fmt.Errorf("%s is too large", name)
	}
	return text, err
}

// files compares what is in the archive with what the manifest names.
func files(m Manifest, there map[string]*zip.File) error {
	if len(m.Files) > mostFiles {
		return fmt.Errorf("the manifest names %d files", len(m.Files))
	}
	known := []string{manifestName, signatureName, pageName}
	var faults []error
	for _, f := range m.Files {
		known = append(known, f.Name)
		if err := same(f, there[f.Name]); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", f.Name, err))
		}
	}
	for name := range there {
		if !slices.Contains(known, name) {
			faults = append(faults, fmt.Errorf("%.200q is in the archive and not in the manifest", name))
		}
	}
	return errors.Join(faults...)
}

func same(want File, f *zip.File) error {
	if f == nil {
		return errors.New("is missing")
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, want.Bytes+1)) // never more than was said: no bomb
	if err != nil {
		return err
	}
	if n != want.Bytes || hex.EncodeToString(h.Sum(nil)) != want.SHA256 {
		return errors.New("is not what was taken out")
	}
	return nil
}
