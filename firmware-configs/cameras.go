// Package configs holds what people load onto devices and the box's machine. The
// program itself reads two folders of it: cameras and modbus. The others are checked
// by the tests here. README.md tells what each file is for.
package configs

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"eastgate/shared/strict"
)

//go:embed cameras/*.yml
var cameraFiles embed.FS

// A Camera is what is known of one vendor's cameras.
type Camera struct {
	Vendor string `yaml:"vendor"`
	// Also are other words by which devices name the vendor.
	Also []string `yaml:"also"`
	// Streams are the paths of the RTSP addresses, for where ONVIF does not tell them.
	Streams Paths `yaml:"streams"`
	// Recorder is the same for a recorder of the vendor; {channel} counts from 1.
	Recorder Paths `yaml:"recorder"`
	// Older are paths of earlier firmware, main and sub by turns.
	Older    []string  `yaml:"older"`
	Settings []Setting `yaml:"settings"`
	Notes    []string  `yaml:"notes"`
	// From says where this is known from, and whether it was tried on a device.
	From string `yaml:"from"`
}

// Paths are those of the two streams.
type Paths struct {
	Main string `yaml:"main"`
	Sub  string `yaml:"sub"`
}

// A Setting is one thing to set in the camera's own menu.
type Setting struct {
	// About is what it is for: codec, interval, smart, size, rate, sub, time, or login.
	About string `yaml:"about"`
	At    string `yaml:"at"`  // where in the menu, in its own words
	Set   string `yaml:"set"` // to what
}

// Where returns the vendor's own words for a setting; empty where they are not known.
func (c Camera) Where(about string) string {
	for _, s := range c.Settings {
		if s.About == about {
			return s.At + ": " + s.Set
		}
	}
	return ""
}

// Cameras returns all vendors, in the order of their names.
func Cameras() ([]Camera, error) {
	files, err := cameraFiles.ReadDir("cameras")
	if err != nil {
		return nil, err
	}
	var out []Camera
	var faults []error
	for _, f := range files {
		name := path.Join("cameras", f.Name())
		data, err := cameraFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var c Camera
		bad := strict.Decode(data, &c)
		if len(bad) == 0 {
			bad = c.Validate()
		}
		faults = append(faults, strict.At(name, bad...)...)
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Camera) int { return strings.Compare(a.Vendor, b.Vendor) })
	return out, errors.Join(faults...)
}

// abouts are what a setting may be for.
var abouts = []string{"codec", "interval", "smart", "size", "rate", "sub", "time", "login"}

// Validate returns every fault of c with its field.
func (c Camera) Validate() []error {
	var faults []error
	bad := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if c.Vendor == "" || c.From == "" {
		bad("vendor and from are needed")
	}
	for _, p := range append(slices.Clone(c.Older), c.Streams.Main, c.Streams.Sub, c.Recorder.Main, c.Recorder.Sub) {
		if p != "" && !strings.HasPrefix(p, "/") {
			bad("streams: %q does not begin with /", p)
		}
	}
	if c.Streams.Main == "" || c.Streams.Main == c.Streams.Sub {
		bad("streams: main and sub are needed, and not the same")
	}
	for i, s := range c.Settings {
		if !slices.Contains(abouts, s.About) || s.At == "" || s.Set == "" {
			bad("settings[%d]: about is one of %s; at and set are needed", i, strings.Join(abouts, ", "))
		}
	}
	return faults
}

// Vendor finds the camera profile of a manufacturer as a device names it; ok is false
// for one that is not known.
func Vendor(all []Camera, manufacturer string) (c Camera, ok bool) {
	said := strings.ToLower(manufacturer)
	for _, c := range all {
		for _, word := range append([]string{c.Vendor}, c.Also...) {
			if said != "" && strings.Contains(said, strings.ToLower(word)) {
				return c, true
			}
		}
	}
	return Camera{}, false
}
