package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// The most that a file with a secret may be open: the one rule for all of them.
const (
	Own     fs.FileMode = 0o600 // what our programs make for themselves
	Grouped fs.FileMode = 0o640 // what an operator puts there: root's, for the service's group
)

// ErrOpen says that others may read a secret.
var ErrOpen = errors.New("others may read it")

// Guard gives ErrOpen for a file that is open to more than most lets; who may run it
// does not matter to its owner.
func Guard(file string, most fs.FileMode) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&^(most|0o100) != 0 {
		return fmt.Errorf("%s: %w (mode %04o): chmod %o it, and think of it as known if others were on this machine", file, ErrOpen, mode, most)
	}
	return nil
}
