package governance

import (
	"errors"
	"fmt"
	"time"
)

// A Code is what somebody else calls a class: a row of a list, of one edition and
// one city. A code without its edition and city means nothing, and a code is never
// a number: leading zeros count, and lengths differ between cities.
type Code struct {
	Class   string `yaml:"class"`
	Scheme  string `yaml:"scheme"`  // such as "urban-management"
	Edition string `yaml:"edition"` // such as "GB/T 30428.2-2013"
	// Locality is the city whose list it is; empty is the national list.
	Locality string `yaml:"locality"`
	// Kind tells apart lists that share their numbers: matter (事项) or part (部件).
	Kind string `yaml:"kind"`
	Code string `yaml:"code"`
	Name string `yaml:"name"`
	// Direction is in, out or both: what we understand, what we send.
	Direction string `yaml:"direction"`
	// ValidFrom and ValidTo are the first and the last day, in Asia/Shanghai; an
	// empty ValidTo has not ended.
	ValidFrom Day `yaml:"valid_from"`
	ValidTo   Day `yaml:"valid_to"`
}

// Directions of a code.
const (
	In   = "in"
	Out  = "out"
	Both = "both"
)

func (c Code) validOn(d Day) bool { return c.ValidFrom <= d && (c.ValidTo == "" || d <= c.ValidTo) }

// ErrNoCode says that no row of the mapping fits. Nothing is guessed then.
var ErrNoCode = errors.New("no code in the catalogue")

// Export returns what a list calls c on the day of at. Without a row of exactly
// that list it refuses with ErrNoCode: another city's code would be a wrong one.
func (c Class) Export(scheme, edition, locality string, at time.Time) (Code, error) {
	day := DayOf(at)
	for _, code := range c.Codes {
		if code.Scheme == scheme && code.Edition == edition && code.Locality == locality && code.Direction != In && code.validOn(day) {
			return code, nil
		}
	}
	return Code{}, fmt.Errorf("class %s: %w for %s, edition %q, locality %q, on %s", c.Key, ErrNoCode, scheme, edition, locality, day)
}

// Import returns the class that a list means by a code on the day of at, or
// ErrNoCode.
func (c *Catalogue) Import(list Code, at time.Time) (Class, error) {
	day := DayOf(at)
	for _, code := range c.codes {
		if code.Scheme == list.Scheme && code.Edition == list.Edition && code.Locality == list.Locality && code.Kind == list.Kind &&
			code.Code == list.Code && code.Direction != Out && code.validOn(day) {
			return c.classes[code.Class], nil
		}
	}
	return Class{}, fmt.Errorf("%s code %.40q: %w for edition %q, locality %q, on %s", list.Scheme, list.Code, ErrNoCode, list.Edition, list.Locality, day)
}
