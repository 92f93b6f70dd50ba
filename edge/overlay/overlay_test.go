package overlay

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"eastgate/edge/config"
	"eastgate/edge/zone"
	"eastgate/shared/wire"
)

var window = zone.Polygon{{0, 0}, {0.2, 0}, {0.2, 0.1}}

func cameras() map[string]config.Camera {
	return map[string]config.Camera{
		"yard": {Name: "Yard", Detect: config.Everything(), Privacy: []zone.Polygon{window}, Zones: map[string]zone.Zone{
			"lane": {Use: zone.FireLane, Points: zone.Polygon{{0, 0.5}, {1, 0.5}, {1, 1}}},
		}},
		"gate": {Detect: config.Everything()},
	}
}

func open(t *testing.T, dir string) *Book {
	t.Helper()
	b, err := Open(dir, cameras(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const lot = `{"zones": {"lot": {"kind": "no_parking", "dwell": "3m", "schedule": "07:00-19:00", "min_score": 0.4, "points": [[0,0],[1,0],[1,1]]}},
	"masks": [[[0.5,0.5],[0.6,0.5],[0.6,0.6]]], "detect": {"motion": {"enabled": false}, "fire": {"min_area": 0.01}}}`

func version(n int64, settings string) wire.CameraZones {
	return wire.CameraZones{Camera: "yard", Version: n, By: "lead", Why: "cars", Settings: json.RawMessage(settings)}
}

func TestSetComesIntoForceAndStays(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	if err := b.Set(version(1, lot)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-b.Changed("yard"):
	default:
		t.Error("nobody was told")
	}
	select {
	case <-b.Changed("gate"):
		t.Error("another camera was told")
	default:
	}
	for range 2 { // and the same after a start
		c := b.Camera("yard")
		if len(c.Zones) != 1 || c.Zones["lot"].MinScore != 0.4 || c.Detect.Motion.Enabled || c.Detect.Fire.MinArea != 0.01 || !c.Detect.Tamper.Enabled || len(c.Masks) != 1 || c.Name != "Yard" {
			t.Errorf("%+v", c)
		}
		if len(c.Privacy) != 1 {
			t.Errorf("the box's own privacy area is gone: %v", c.Privacy)
		}
		if s := b.State("yard"); s != (wire.ZonesState{Version: 1}) {
			t.Errorf("%+v", s)
		}
		b = open(t, dir)
	}
	if len(b.Camera("gate").Zones) != 0 || b.State("gate").Version != 0 {
		t.Error("another camera was changed")
	}
}

func TestOlderAndFaultyAreRefused(t *testing.T) {
	b := open(t, t.TempDir())
	for _, z := range []wire.CameraZones{version(3, lot), version(3, strings.ReplaceAll(lot, "\n", " "))} { // the same again is fine
		if err := b.Set(z); err != nil {
			t.Fatal(err)
		}
	}
	for want, z := range map[error]wire.CameraZones{
		ErrOlder:   version(2, lot),
		ErrUnknown: {Camera: "attic", Version: 9, Settings: json.RawMessage(lot)},
	} {
		if err := b.Set(z); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", z, err, want)
		}
	}
	if err := b.Set(version(3, `{}`)); !errors.Is(err, ErrOlder) {
		t.Errorf("version 3 with other words: %v", err)
	}
	err := b.Set(version(4, `{"zones": {"a b": {"kind": "lot", "dwell": "40h", "min_score": 2, "points": [[0,0],[1,1],[1,0],[0,1.5]]}}, "masks": [[[0,0]]],
		"privacy": [[[0,0],[1,1],[1,0],[0,1]]], "detect": {"fire": {"min_area": 7}}, "url": "x"}`))
	if !errors.Is(err, ErrFaults) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"zones.a b: no name", "zones.a b.kind", "zones.a b.points: [3]", "zones.a b.points: the side from point 1 crosses the one from point 3",
		"zones.a b.dwell", "zones.a b.min_score", "masks[0]: 1 points", "privacy[0]: the side", "detect.fire.min_area", "url: line",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no fault says %q:\n%v", want, err)
		}
	}
	if b.State("yard").Version != 3 || len(b.Camera("yard").Zones) != 1 {
		t.Error("what was refused came into force")
	}
}

func TestSpoiltSettingsGiveWayToTheLastGood(t *testing.T) {
	dir := t.TempDir()
	b := open(t, dir)
	for n := range int64(2) {
		if err := b.Set(version(n+1, strings.Replace(lot, "3m", map[int64]string{0: "1m", 1: "2m"}[n], 1))); err != nil {
			t.Fatal(err)
		}
	}
	spoil := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"camera": "yard", "version": 2, "settings": {"zones": [`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "yard.json")); err != nil { // it shares its bytes with nothing
		t.Fatal(err)
	}
	spoil("yard.json")
	b = open(t, dir)
	if s := b.State("yard"); s.Version != 1 || !strings.Contains(s.Problem, "looking with version 1") {
		t.Errorf("%+v", s)
	}
	if got := b.Camera("yard").Zones["lot"].Dwell.String(); got != "1m0s" {
		t.Errorf("dwell %s", got)
	}
	if err := b.Set(version(2, lot)); err != nil { // saved again
		t.Fatal(err)
	}
	if s := b.State("yard"); s != (wire.ZonesState{Version: 2}) {
		t.Errorf("%+v", s)
	}
	spoil("yard.json")
	spoil("yard.json.before")
	b = open(t, dir)
	if s := b.State("yard"); s.Version != 0 || !strings.Contains(s.Problem, "own file") {
		t.Errorf("%+v", s)
	}
	if _, ok := b.Camera("yard").Zones["lane"]; !ok {
		t.Error("the box's own file does not stand")
	}
}

// What a camera's settings are can be sent, and read again without a change.
func TestSettingsAsJSON(t *testing.T) {
	c := cameras()["yard"]
	said, err := c.Settings().JSON()
	if err != nil {
		t.Fatal(err)
	}
	again, faults := c.With(said)
	if len(faults) > 0 || len(again.Privacy) != 1 || !reflect.DeepEqual(again.Detect, c.Detect) || again.Zones["lane"].Use != zone.FireLane {
		t.Errorf("%s\n%v %+v", said, faults, again)
	}
}
