// Package decode turns coded pictures into frames with libavcodec.
//
// It promises frames in the order of their PTS whose planes are the decoder's
// own memory, not copies; that a broken picture is passed over, never shown; and
// that a stream that changes codec or size midway goes on. One decoder uses one
// thread: cameras share the box by being many.
package decode
