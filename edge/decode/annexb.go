//go:build !nocv

package decode

import (
	"bytes"

	"eastgate/edge/flow"
)

// showsPicture reports whether a packet holds a part of a picture at all. Some
// cameras send parameter sets and messages in packets of their own.
func showsPicture(p *flow.Packet) bool {
	var coded func(header byte) bool
	switch p.Stream.Codec {
	case "h264": // ITU-T H.264 table 7-1
		coded = func(h byte) bool { t := h & 0x1F; return t >= 1 && t <= 5 }
	case "hevc": // ITU-T H.265 table 7-1
		coded = func(h byte) bool { return h>>1&0x3F < 32 }
	default:
		return true
	}
	startCode := []byte{0, 0, 1} // ITU-T H.264 §B.1
	for rest := p.Data; ; {
		i := bytes.Index(rest, startCode)
		if i < 0 || i+len(startCode) >= len(rest) {
			return false
		}
		rest = rest[i+len(startCode):]
		if coded(rest[0]) {
			return true
		}
	}
}
