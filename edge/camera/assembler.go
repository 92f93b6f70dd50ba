package camera

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph264"
	"github.com/bluenviron/gortsplib/v4/pkg/format/rtph265"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// An assembler makes pictures of RTP packets: it joins the units of one picture,
// keeps the parameter sets among them, and notices what was lost.
//
// It parts pictures itself, where the library would wait for a marker bit that
// some cameras never send, and others send after their parameter sets.
type assembler struct {
	syntax      syntax
	depacketise func(*rtp.Packet) ([][]byte, error) // the units that end with this packet
	take        func(*flow.Packet)
	// gap is told that something is missing before the next picture: how many
	// packets, or 0 where one came that could not be read.
	gap func(packets uint64)

	sets   []set // in force, by kind and id
	stream *flow.Stream

	heard bool
	seq   uint16 // of the last packet
	open  bool   // a picture is in the making
	ts    uint32 // its RTP time
	units [][]byte
	size  int
	torn  bool // a part of it is missing

	timed   bool
	lastTS  uint32
	elapsed int64 // RTP time since the first picture, without wrapping
	rate    int64 // ticks a second
}

// A set is a parameter set.
type set struct {
	kind int
	id   uint32
	unit []byte
}

const (
	maxPicture = 8 << 20 // bytes; a key picture of a 4K camera has 1 to 3 MiB
	maxUnits   = 2048    // of one picture
	maxSet     = 16 << 10
	maxSets    = 64
)

// newAssembler returns the assembler for a format, or nil for one that we do not
// read.
func newAssembler(f format.Format) (*assembler, error) {
	switch f := f.(type) {
	case *format.H264:
		d, err := f.CreateDecoder()
		if err != nil {
			return nil, fmt.Errorf("H.264: %w", err)
		}
		sps, pps := f.SafeParams()
		return assemble(avc, d.Decode, f.ClockRate(), sps, pps), nil
	case *format.H265:
		d, err := f.CreateDecoder()
		if err != nil {
			return nil, fmt.Errorf("H.265: %w", err)
		}
		vps, sps, pps := f.SafeParams()
		return assemble(hevc, d.Decode, f.ClockRate(), vps, sps, pps), nil
	}
	return nil, nil
}

func assemble(s syntax, depacketise func(*rtp.Packet) ([][]byte, error), rate int, sets ...[]byte) *assembler {
	a := &assembler{
		syntax: s, depacketise: depacketise, rate: int64(rate),
		take: func(*flow.Packet) {}, gap: func(uint64) {},
	}
	for _, u := range sets {
		if len(u) >= 2 && s.role(u) >= firstSet {
			a.learn(u)
		}
	}
	a.describe()
	return a
}

// add takes the next RTP packet and hands on the picture that it completes.
func (a *assembler) add(pkt *rtp.Packet) {
	step := pkt.SequenceNumber - a.seq // wraps (RFC 3550 §5.1)
	if a.heard && step == 0 {
		return // said twice
	}
	broken := a.heard && step != 1
	a.heard, a.seq = true, pkt.SequenceNumber
	if broken {
		a.torn = true
		if step > 1<<15 { // not lost: the camera counts anew
			step = 1
		}
		a.gap(uint64(step - 1))
	}
	if a.open && pkt.Timestamp != a.ts {
		a.finish()
		a.torn = broken // its first packets may be among the lost
	}
	first := !a.open
	a.open, a.ts = true, pkt.Timestamp
	last := pkt.Marker
	pkt.Marker = true // the library is to give out what it has, packet by packet
	units, err := a.depacketise(pkt)
	switch {
	case err == nil:
		if first && len(units) > 0 && begins(a.syntax, units[0]) {
			a.torn = false
		}
		a.collect(units)
	case !errors.Is(err, rtph264.ErrMorePacketsNeeded) && !errors.Is(err, rtph265.ErrMorePacketsNeeded):
		a.torn = true
		a.gap(0)
	}
	if last {
		a.finish()
	}
}

