package coverage

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"eastgate/shared/durable"
	"eastgate/shared/wire"
)

// A folder keeps days on disk, one file for each date, and the ledger's own name.
// A file is replaced as a whole, so that a power cut leaves the old or the new one.
type folder struct{ dir string }

// keepDays bounds what waits for a cloud that is away.
const keepDays = 400

// open returns the ledger's name and all days. A file that cannot be read is put
// aside: what it told becomes time in which the box was off.
func (f folder) open() (epoch string, days []wire.CoverageDay, faults []error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return "", nil, []error{fmt.Errorf("coverage folder: %w", err)}
	}
	name := filepath.Join(f.dir, "epoch")
	if b, err := os.ReadFile(name); err == nil && wire.ValidEpoch(string(b)) {
		epoch = string(b)
	} else {
		epoch = wire.NewEpoch()
		if err := durable.Replace(name, []byte(epoch)); err != nil {
			faults = append(faults, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "*.json"))
	if err != nil {
		return epoch, nil, append(faults, err)
	}
	for _, file := range files {
		read, err := readDays(file)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s is put aside: %w", file, err), os.Rename(file, file+".bad"))
			continue
		}
		days = append(days, read...)
	}
	return epoch, days, faults
}

func readDays(file string) ([]wire.CoverageDay, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var days []wire.CoverageDay
	if err := json.Unmarshal(b, &days); err != nil {
		return nil, err
	}
	for _, d := range days {
		if err := d.Validate(); err != nil {
			return nil, err
		}
	}
	return days, nil
}

func (f folder) file(date string) string { return filepath.Join(f.dir, date+".json") }

// save replaces the file of a date.
func (f folder) save(date string, days []wire.CoverageDay) error {
	b, err := json.Marshal(days)
	if err != nil {
		return err
	}
	return durable.Replace(f.file(date), b)
}

func (f folder) drop(date string) error {
	if err := os.Remove(f.file(date)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// tooOld says whether a date is so long ago that nothing of it is kept any more.
func tooOld(date string, now time.Time) bool {
	return date < now.AddDate(0, 0, -keepDays).Format(time.DateOnly)
}
