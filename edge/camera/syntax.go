package camera

import (
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// A role is what a unit is to us.
type role int

const (
	other     role = iota // messages, fillers, ends
	delimiter             // stands before all else in a picture
	slice                 // a part of a picture
	keySlice              // a part of a picture that can be decoded by itself
	firstSet              // firstSet+k is a parameter set of kind k
)

// A syntax is what must be known of a codec's units. A unit has at least two
// bytes; whatever else is in it comes from outside.
type syntax struct {
	codec string // FFmpeg's name
	kinds int    // of parameter sets, in the order in which a decoder wants them
	role  func(unit []byte) role
	// id is a parameter set's own number.
	id func(kind int, unit []byte) uint32
	// sequence is the kind that size, profile and rate are read from.
	sequence int
	size     func(set []byte) (w, h int)
}

// ITU-T H.264 table 7-1.
var avc = syntax{
	codec: "h264", kinds: 2, sequence: 0,
	role: func(u []byte) role {
		switch t := h264.NALUType(u[0] & 0x1F); t {
		case h264.NALUTypeIDR:
			return keySlice
		case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA, h264.NALUTypeDataPartitionB, h264.NALUTypeDataPartitionC:
			return slice
		case h264.NALUTypeSPS:
			return firstSet
		case h264.NALUTypePPS:
			return firstSet + 1
		case h264.NALUTypeAccessUnitDelimiter:
			return delimiter
		}
		return other
	},
	id: func(kind int, u []byte) uint32 {
		if kind == 0 {
			return parseAVC(u).ID
		}
		return golomb(u[1:])
	},
	size: func(set []byte) (int, int) {
		s := parseAVC(set)
		return plausible(s.Width(), s.Height())
	},
}

// ITU-T H.265 table 7-1.
var hevc = syntax{
	codec: "hevc", kinds: 3, sequence: 1,
	role: func(u []byte) role {
		switch t := h265.NALUType((u[0] >> 1) & 0x3F); {
		case t >= 16 && t <= 23: // intra random access points
			return keySlice
		case t < 32:
			return slice
		case t == h265.NALUType_VPS_NUT:
			return firstSet
		case t == h265.NALUType_SPS_NUT:
			return firstSet + 1
		case t == h265.NALUType_PPS_NUT:
			return firstSet + 2
		case t == h265.NALUType_AUD_NUT:
			return delimiter
		}
		return other
	},
	id: func(kind int, u []byte) uint32 {
		switch {
		case kind == 1:
			return uint32(parseHEVC(u).ID)
		case len(u) < 3:
			return 0
		case kind == 0:
			return uint32(u[2] >> 4)
		}
		return golomb(u[2:])
	},
	size: func(set []byte) (int, int) {
		s := parseHEVC(set)
		return plausible(s.Width(), s.Height())
	},
}

// parseAVC and parseHEVC read as much of a sequence parameter set as can be read:
// its end holds what only a few decoders understand.
func parseAVC(set []byte) h264.SPS {
	var s h264.SPS
	s.Unmarshal(set) //nolint:errcheck // what could not be read is zero
	return s
}

func parseHEVC(set []byte) h265.SPS {
	var s h265.SPS
	if s.Unmarshal(set) != nil && s.ChromaFormatIdc > 3 {
		s.ChromaFormatIdc = 0 // the library takes it as an index
	}
	return s
}

// golomb reads ue(v) (ITU-T H.264 §9.1); 0 where it cannot be read.
func golomb(b []byte) uint32 {
	pos := 0
	n, err := bits.ReadGolombUnsigned(b, &pos)
	if err != nil {
		return 0
	}
	return n
}

// The sizes that cameras have. The larger one is the bound of ITU-T H.265 §A.4.1
// for level 6.2; a set that could not be read to its size says 16 or less.
const (
	minSide = 32
	maxSide = 16888
)

// plausible turns a size that no camera has into "not known".
func plausible(w, h int) (int, int) {
	if w < minSide || h < minSide || w > maxSide || h > maxSide {
		return 0, 0
	}
	return w, h
}
