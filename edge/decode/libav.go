//go:build !nocv

package decode

/*
#cgo pkg-config: libavcodec libavutil libswscale
#include <errno.h>
#include <stdlib.h>
#include <libavutil/error.h>
#include "shim.h"

enum { eg_again = AVERROR(EAGAIN), eg_eof = AVERROR_EOF };
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"io"
	"unsafe"

	"eastgate/edge/flow"
)

// maxPixels bounds a picture: 8K UHD.
const maxPixels = 7680 * 4320

// errMore says that the decoder wants another packet first.
var errMore = errors.New("decoder wants more")

// A codec is an open libavcodec decoder of one stream.
type codec struct {
	d     *C.eg_decoder
	moved []byte // what a lone picture tells is written there; nil for other decoders
}

func open(s *flow.Stream) (*codec, error) { return openCodec(s, false) }

// openQuick opens one that leaves out what smooths the edges of blocks: a fifth of the
// work, and nothing to see in a picture that is made small.
func openQuick(s *flow.Stream) (*codec, error) { return openCodec(s, true) }

func openCodec(s *flow.Stream, quick bool) (*codec, error) {
	cs, free := coded(s)
	defer free()
	if quick {
		cs.quick = 1
	}
	var code C.int
	d := C.eg_open(cs, maxPixels, &code)
	if d == nil {
		return nil, fmt.Errorf("open decoder for %q: %w", s.Codec, libavError(code))
	}
	return &codec{d: d}, nil
}

// coded returns what is known of a stream as C takes it, and what frees it.
func coded(s *flow.Stream) (cs *C.eg_stream, free func()) {
	cs = (*C.eg_stream)(C.calloc(1, C.sizeof_eg_stream)) // C memory may point at C memory only
	cs.codec = C.CString(s.Codec)
	if s.Container.Pixels != "" {
		cs.pixels = C.CString(s.Container.Pixels)
	}
	if len(s.Extradata) > 0 {
		cs.extra = (*C.uint8_t)(C.CBytes(s.Extradata))
		cs.extra_size = C.int(len(s.Extradata))
	}
	cs.width, cs.height = C.int(s.Width), C.int(s.Height)
	cs.tag, cs.bits = C.uint32_t(s.Container.Tag), C.int(s.Container.Bits)
	return cs, func() {
		C.free(unsafe.Pointer(cs.codec))
		C.free(unsafe.Pointer(cs.pixels))
		C.free(unsafe.Pointer(cs.extra))
		C.free(unsafe.Pointer(cs))
	}
}

// send gives one coded picture. The data may be used again afterwards.
func (c *codec) send(data []byte, pts int64) error {
	if len(data) == 0 {
		return errors.New("empty packet")
	}
	return libavError(C.eg_send(c.d, (*C.uint8_t)(unsafe.Pointer(&data[0])), C.int(len(data)), C.int64_t(pts)))
}

// finish says that nothing more comes, so that receive gives what is held back.
func (c *codec) finish() error { return libavError(C.eg_send(c.d, nil, 0, 0)) }

// flush forgets what was sent: the next packet must be a key picture.
func (c *codec) flush() { C.eg_flush(c.d) }

// A picture is one decoded picture in libavcodec's memory.
type picture struct {
	f         *C.AVFrame
	pts       int64
	broken    bool // parts of it are guessed
	limited   bool // see flow.Frame
	converted bool
	full      bool // values run from 0 to 255
}

// receive returns the next picture, errMore when another packet is needed first,
// or io.EOF after finish.
func (c *codec) receive() (picture, error) {
	var f *C.AVFrame
	var converted, full C.int
	switch r := C.eg_receive(c.d, &f, &converted, &full); {
	case r == C.eg_again:
		return picture{}, errMore
	case r == C.eg_eof:
		return picture{}, io.EOF
	case r < 0:
		return picture{}, libavError(r)
	}
	return picture{
		f: f, pts: int64(f.best_effort_timestamp), converted: converted != 0, full: full != 0,
		broken:  f.decode_error_flags != 0 || f.flags&C.AV_FRAME_FLAG_CORRUPT != 0,
		limited: f.color_range != C.AVCOL_RANGE_JPEG && f.format != C.AV_PIX_FMT_YUVJ420P,
	}, nil
}

func (c *codec) close() { C.eg_close(c.d) }

func (p picture) free() { C.av_frame_free(&p.f) }

// image returns the picture's planes without copying them. It is valid until
// free. grey is a plane of 128s that colourless pictures share.
func (p picture) image(grey func(size int) []byte) *image.YCbCr {
	w, h := int(p.f.width), int(p.f.height)
	img := &image.YCbCr{
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, w, h),
		YStride: int(p.f.linesize[0]), CStride: int(p.f.linesize[1]),
	}
	cw, ch := (w+1)/2, (h+1)/2
	img.Y = p.plane(0, w, h)
	if p.f.format == C.AV_PIX_FMT_GRAY8 {
		img.CStride = cw
		img.Cb = grey(cw * ch)
		img.Cr = img.Cb
		return img
	}
	img.Cb = p.plane(1, cw, ch)
	img.Cr = p.plane(2, cw, ch)
	return img
}

func (p picture) plane(i, w, h int) []byte {
	size := C.eg_plane_size(p.f, C.int(i), C.int(h), C.int(w))
	return unsafe.Slice((*byte)(unsafe.Pointer(p.f.data[i])), int(size))
}

func libavError(code C.int) error {
	if code >= 0 {
		return nil
	}
	var text [C.AV_ERROR_MAX_STRING_SIZE]C.char
	C.av_strerror(code, &text[0], C.AV_ERROR_MAX_STRING_SIZE)
	return errors.New(C.GoString(&text[0]))
}
