// Package durable puts small files on disk so that a power cut leaves the old or the
// new one, and never half of one.
package durable

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes a file. When it returns nil, the file is there after a power cut.
// After an error the old one may be there still.
func Replace(name string, body []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(body)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
