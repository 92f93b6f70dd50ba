// Package memory keeps small things that a camera's stages know over restarts: how the
// empty place looks, and which episodes are open.
//
// It promises that Save never waits for a disk, that a power cut leaves the old or the
// new and never half of one, that what Load returns is what was saved, to the bit, and
// that what is damaged is put aside and told, once, and then is not there. What the
// bytes mean, and what to make of those of an older version, is for their owner.
package memory

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/shared/durable"
)

// Most is the most bytes that one thing may have.
const Most = 4 << 20

// A Store is a folder with a file for each thing. Its methods may be called at once.
type Store struct {
	dir    string
	log    *slog.Logger
	failed prometheus.Counter

	mu      sync.Mutex
	waiting map[string][]byte // newest of each, not yet on the disk
	writing map[string][]byte // on its way there
	stir    chan struct{}
	ill     bool // the disk refused the last write
}

// Open returns the store in dir, which is made where there is none.
func Open(dir string, reg prometheus.Registerer, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of what cameras know: %w", err)
	}
	s := &Store{dir: dir, log: log, waiting: map[string][]byte{}, writing: map[string][]byte{}, stir: make(chan struct{}, 1)}
	s.failed = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "edge_memory_failed_total", Help: "Writes of what cameras know over restarts that the disk refused.",
	})
	reg.MustRegister(s.failed)
	return s, nil
}

// A Part is one thing that a store keeps.
type Part struct {
	store *Store
	name  string
}

// Of returns the part of a camera, whose name is a valid one, with a name of its own.
func (s *Store) Of(camera, part string) Part { return Part{s, camera + "." + part} }

// Save takes body over as the newest, in place of one that waits for the disk. It must
// not be changed afterwards. More than Most is not kept.
func (p Part) Save(body []byte) {
	if len(body) > Most {
		p.store.log.Error("too much to be kept over a restart", "what", p.name, "bytes", len(body))
		return
	}
	p.store.mu.Lock()
	p.store.waiting[p.name] = body
	p.store.mu.Unlock()
	select {
	case p.store.stir <- struct{}{}:
	default:
	}
}

// Load returns what was saved last, in this run or an earlier one; nil where there is
// nothing.
func (p Part) Load() []byte {
	s := p.store
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range []map[string][]byte{s.waiting, s.writing} {
		if body, ok := m[p.name]; ok {
			return body
		}
	}
	file := filepath.Join(s.dir, p.name)
	data, err := read(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		data, err = unseal(data)
	}
	if err != nil {
		s.log.Error("what a camera knew before the restart cannot be read; it begins anew", "file", file, "err", errors.Join(err, os.Rename(file, file+".bad")))
		return nil
	}
	return data
}

// Run writes what is saved until ctx ends, and then the rest. What the disk refuses is
// counted, told once, and gone: the next save comes.
func (s *Store) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		select {
		case <-s.stir:
		case <-ctx.Done():
		}
		s.flush()
	}
	return nil
}

func (s *Store) flush() {
	for {
		name, body, ok := s.take()
		if !ok {
			return
		}
		err := durable.Replace(filepath.Join(s.dir, name), seal(body))
		s.mu.Lock()
		delete(s.writing, name)
		before := s.ill
		s.ill = err != nil
		s.mu.Unlock()
		if err != nil {
			s.failed.Inc()
			if !before {
				s.log.Error("what a camera knows cannot be kept over a restart", "what", name, "err", err)
			}
		}
	}
}

func (s *Store) take() (string, []byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, body := range s.waiting {
		delete(s.waiting, name)
		s.writing[name] = body
		return name, body, true
	}
	return "", nil, false
}

// magic begins a file, whose last byte is the version of the form; a CRC-32 of the body
// follows it.
const magic = "EGM\x01"

func seal(body []byte) []byte {
	out := append(make([]byte, 0, len(magic)+4+len(body)), magic...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
	return append(out, body...)
}

func unseal(data []byte) ([]byte, error) {
	head := len(magic) + 4
	if len(data) < head || string(data[:len(magic)]) != magic {
		return nil, errors.New("it is not of this form")
	}
	body := data[head:]
	if binary.BigEndian.Uint32(data[len(magic):]) != crc32.ChecksumIEEE(body) {
		return nil, errors.New("its checksum does not match")
	}
	return body, nil
}

// read reads a file that is no larger than a sealed one can be.
func read(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > Most+64 {
		return nil, fmt.Errorf("%d bytes are more than it can have", info.Size())
	}
	return os.ReadFile(file)
}
