package evidence

import (
	"context"
	"io/fs"
	"path/filepath"
)

// Each calls do for every whole file, in the order of their names.
func (f *Folder) Each(ctx context.Context, do func(sum string) error) error {
	return filepath.WalkDir(f.dir, func(_ string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case d.IsDir() && d.Name() == partialDir:
			return filepath.SkipDir
		case d.IsDir() || !name.MatchString(d.Name()):
			return nil
		}
		return do(d.Name())
	})
}

// At is a folder for reading beside the cloud that writes it: nothing is cleared away.
func At(dir string) *Folder { return &Folder{dir: dir} }
