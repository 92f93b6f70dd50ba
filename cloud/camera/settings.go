package camera

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eastgate/shared/wire"
)

// A Version is what somebody set over a camera's section of its box's file.
type Version struct {
	Version  int64           `json:"version"`
	Settings json.RawMessage `json:"settings,omitempty"`
	Who      string          `json:"who"`
	Why      string          `json:"why"`
	At       time.Time       `json:"at"`
	// State is how far it is: Unsent, Waiting for the box, or what the box said.
	State   string `json:"state"`
	Problem string `json:"problem,omitempty"`

	Command string `json:"-"` // that takes it to the box; empty until it is sent
}

// Unsent is the state of a version that the cloud kept and could not send.
const Unsent = "unsent"

// Settings are all that is known of what a camera looks with.
type Settings struct {
	Name
	// Version is the newest one that somebody saved, 0 where nobody has; State says
	// whether the box has it.
	Version int64 `json:"version"`
	// Versions are the newest ones, the newest first; only the first has its settings.
	Versions []Version `json:"versions"`
	// InForce is what the box looks with now, by its health.
	InForce *wire.ZonesState `json:"in_force,omitempty"`
	// Still is the newest picture that was asked for, with what the box then looked with.
	Still *Still `json:"still,omitempty"`
}

// A Still is a picture of a camera that somebody asked for.
type Still struct {
	SHA256 string    `json:"sha256"`
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	Width  int       `json:"width"`
	Height int       `json:"height"`
	// Told is what the box looked with: {"version", "problem", "settings", "file"}.
	Told json.RawMessage `json:"told"`
}

// How long what goes to a box may take. Settings wait for a box that is away; who
// asks for a picture waits himself.
const (
	saveTTL    = 24 * time.Hour
	askTTL     = 45 * time.Second
	keptStills = 20
	shown      = 20 // versions
)

// Settings returns those of a camera.
func (c *Cameras) Settings(ctx context.Context, now State) (Settings, error) {
	n := now.Name
	versions, err := c.store.CameraSettings(ctx, n, shown)
	if err != nil {
		return Settings{}, err
	}
	out := Settings{Name: n, Versions: []Version{}, InForce: now.InForce}
	for i, v := range versions {
		if v, err = c.follow(ctx, n, v); err != nil {
			return Settings{}, err
		}
		if i == 0 {
			out.Version = v.Version
		} else {
			v.Settings = nil
		}
		out.Versions = append(out.Versions, v)
	}
	stills, err := c.store.Stills(ctx, n)
	if err == nil && len(stills) > 0 {
		out.Still = &stills[0]
	}
	return out, err
}

// follow asks how far a version has come that a box has not answered for, and keeps
// the answer: commands are forgotten sooner than versions.
func (c *Cameras) follow(ctx context.Context, n Name, v Version) (Version, error) {
	if v.State != Waiting && v.State != Expired {
		return v, nil
	}
	a, err := c.line.Answer(ctx, v.Command)
	if err != nil || a.State == v.State {
		return v, err
	}
	v.State, v.Problem = a.State, a.Problem
	return v, c.store.CameraSettingsAre(ctx, n, v)
}

// Save keeps a version after the one that it is about, and sends it. It returns once
// the version is kept: whether the box takes it, Settings tells.
func (c *Cameras) Save(ctx context.Context, n Name, was int64, v Version) (Version, error) {
	if v.Why = strings.TrimSpace(v.Why); v.Why == "" {
		return Version{}, ErrReason
	}
	newest, err := c.store.CameraSettings(ctx, n, 1)
	if err != nil {
		return Version{}, err
	}
	if len(newest) > 0 && newest[0].Version != was || len(newest) == 0 && was != 0 {
		return Version{}, ErrConflict
	}
	v.Version, v.At = was+1, c.now().UTC().Truncate(time.Millisecond)
	if err := c.store.AddCameraSettings(ctx, n, v); err != nil {
		return Version{}, err
	}
	v.State = Unsent
	args := wire.CameraZones{Camera: n.Camera, Version: v.Version, By: v.Who, Why: v.Why, At: v.At, Settings: v.Settings}
	if v.Command, err = c.line.Send(ctx, v.Who, n, "zones", args, saveTTL); err != nil {
		v.Problem = err.Error() // kept, and shown as not sent: saving again sends it
		return v, nil
	}
	v.State = Waiting
	return v, c.store.CameraSettingsAre(ctx, n, v)
}

// A Preview is what a box answered.
type Preview struct {
	Still
	// Trial is what its detectors saw with the settings that were tried.
	Trial json.RawMessage `json:"trial,omitempty"`
}

// Try asks a camera's box for a still and, with settings, for what its detectors
// would see with them. Nothing comes into force.
func (c *Cameras) Try(ctx context.Context, by string, n Name, settings json.RawMessage) (Preview, error) {
	args := struct {
		Camera   string          `json:"camera"`
		Settings json.RawMessage `json:"settings,omitempty"`
	}{n.Camera, settings}
	a, err := c.ask(ctx, by, n, "preview", args, askTTL)
	if err != nil {
		return Preview{}, err
	}
	var said struct {
		At      time.Time `json:"at"`
		Picture struct {
			SHA256 string `json:"sha256"`
		} `json:"picture"`
		Width   int             `json:"width"`
		Height  int             `json:"height"`
		InForce json.RawMessage `json:"in_force"`
		Trial   json.RawMessage `json:"trial"`
	}
	if err := json.Unmarshal(a.Data, &said); err != nil {
		return Preview{}, fmt.Errorf("%w: its answer cannot be read: %w", ErrRefused, err)
	}
	s := Still{said.Picture.SHA256, said.At, by, said.Width, said.Height, said.InForce}
	return Preview{s, said.Trial}, c.store.AddStill(ctx, n, s, keptStills)
}

// Shown reports whether a file is a still of a camera.
func (c *Cameras) Shown(ctx context.Context, n Name, sha256 string) (bool, error) {
	stills, err := c.store.Stills(ctx, n)
	for _, s := range stills {
		if s.SHA256 == sha256 {
			return true, err
		}
	}
	return false, err
}
