package trust

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Inherit gives a folder of keys, and the files in it, to whoever owns the folder above.
// An administrator runs commands as root, and the program that needs the keys does not.
func Inherit(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(filepath.Clean(dir)))
	if err != nil {
		return err
	}
	above, ok := info.Sys().(*syscall.Stat_t)
	if !ok || above.Uid == 0 {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	err = os.Chown(dir, int(above.Uid), int(above.Gid))
	for _, f := range files {
		err = errors.Join(err, os.Lchown(filepath.Join(dir, f.Name()), int(above.Uid), int(above.Gid)))
	}
	return err
}
