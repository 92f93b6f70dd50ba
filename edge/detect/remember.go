package detect

// A Memory keeps what a detector knows over restarts of the program. Save does not wait
// for a disk; Load returns what was saved last, or nil.
type Memory interface {
	Load() []byte
	Save(state []byte)
}

// A Rememberer is a Detector that knows things worth keeping over a restart.
type Rememberer interface {
	// Remember is called once, before the first picture.
	Remember(m Memory)
}
