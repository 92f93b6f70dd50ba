package incident

import "eastgate/shared/event"

// A Place is where something is: for a camera or sensor, where it hangs.
type Place struct {
	Path   string // codes from the community down, as dongguan/c3/b07
	Name   string // what people call it
	Unit   string // who looks after it, if that is known
	Sensor bool   // the device is no camera
}

// Places knows where devices hang.
type Places interface {
	// At returns where a machine is.
	At(s event.Source) Place
	// Known returns a place by its path.
	Known(path string) (Place, bool)
}

// Unlisted is the path above all that is in no list of places.
const Unlisted = "unlisted"

// nowhere is Places for a community that has listed none.
type nowhere struct{}

func (nowhere) At(s event.Source) Place { return Place{Path: Unlisted + string(s)} }

func (nowhere) Known(path string) (Place, bool) { return Place{Path: path}, path != "" }
