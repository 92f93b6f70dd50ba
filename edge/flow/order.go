package flow

import "eastgate/shared/event"

// An Urgency says how much it matters that a camera is looked at closely now. A
// higher one goes first.
type Urgency int

// The urgencies. Nobody asks for a closer look at what is Calm.
const (
	Calm     Urgency = iota
	Moving           // something moves, or the picture has changed
	Standing         // something may have stopped where it must not stand
	Burning          // there may be a fire
)

// UrgencyOf is how much an event of a kind matters; Calm where no closer look tells it.
func UrgencyOf(k event.Kind) Urgency {
	switch k {
	case event.FireVisual:
		return Burning
	case event.FireLaneBlocked, event.ParkingMotor, event.Tamper:
		return Standing
	case event.Motion:
		return Moving
	}
	return Calm
}

// String names the urgency, as metrics do.
func (u Urgency) String() string {
	return [...]string{"calm", "moving", "standing", "burning"}[min(max(u, Calm), Burning)]
}

// An Order is a coded picture that is worth decoding, and how.
type Order struct {
	*Packet
	// Alone says that the picture is decoded by itself: the next order is a key
	// picture. Only key pictures are alone.
	Alone bool
	// Shown says that the picture, and all before it, were seen before. It is needed by those that
	// follow and makes no frame again.
	Shown bool
	// Back says that the frame made last was kept back from all who follow the time: it
	// goes on from this picture, which is older.
	Back bool
	// Anew says that pictures before this one were left out though it refers to them, because
	// no key picture comes: the decoder begins without, and gives frames once they are whole.
	Anew bool
	// Lone says that only the movement is wanted that a picture tells without those to which it
	// refers: the order makes no frame.
	Lone bool
}
