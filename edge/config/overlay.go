package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"eastgate/edge/zone"
	"eastgate/shared/strict"
)

// Settings are what the cloud may set over a camera's section: what is drawn in its
// picture, and how its detectors are tuned.
type Settings struct {
	Zones   map[string]zone.Zone `yaml:"zones"`
	Masks   []zone.Polygon       `yaml:"masks"`
	Privacy []zone.Polygon       `yaml:"privacy"`
	Detect  Detect               `yaml:"detect"`
}

// maxAreas bounds what is drawn in one picture, of each sort.
const maxAreas = 32

// Settings returns those of c.
func (c Camera) Settings() Settings { return Settings{c.Zones, c.Masks, c.Privacy, c.Detect} }

// JSON returns s as With reads it.
func (s Settings) JSON() (json.RawMessage, error) { return strict.JSON(s) }

// With returns c with settings over it, or every fault of them with its path. They
// replace zones and masks as a whole and what they name of detect. Privacy areas of
// c stay, whatever the settings say: whoever put the box up has promised them.
func (c Camera) With(settings []byte) (Camera, []error) {
	s := Settings{Detect: c.Detect}
	faults := strict.Decode(settings, &s)
	if strict.Unreadable(faults) {
		return c, faults
	}
	out := c
	out.Zones, out.Masks, out.Detect = s.Zones, s.Masks, s.Detect
	out.Privacy = slices.Clone(c.Privacy)
	for _, p := range s.Privacy {
		if !slices.ContainsFunc(c.Privacy, func(q zone.Polygon) bool { return reflect.DeepEqual(p, q) }) {
			out.Privacy = append(out.Privacy, p)
		}
	}
	faults = append(faults, s.bounds()...)
	faults = append(faults, s.crossings()...)
	// Faults of privacy are told by their place in the settings, not in what they become.
	checked := out
	checked.Privacy = s.Privacy
	return out, append(faults, checked.validateAreas()...)
}

func (s Settings) bounds() []error {
	var faults []error
	for _, n := range []struct {
		name  string
		count int
	}{{"zones", len(s.Zones)}, {"masks", len(s.Masks)}, {"privacy", len(s.Privacy)}} {
		if n.count > maxAreas {
			faults = append(faults, fmt.Errorf("%s: %d areas, at most %d are allowed", n.name, n.count, maxAreas))
		}
	}
	return faults
}

// crossings are faults that a file may have, for there the even-odd rule holds; what
// is drawn by hand and crosses itself is a slip.
func (s Settings) crossings() []error {
	var faults []error
	check := func(path string, p zone.Polygon) {
		if a, b, ok := p.Crossing(); ok {
			faults = append(faults, fmt.Errorf("%s: the side from point %d crosses the one from point %d", path, a+1, b+1))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Zones)) {
		check("zones."+name+".points", s.Zones[name].Points)
	}
	for i, p := range s.Masks {
		check(fmt.Sprintf("masks[%d]", i), p)
	}
	for i, p := range s.Privacy {
		check(fmt.Sprintf("privacy[%d]", i), p)
	}
	return faults
}
