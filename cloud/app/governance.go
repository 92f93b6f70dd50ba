package app

import (
	"errors"
	"fmt"
	"io"
	"os"

	"eastgate/cloud/config"
	"eastgate/cloud/governance"
)

// loadGovernance reads the catalogue and the calendar, with the community's own over
// them. The error joins every fault of both.
func loadGovernance(f config.File) (*governance.Catalogue, *governance.Calendar, error) {
	classes, err := readOver(f.Catalogue, governance.Load)
	days, err2 := readOver(f.Calendar, governance.LoadCalendar)
	return classes, days, errors.Join(err, err2)
}

// readOver reads the file at path, if one is named, over what comes with the program.
func readOver[T any](path string, load func(io.Reader) (*T, error)) (*T, error) {
	if path == "" {
		return load(nil)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	v, err := load(file)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return v, nil
}
