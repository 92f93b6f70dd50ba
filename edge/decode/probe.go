//go:build !nocv

package decode

/*
#include "probe.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"time"
	"unsafe"

	"eastgate/edge/flow"
)

// How far each part of an H.264 picture has moved is coded relative to its neighbours, and needs none of
// the pixels that have moved. So a P-picture tells its movement without the pictures to which it refers:
// libavcodec takes those to be grey, and exports the vectors. It nowhere promises to, therefore
// TestALonePictureTellsTheMovementOfAFullDecode holds it to it. Of H.265 it exports none.

// openLone opens a decoder that tells movement.
func openLone(s *flow.Stream) (*codec, error) {
	cs, free := coded(s)
	defer free()
	cs.quick = 1
	var code C.int
	d := C.eg_lone_open(cs, maxPixels, &code)
	if d == nil {
		return nil, fmt.Errorf("open decoder for %q: %w", s.Codec, libavError(code))
	}
	return &codec{d: d, moved: make([]byte, mostBlocks)}, nil
}

// mostBlocks is how many blocks of 16 by 16 a picture has at most, whatever its shape.
const mostBlocks = maxPixels / 256 * 2

// lone tells the movement of a picture. That there is none to be told is no fault of the stream.
func (d *Decoder) lone(o flow.Order) error {
	d.stream = o.Stream
	c, err := d.Shared.take(o.Stream, true)
	if err != nil {
		return err
	}
	defer d.Shared.give(o.Stream, true, c)
	m, told := flow.Movement{PTS: o.PTS}, false
	if isReference(o.Packet) {
		d.scratch = append(append(d.scratch[:0], o.Stream.Extradata...), o.Data...)
		if c.send(d.scratch, int64(o.PTS)) == nil && c.finish() == nil {
			told = c.movement(&m)
		}
	}
	if d.Moved != nil {
		d.Moved(m, told)
	}
	return nil
}

// movement reads that of the next picture, and reports whether there is any. What m refers to is valid until
// the next call.
func (c *codec) movement(m *flow.Movement) bool {
	pic, err := c.receive()
	if err != nil {
		return false
	}
	defer pic.free()
	var w, h C.int
	n := C.eg_movement(pic.f, (*C.uint8_t)(unsafe.Pointer(&c.moved[0])), mostBlocks, &w, &h)
	if n == 0 {
		return false
	}
	m.PTS, m.Width, m.Height = time.Duration(pic.pts), int(w), int(h)
	m.Moved = c.moved[:m.Width*m.Height]
	return true
}

// isReference reports whether p is an H.264 picture to which others refer: a P-picture, where there are
// key pictures and B-pictures besides (ITU-T H.264 §7.4.1, nal_ref_idc).
func isReference(p *flow.Packet) bool {
	if p.Stream.Codec != "h264" {
		return false
	}
	for rest := p.Data; ; {
		i := bytes.Index(rest, []byte{0, 0, 1})
		if i < 0 || i+3 >= len(rest) {
			return false
		}
		rest = rest[i+3:]
		if kind := rest[0] & 0x1F; kind >= 1 && kind <= 5 {
			return rest[0]>>5&3 != 0
		}
	}
}
