package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"eastgate/shared/durable"
	"eastgate/shared/wire"
)

// A memory knows which commands were begun and what came of them: one file each,
// replaced as a whole, so that a power cut leaves the old or the new one.
type memory struct {
	dir string

	mu    sync.Mutex
	known map[string]record
}

// A record is one command that was begun.
type record struct {
	Name string `json:"name"`
	// Until is when it can come again no more, by this box's clock.
	Until  time.Time       `json:"until"`
	Result *wire.BoxResult `json:"result,omitempty"` // nil while it is under way
}

// remembered bounds the memory. The oldest that can come no more give way; with none
// of those, a new command must wait.
const remembered = 500

// errFull says that every command remembered may still come again.
var errFull = fmt.Errorf("%d commands are remembered that may still come again", remembered)

const suffix = ".json"

func openMemory(dir string) (*memory, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	m := &memory{dir: dir, known: map[string]record{}}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), suffix)
		if !wire.ValidEpoch(id) {
			continue
		}
		var r record
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err != nil { // that it was begun is in its name
			r = record{Until: time.Now().Add(wire.MaxTTL)}
		}
		if r.Result == nil {
			r.Result = &wire.BoxResult{ID: id, State: wire.Failed, Problem: "the box stopped while it was doing this; nobody knows how far it came"}
			if err := m.write(id, r); err != nil {
				return nil, err
			}
		}
		m.known[id] = r
	}
	return m, nil
}

// of returns what is remembered of a command.
func (m *memory) of(id string) (record, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, known := m.known[id]
	return r, known
}

// begin remembers, on disk, that a command is begun. After an error it must not be.
func (m *memory) begin(o order) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.makeRoom(); err != nil {
		return err
	}
	r := record{Name: o.Name, Until: o.Expires}
	if !o.Sent.IsZero() { // whichever clock is judged by later
		if by := time.Now().Add(o.Expires.Sub(o.Sent)); by.After(r.Until) {
			r.Until = by
		}
	}
	if err := m.write(o.ID, r); err != nil {
		return err
	}
	m.known[o.ID] = r
	return nil
}

// end remembers what came of a command. It holds for this run even when the disk
// refuses it.
func (m *memory) end(res wire.BoxResult) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.known[res.ID]
	r.Result = &res
	m.known[res.ID] = r
	return m.write(res.ID, r)
}

// makeRoom forgets the oldest command that can come no more, if there are many.
func (m *memory) makeRoom() error {
	if len(m.known) < remembered {
		return nil
	}
	oldest, now := "", time.Now()
	for id, r := range m.known {
		if r.Result != nil && r.Until.Before(now) && (oldest == "" || id < oldest) {
			oldest = id
		}
	}
	if oldest == "" {
		return errFull
	}
	if err := os.Remove(m.file(oldest)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	delete(m.known, oldest)
	return nil
}

func (m *memory) file(id string) string { return filepath.Join(m.dir, id+suffix) }

func (m *memory) write(id string, r record) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return durable.Replace(m.file(id), data)
}
