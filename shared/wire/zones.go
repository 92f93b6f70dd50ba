package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eastgate/shared/event"
)

// A CameraZones is what the cloud sets over one camera's section of the box's file:
// the arguments of the command "zones".
type CameraZones struct {
	Camera string `json:"camera"`
	// Version counts from 1 for each camera; a box refuses one that is older than
	// what it has.
	Version int64     `json:"version"`
	By      string    `json:"by"`  // account of who set it
	Why     string    `json:"why"` // in that person's words
	At      time.Time `json:"at"`
	// Settings are zones, masks, privacy and detect in the words of the box's own
	// file: {"zones": {"lane": {"kind": "fire_lane", "dwell": "3m", "points": [[0,0], …]}}, …}.
	// The box checks them as it checks its file.
	Settings json.RawMessage `json:"settings"`
}

// MaxSettings bounds the settings of one camera, in bytes.
const MaxSettings = 16 << 10

// A ZonesState is which version a box looks with, as its health tells.
type ZonesState struct {
	// Version is 0 while the box's own file stands alone.
	Version int64 `json:"version"`
	// Problem says why that is not the newest version which the box was given.
	Problem string `json:"problem,omitempty"`
}

// DecodeZones reads the arguments of a command. What the settings say is for the
// box's configuration to check.
func DecodeZones(args json.RawMessage) (CameraZones, error) {
	var z CameraZones
	if err := json.Unmarshal(args, &z); err != nil {
		return CameraZones{}, fmt.Errorf("zones: %w", err)
	}
	switch {
	case !event.ValidName(z.Camera):
		return CameraZones{}, fmt.Errorf("zones: camera %.60q is not a name of %s", z.Camera, event.NameRule)
	case z.Version < 1:
		return CameraZones{}, fmt.Errorf("zones: version %d, they count from 1", z.Version)
	case len(z.Settings) == 0:
		return CameraZones{}, errors.New("zones: settings are needed")
	case len(z.Settings) > MaxSettings:
		return CameraZones{}, fmt.Errorf("zones: settings of %d bytes, at most %d are allowed", len(z.Settings), MaxSettings)
	}
	return z, nil
}
