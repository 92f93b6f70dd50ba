package overlay

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"eastgate/shared/durable"
	"eastgate/shared/wire"
)

// before ends the name of the version that was in force until now.
const before = ".before"

// path is where a camera's newest version is; names of cameras are names of files.
func (b *Book) path(camera string) string { return filepath.Join(b.dir, camera+".json") }

// write puts a version on disk so that at every moment one whole version is there:
// the old one keeps a second name, and the new one takes its place by a rename.
func (b *Book) write(z wire.CameraZones) error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	data, err := json.MarshalIndent(z, "", "  ")
	if err != nil {
		return err
	}
	if err := b.keepGood(z.Camera); err != nil {
		return err
	}
	return durable.Replace(b.path(z.Camera), data)
}

// keepGood gives the newest version its second name, if it is good: one that cannot
// be used must not push out the last that can.
func (b *Book) keepGood(camera string) error {
	path := b.path(camera)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, _, err := b.check(camera, data); err != nil {
		return nil //nolint:nilerr // it stays as it is, and is written over
	}
	if err := os.Remove(path + before); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Link(path, path+before)
}