// begins says whether a unit stands at the beginning of a picture, so that
// nothing of that picture is missing before it.
func begins(s syntax, unit []byte) bool {
	if len(unit) < 2 {
		return false
	}
	r := s.role(unit)
	return r == delimiter || r >= firstSet
}

// collect adds units to the picture in the making, within bounds.
func (a *assembler) collect(units [][]byte) {
	for _, u := range units {
		if len(u) < 2 { // a header alone says nothing
			continue
		}
		if a.size+len(startCode)+len(u) > maxPicture || len(a.units) == maxUnits {
			if !a.torn {
				a.torn = true
				a.gap(0)
			}
			return
		}
		a.size += len(startCode) + len(u)
		a.units = append(a.units, u)
	}
}

// finish hands on the picture in the making.
func (a *assembler) finish() {
	p := a.picture(a.units, a.size)
	if p != nil {
		p.Key = p.Key && !a.torn
		a.take(p)
	}
	clear(a.units) // the memory of RTP packets
	a.units, a.size, a.open, a.torn = a.units[:0], 0, false, false
}

// picture joins units, of size bytes with their start codes, in Annex B form. It
// returns nil where they show nothing: parameter sets are then kept for the next
// key picture.
func (a *assembler) picture(units [][]byte, size int) *flow.Packet {
	shows, key, changed := false, false, false
	var inBand [3]bool
	for _, u := range units {
		switch r := a.syntax.role(u); {
		case r == keySlice:
			shows, key = true, true
		case r == slice:
			shows = true
		case r >= firstSet:
			inBand[r-firstSet] = true
			changed = a.learn(u) || changed
		}
	}
	if changed {
		a.describe()
	}
	if !shows {
		return nil
	}
	p := &flow.Packet{Stream: a.stream, Key: key, PTS: a.mediaTime()}
	if key && slices.Contains(inBand[:a.syntax.kinds], false) {
		p.Data = a.withSets(units, size)
	} else {
		p.Data = annexB(make([]byte, 0, size), units)
	}
	return p
}

// withSets puts the parameter sets in front of a key picture that came without,
// behind its delimiter (ITU-T H.264 §7.4.1.2.3).
func (a *assembler) withSets(units [][]byte, size int) []byte {
	out := make([]byte, 0, size+len(a.stream.Extradata))
	if a.syntax.role(units[0]) == delimiter {
		out = annexB(out, units[:1])
		units = units[1:]
	}
	return annexB(append(out, a.stream.Extradata...), units)
}

// learn keeps a parameter set and says whether it is a new one.
func (a *assembler) learn(unit []byte) bool {
	kind := int(a.syntax.role(unit) - firstSet)
	for _, s := range a.sets {
		if s.kind == kind && bytes.Equal(s.unit, unit) {
			return false
		}
	}
	if len(unit) > maxSet {
		return false
	}
	s := set{kind: kind, id: a.syntax.id(kind, unit), unit: bytes.Clone(unit)}
	i, known := slices.BinarySearchFunc(a.sets, s, func(a, b set) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	})
	switch {
	case known:
		a.sets[i] = s
	case len(a.sets) == maxSets:
		return false
	default:
		a.sets = slices.Insert(a.sets, i, s)
	}
	return true
}

// sequence returns the sequence parameter set in force; nil while there is none.
func (a *assembler) sequence() []byte {
	for _, s := range a.sets {
		if s.kind == a.syntax.sequence {
			return s.unit
		}
	}
	return nil
}

// describe starts a new stream with the parameter sets in force.
func (a *assembler) describe() {
	s := &flow.Stream{Codec: a.syntax.codec}
	for _, set := range a.sets {
		s.Extradata = annexB(s.Extradata, [][]byte{set.unit})
	}
	if u := a.sequence(); u != nil {
		s.Width, s.Height = a.syntax.size(u)
	}
	a.stream = s
}

// startCode parts units in a byte stream (ITU-T H.264 §B.1).
var startCode = [4]byte{0, 0, 0, 1}

func annexB(out []byte, units [][]byte) []byte {
	for _, u := range units {
		out = append(out, startCode[:]...)
		out = append(out, u...)
	}
	return out
}
