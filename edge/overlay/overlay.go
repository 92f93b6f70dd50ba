// Package overlay keeps what the cloud has set over the cameras' sections of the
// box's file: zones, masks, privacy areas and tuning, one version for each camera.
//
// It promises that the operator's own file is never written, that only settings
// without a fault come into force, that what is in force survives a power cut, that
// an older version never replaces a newer one, and that settings which can no longer
// be read give way to the last good ones, said aloud. DESIGN.md tells how.
package overlay

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"eastgate/edge/config"
	"eastgate/shared/wire"
)

// Errors that callers tell apart. All of them say that nothing was changed.
var (
	ErrUnknown = errors.New("the box has no such camera")
	ErrOlder   = errors.New("the box has a newer version")
	ErrFaults  = errors.New("the settings have faults")
)

// A Book holds the settings in force. Its methods may be called at once.
type Book struct {
	dir  string
	file map[string]config.Camera
	log  *slog.Logger

	setting sync.Mutex // one at a time
	mu      sync.Mutex
	pages   map[string]*page
}

// A page is one camera's.
type page struct {
	camera  config.Camera // with the settings over it
	newest  wire.CameraZones
	problem string
	changed chan struct{}
}

// Open reads what is set over the cameras of a file, which are by name. dir is made
// when something is set first.
func Open(dir string, cameras map[string]config.Camera, log *slog.Logger) (*Book, error) {
	b := &Book{dir: dir, file: cameras, log: log, pages: map[string]*page{}}
	for name, c := range cameras {
		p := &page{camera: c, changed: make(chan struct{}, 1)}
		b.pages[name] = p
		if err := b.read(name, p); err != nil {
			return nil, fmt.Errorf("open settings of camera %s: %w", name, err)
		}
	}
	return b, nil
}

// read brings the newest settings that are good into force.
func (b *Book) read(name string, p *page) error {
	var problem error
	for _, path := range []string{b.path(name), b.path(name) + before} {
		data, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return err
		}
		z, c, err := b.check(name, data)
		if err == nil {
			p.newest, p.camera = z, c
			break
		}
		problem = errors.Join(problem, fmt.Errorf("%s: %w", filepath.Base(path), err))
	}
	if problem == nil {
		return nil
	}
	p.problem = fmt.Sprintf("the newest settings cannot be used; looking with version %d: %v", p.newest.Version, problem)
	if p.newest.Version == 0 {
		p.problem = fmt.Sprintf("the settings cannot be used; looking with the box's own file: %v", problem)
	}
	b.log.Error("camera looks with older settings than it was given: save them again", "camera", name, "version", p.newest.Version, "err", problem)
	return nil
}

// check reads a kept or sent version.
func (b *Book) check(name string, data []byte) (wire.CameraZones, config.Camera, error) {
	z, err := wire.DecodeZones(data)
	if err != nil {
		return z, config.Camera{}, err
	}
	if z.Camera != name {
		return z, config.Camera{}, fmt.Errorf("these are the settings of camera %s", z.Camera)
	}
	c, err := b.Trial(name, z.Settings)
	return z, c, err
}

// Trial returns a camera as settings would make it, and changes nothing. The error
// joins every fault with its path.
func (b *Book) Trial(name string, settings json.RawMessage) (config.Camera, error) {
	own, known := b.file[name]
	if !known {
		return config.Camera{}, fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	c, faults := own.With(settings)
	if len(faults) > 0 {
		return config.Camera{}, fmt.Errorf("%w: %w", ErrFaults, errors.Join(faults...))
	}
	return c, nil
}

// Set brings a version into force: it is on disk when Set returns. The version that
// is in force already is fine and changes nothing.
func (b *Book) Set(z wire.CameraZones) error {
	b.setting.Lock()
	defer b.setting.Unlock()
	c, err := b.Trial(z.Camera, z.Settings)
	if err != nil {
		return err
	}
	switch now := b.State(z.Camera).Version; {
	case z.Version < now:
		return fmt.Errorf("%w: %d, and not %d", ErrOlder, now, z.Version)
	case z.Version == now && !b.same(z):
		return fmt.Errorf("%w: version %d says something else here", ErrOlder, now)
	case z.Version == now:
		return nil
	}
	if err := b.write(z); err != nil {
		return fmt.Errorf("keep the settings of camera %s: %w", z.Camera, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[z.Camera]
	p.camera, p.newest, p.problem = c, z, ""
	select {
	case p.changed <- struct{}{}:
	default: // a change is waiting to be noticed; it will find this one
	}
	return nil
}

func (b *Book) same(z wire.CameraZones) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	var was, is any
	if json.Unmarshal(b.pages[z.Camera].newest.Settings, &was) != nil || json.Unmarshal(z.Settings, &is) != nil {
		return false
	}
	return fmt.Sprint(was) == fmt.Sprint(is) // maps are printed in the order of their keys
}

// Camera returns a camera as it is in force.
func (b *Book) Camera(name string) config.Camera {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pages[name].camera
}

// Changed is told, at most once until it is read, when other settings of a camera
// have come into force.
func (b *Book) Changed(name string) <-chan struct{} { return b.pages[name].changed }

// State returns which version of a camera's settings is in force.
func (b *Book) State(name string) wire.ZonesState {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[name]
	return wire.ZonesState{Version: p.newest.Version, Problem: p.problem}
}

// Touch lets a camera begin anew with the settings in force, for what else its looking
// depends on has changed.
func (b *Book) Touch(camera string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[camera]
	if p == nil {
		return
	}
	select {
	case p.changed <- struct{}{}:
	default: // a change is waiting to be noticed
	}
}
