package sensor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"eastgate/shared/durable"
	"eastgate/shared/event"
)

// A snapshot is what is kept on disk: what is known, and the events that follow from
// it. An event is in the file before it is in the outbox, so that a crash between the
// two neither loses it nor makes a second one of it.
type snapshot struct {
	Devices map[string]memory `json:"devices"`
	Sources map[string]memory `json:"sources,omitempty"`
	Pending []event.Event     `json:"pending,omitempty"`
}

// load reads a snapshot. None is a new box. One that cannot be read is put aside as
// .bad; what it knew is lost, and the error says so.
func load(file string) (snapshot, error) {
	var s snapshot
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		err = fmt.Errorf("what was known of the sensors cannot be read and is put aside as %s.bad: %w", filepath.Base(file), err)
		return snapshot{}, errors.Join(err, os.Rename(file, file+".bad"))
	}
	return s, nil
}

// save replaces the file; it is there whole after a power cut.
func save(file string, s snapshot) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return durable.Replace(file, b)
}
