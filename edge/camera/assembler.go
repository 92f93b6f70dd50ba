package camera

import (
	"bytes"
	"fmt"

	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// An assembler makes packets of RTP packets: it joins the units of one picture
// and watches the parameter sets among them.
type assembler struct {
	depacketise func(*rtp.Packet) ([][]byte, error)
	syntax      syntax
	sets        [][]byte // parameter sets in force, in the order of syntax.sets
	stream      *flow.Stream
}

// A syntax is what must be known of a codec's units.
type syntax struct {
	codec string // FFmpeg's name
	// set says which parameter set a unit is, or -1.
	set func(unit []byte) int
	// key says whether a picture can be decoded by itself.
	key func(units [][]byte) bool
	// size reads width and height from the sequence parameter set.
	size func(sets [][]byte) (w, h int)
}

var (
	avc = syntax{
		codec: "h264",
		set: func(u []byte) int { // ITU-T H.264 table 7-1
			switch h264.NALUType(u[0] & 0x1F) {
			case h264.NALUTypeSPS:
				return 0
			case h264.NALUTypePPS:
				return 1
			}
			return -1
		},
		key: h264.IsRandomAccess,
		size: func(sets [][]byte) (int, int) {
			var sps h264.SPS
			if len(sets[0]) == 0 || sps.Unmarshal(sets[0]) != nil {
				return 0, 0
			}
			return sps.Width(), sps.Height()
		},
	}
	hevc = syntax{
		codec: "hevc",
		set: func(u []byte) int { // ITU-T H.265 table 7-1
			switch h265.NALUType((u[0] >> 1) & 0x3F) {
			case h265.NALUType_VPS_NUT:
				return 0
			case h265.NALUType_SPS_NUT:
				return 1
			case h265.NALUType_PPS_NUT:
				return 2
			}
			return -1
		},
		key: h265.IsRandomAccess,
		size: func(sets [][]byte) (int, int) {
			var sps h265.SPS
			if len(sets[1]) == 0 || sps.Unmarshal(sets[1]) != nil {
				return 0, 0
			}
			return sps.Width(), sps.Height()
		},
	}
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
		return assemble(avc, d.Decode, sps, pps), nil
	case *format.H265:
		d, err := f.CreateDecoder()
		if err != nil {
			return nil, fmt.Errorf("H.265: %w", err)
		}
		vps, sps, pps := f.SafeParams()
		return assemble(hevc, d.Decode, vps, sps, pps), nil
	}
	return nil, nil
}

func assemble(s syntax, depacketise func(*rtp.Packet) ([][]byte, error), sets ...[]byte) *assembler {
	a := &assembler{syntax: s, depacketise: depacketise, sets: sets}
	a.describe()
	return a
}

// add takes one RTP packet and returns a picture when it completes one.
func (a *assembler) add(pkt *rtp.Packet) *flow.Packet {
	units, err := a.depacketise(pkt)
	if err != nil { // more to come, or what was lost is already counted
		return nil
	}
	return a.picture(units)
}

// picture joins the units of one picture in Annex B form.
func (a *assembler) picture(units [][]byte) *flow.Packet {
	size, changed := 0, false
	whole := units[:0:0]
	for _, u := range units {
		if len(u) < 2 { // a header alone says nothing
			continue
		}
		if i := a.syntax.set(u); i >= 0 && !bytes.Equal(a.sets[i], u) {
			a.sets[i], changed = bytes.Clone(u), true
		}
		size += len(startCode) + len(u)
		whole = append(whole, u)
	}
	if size == 0 {
		return nil
	}
	if changed {
		a.describe()
	}
	return &flow.Packet{Stream: a.stream, Key: a.syntax.key(whole), Data: annexB(whole, size)}
}

// describe starts a new stream with the parameter sets in force.
func (a *assembler) describe() {
	w, h := a.syntax.size(a.sets)
	size := 0
	var known [][]byte
	for _, s := range a.sets {
		if len(s) > 0 {
			known = append(known, s)
			size += len(startCode) + len(s)
		}
	}
	a.stream = &flow.Stream{Codec: a.syntax.codec, Extradata: annexB(known, size), Width: w, Height: h}
}

// startCode parts units in a byte stream (ITU-T H.264 §B.1).
var startCode = [4]byte{0, 0, 0, 1}

func annexB(units [][]byte, size int) []byte {
	out := make([]byte, 0, size)
	for _, u := range units {
		out = append(out, startCode[:]...)
		out = append(out, u...)
	}
	return out
}
