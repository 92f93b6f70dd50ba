//go:build !nocv

package encode

/*
#cgo pkg-config: libavcodec libavutil
#include <errno.h>
#include <libavutil/error.h>
#include "shim.h"

enum { eg_enc_again = AVERROR(EAGAIN), eg_enc_eof = AVERROR_EOF };
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"unsafe"
)

// A codec is an open encoder for pictures of one size.
type codec struct {
	e    *C.eg_encoder
	w, h int
}

// open opens an encoder; w and h are even.
func open(w, h int, full bool, bits int64) (*codec, error) {
	var code, range255 C.int
	if full {
		range255 = 1
	}
	e := C.eg_encoder_open(C.int(w), C.int(h), range255, C.int64_t(bits), &code)
	if e == nil {
		return nil, fmt.Errorf("open H.264 encoder: %w", libavError(code))
	}
	return &codec{e, w, h}, nil
}

// extradata are the parameter sets in Annex B form.
func (c *codec) extradata() []byte {
	return C.GoBytes(unsafe.Pointer(c.e.ctx.extradata), c.e.ctx.extradata_size)
}

// picture returns the memory of the picture to be coded next.
func (c *codec) picture() (*image.YCbCr, error) {
	if err := libavError(C.eg_encoder_frame(c.e)); err != nil {
		return nil, err
	}
	f := c.e.frame
	plane := func(i, rows int) []byte {
		return unsafe.Slice((*byte)(unsafe.Pointer(f.data[i])), int(f.linesize[i])*rows)
	}
	return &image.YCbCr{
		Y: plane(0, c.h), Cb: plane(1, c.h/2), Cr: plane(2, c.h/2),
		YStride: int(f.linesize[0]), CStride: int(f.linesize[1]),
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, c.w, c.h),
	}, nil
}

// send codes the picture.
func (c *codec) send(pts int64) error { return libavError(C.eg_encoder_send(c.e, C.int64_t(pts))) }

// finish says that nothing more comes.
func (c *codec) finish() error { return libavError(C.eg_encoder_finish(c.e)) }

// receive returns the next coded picture; ok is false when there is none yet.
func (c *codec) receive() (data []byte, pts int64, key, ok bool, err error) {
	switch r := C.eg_encoder_receive(c.e); {
	case r == C.eg_enc_again, r == C.eg_enc_eof:
		return nil, 0, false, false, nil
	case r < 0:
		return nil, 0, false, false, libavError(r)
	}
	p := c.e.pkt
	return C.GoBytes(unsafe.Pointer(p.data), p.size), int64(p.pts), p.flags&C.AV_PKT_FLAG_KEY != 0, true, nil
}

func (c *codec) close() { C.eg_encoder_close(c.e) }

func libavError(code C.int) error {
	if code >= 0 {
		return nil
	}
	var text [C.AV_ERROR_MAX_STRING_SIZE]C.char
	C.av_strerror(code, &text[0], C.AV_ERROR_MAX_STRING_SIZE)
	return errors.New(C.GoString(&text[0]))
}
