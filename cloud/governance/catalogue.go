package governance

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"eastgate/shared/event"
	"eastgate/shared/strict"
)

// A Catalogue is all domains and classes. It does not change once it is loaded.
type Catalogue struct {
	version string
	domains map[string]Domain
	classes map[string]Class
	levels  map[event.Level]map[Step]Limit
	codes   []Code
	inOrder []Class
	fields  []Domain // in order
}

// file is how a catalogue is written. Keys that come again in a second file
// override the first.
type file struct {
	Version string                    `yaml:"version"`
	Domains map[string]Domain         `yaml:"domains"`
	Levels  map[string]map[Step]Limit `yaml:"levels"`
	Classes map[string]Class          `yaml:"classes"`
	Codes   []Code                    `yaml:"codes"`
}

//go:embed catalogue.yml
var embedded []byte

// Default returns the catalogue that comes with the program.
func Default() *Catalogue {
	c, err := Load(nil)
	if err != nil {
		panic(err) // a test loads it
	}
	return c
}

// Load reads a catalogue that overrides and extends the embedded one: what it does
// not name stays, a class's single keys and limits too. A nil r is an empty file.
// The error joins every fault, each with its path.
func Load(r io.Reader) (*Catalogue, error) {
	var f file
	if faults := strict.Decode(embedded, &f); len(faults) > 0 {
		return nil, errors.Join(strict.At("embedded catalogue", faults...)...)
	}
	var faults []error
	if r != nil {
		own, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		if len(own) > maxFile {
			return nil, fmt.Errorf("catalogue is larger than %d bytes", maxFile)
		}
		base := f.Codes
		f.Codes = nil
		faults = strict.Decode(own, &f)
		if strict.Unreadable(faults) {
			return nil, errors.Join(faults...)
		}
		f.Codes = overlay(base, f.Codes)
	}
	c := build(f)
	if faults = append(faults, f.check()...); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return c, nil
}

// maxFile bounds what is read as a catalogue.
const maxFile = 4 << 20

// Parse is Load of a text.
func Parse(text []byte) (*Catalogue, error) { return Load(bytes.NewReader(text)) }

func build(f file) *Catalogue {
	c := &Catalogue{
		version: f.Version, domains: map[string]Domain{}, classes: map[string]Class{},
		levels: map[event.Level]map[Step]Limit{}, codes: f.Codes,
	}
	for _, l := range event.Levels {
		c.levels[l] = withoutNone(f.Levels[levelName(l)])
	}
	for key, d := range f.Domains {
		d.Key = key
		c.domains[key] = d
	}
	for key, class := range f.Classes {
		class.Key = key
		class.Profile = cmp.Or(class.Profile, Incidents)
		limits := maps.Clone(c.levels[class.Level])
		if limits == nil {
			limits = map[Step]Limit{}
		}
		maps.Copy(limits, class.Limits)
		class.Limits = withoutNone(limits)
		class.Codes = nil
		for _, code := range f.Codes {
			if code.Class == key {
				class.Codes = append(class.Codes, code)
			}
		}
		c.classes[key] = class
	}
	c.order()
	return c
}

func withoutNone(limits map[Step]Limit) map[Step]Limit {
	out := map[Step]Limit{}
	for s, l := range limits {
		if !l.None() {
			out[s] = l
		}
	}
	return out
}

func levelName(l event.Level) string { return string('0' + rune(l)) }

// order sorts domains by number, extensions last, and classes by domain and key.
func (c *Catalogue) order() {
	c.fields = slices.SortedFunc(maps.Values(c.domains), func(a, b Domain) int {
		if a.Extension() != b.Extension() {
			return cmp.Compare(b.Number, a.Number)
		}
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Key, b.Key))
	})
	place := map[string]int{}
	for i, d := range c.fields {
		place[d.Key] = i
	}
	c.inOrder = slices.SortedFunc(maps.Values(c.classes), func(a, b Class) int {
		return cmp.Or(cmp.Compare(place[a.Domain], place[b.Domain]), cmp.Compare(a.Key, b.Key))
	})
}

// Version names this state of the catalogue, as its file says it.
func (c *Catalogue) Version() string { return c.version }

// Class returns a class by its key.
func (c *Catalogue) Class(key string) (Class, bool) {
	class, ok := c.classes[key]
	return class, ok
}

// Classes are all classes in the order of their domains. Do not change them.
func (c *Catalogue) Classes() []Class { return c.inOrder }

// Domain returns a domain by its key.
func (c *Catalogue) Domain(key string) (Domain, bool) {
	d, ok := c.domains[key]
	return d, ok
}

// Domains are the numbered domains in their order, then the extensions. Do not
// change them.
func (c *Catalogue) Domains() []Domain { return c.fields }

// Limits are the deadlines of a class that was assessed at a level. The class's own
// limits are for its default level; at another level that level's hold.
func (c *Catalogue) Limits(class string, level event.Level) map[Step]Limit {
	if known, ok := c.classes[class]; ok && known.Level == level {
		return known.Limits
	}
	return c.levels[level]
}
