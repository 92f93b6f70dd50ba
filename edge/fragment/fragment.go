// Package fragment knows how coded pictures lie in an MP4 (ISO/IEC 14496-12 and -15),
// for clips that are kept and for pictures that somebody watches.
package fragment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4"

	"eastgate/edge/flow"
)

// Timescale is how many ticks an MP4 counts in a second.
const Timescale = 90000

// Ticks is a time in them.
func Ticks(d time.Duration) int64 { return int64(d) * 9 / 100000 }

// LengthPrefixed returns units in Annex B form as an MP4 holds them: each after its
// length in four bytes (ISO/IEC 14496-15 §5.3.4).
func LengthPrefixed(streams ...[]byte) []byte {
	size := 0
	for _, s := range streams {
		size += len(s) + 16
	}
	out := make([]byte, 0, size)
	for _, s := range streams {
		for unit := range Units(s) {
			out = binary.BigEndian.AppendUint32(out, uint32(len(unit))) //nolint:gosec // bounded by the ring
			out = append(out, unit...)
		}
	}
	return out
}

// Units yields the units of a byte stream (ITU-T H.264 §B.1).
func Units(data []byte) func(yield func([]byte) bool) {
	startCode := []byte{0, 0, 1}
	return func(yield func([]byte) bool) {
		begin := bytes.Index(data, startCode)
		for begin >= 0 {
			rest := data[begin+len(startCode):]
			end := bytes.Index(rest, startCode)
			unit := rest
			if end >= 0 {
				unit = rest[:end]
				data = rest
			}
			begin = end
			unit = bytes.TrimRight(unit, "\x00") // trailing zeros, and the first of a start code of four
			if len(unit) > 0 && !yield(unit) {
				return
			}
		}
	}
}

// Describe returns what the head of an MP4 says of a stream.
func Describe(s *flow.Stream) (mp4.Codec, error) {
	switch s.Codec {
	case "h264": // ITU-T H.264 table 7-1
		sets := setsOf(s.Extradata, func(u []byte) int { return int(u[0] & 0x1F) }, 7, 8)
		if sets == nil {
			return nil, errors.New("the camera has sent no H.264 parameter sets")
		}
		return &mp4.CodecH264{SPS: sets[0], PPS: sets[1]}, nil
	case "hevc": // ITU-T H.265 table 7-1
		sets := setsOf(s.Extradata, func(u []byte) int { return int(u[0]>>1) & 0x3F }, 32, 33, 34)
		if sets == nil {
			return nil, errors.New("the camera has sent no H.265 parameter sets")
		}
		return &mp4.CodecH265{VPS: sets[0], SPS: sets[1], PPS: sets[2]}, nil
	}
	return nil, fmt.Errorf("pictures of codec %q are not put into an MP4", s.Codec)
}

// setsOf returns the first unit of each kind, or nil when one is missing.
func setsOf(extradata []byte, kind func(unit []byte) int, kinds ...int) [][]byte {
	sets := make([][]byte, len(kinds))
	for u := range Units(extradata) {
		if i := slices.Index(kinds, kind(u)); i >= 0 && sets[i] == nil {
			sets[i] = u
		}
	}
	for _, s := range sets {
		if s == nil {
			return nil
		}
	}
	return sets
}
