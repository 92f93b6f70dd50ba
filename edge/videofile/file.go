//go:build !nocv

package videofile

/*
#cgo pkg-config: libavformat libavcodec libavutil
#include <stdlib.h>
#include <libavutil/error.h>
#include <libavutil/pixdesc.h>
#include "shim.h"

enum { eg_file_eof = AVERROR_EOF, eg_file_no_video = AVERROR_STREAM_NOT_FOUND };
*/
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"
	"unsafe"

	"eastgate/edge/flow"
)

// noPTS is AV_NOPTS_VALUE: the packet has no time.
const noPTS = math.MinInt64

// A File is an open video file. One goroutine uses it at a time.
type File struct {
	path   string
	f      *C.eg_file
	stream *flow.Stream
	step   time.Duration // between pictures, where the file gives no times
	last   time.Duration
	bytes  int64
}

// Open opens a video file. The error names the file and says what is wrong with it.
func Open(path string) (*File, error) {
	if info, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open video: %w", err)
	} else if info.IsDir() {
		return nil, fmt.Errorf("open video: %s is a folder", path)
	}
	name := C.CString("file:" + path) // no protocol but files, whatever the name looks like
	defer C.free(unsafe.Pointer(name))
	var code C.int
	f := C.eg_file_open(name, &code)
	switch {
	case f == nil && code == C.eg_file_no_video:
		return nil, fmt.Errorf("open video: %s holds no video", path)
	case f == nil:
		return nil, fmt.Errorf("open video: %s is no video that FFmpeg can read: %w", path, libavError(code))
	}
	v := &File{path: path, f: f}
	v.stream = v.describe()
	v.step = time.Second / 25
	if fps := v.Info().FPS; fps > 0 {
		v.step = time.Duration(float64(time.Second) / fps)
	}
	v.last = -v.step
	return v, nil
}

func (v *File) describe() *flow.Stream {
	par := C.eg_file_params(v.f)
	s := &flow.Stream{
		Codec: C.GoString(C.avcodec_get_name(par.codec_id)),
		Width: int(par.width), Height: int(par.height),
		Container: flow.Container{Tag: uint32(par.codec_tag), Bits: int(par.bits_per_coded_sample)},
	}
	if name := C.av_get_pix_fmt_name(int32(par.format)); name != nil {
		s.Container.Pixels = C.GoString(name)
	}
	if par.extradata_size > 0 {
		s.Extradata = C.GoBytes(unsafe.Pointer(par.extradata), par.extradata_size)
	}
	return s
}

// Info returns what the file says of itself.
func (v *File) Info() Info {
	i := Info{Codec: v.stream.Codec, Width: v.stream.Width, Height: v.stream.Height, Frames: int64(v.f.video.nb_frames)}
	if size := C.avio_size(v.f.fmt.pb); size > 0 {
		i.Bytes = int64(size)
	}
	if d := v.f.fmt.duration; d > 0 {
		i.Duration = time.Duration(d) * time.Second / C.AV_TIME_BASE
	}
	if r := v.f.video.avg_frame_rate; r.num > 0 && r.den > 0 {
		i.FPS = float64(r.num) / float64(r.den)
	}
	return i
}

// Damaged is how many pictures could not be read so far and were passed over.
func (v *File) Damaged() int64 { return int64(v.f.damaged) }

// BytesRead is how many bytes of coded pictures were read so far.
func (v *File) BytesRead() int64 { return v.bytes }

// Next returns the next coded picture in decoding order, or io.EOF.
func (v *File) Next() (*flow.Packet, error) {
	switch r := C.eg_file_next(v.f); {
	case r == C.eg_file_eof:
		return nil, io.EOF
	case r < 0:
		return nil, fmt.Errorf("read video %s: %w", v.path, libavError(r))
	}
	if v.f.changed != 0 {
		v.f.changed = 0
		v.stream = v.describe()
	}
	pkt := v.f.pkt
	v.bytes += int64(pkt.size)
	pts := v.when(pkt)
	return &flow.Packet{
		Stream: v.stream, PTS: pts, Received: Base.Add(pts),
		Key:  pkt.flags&C.AV_PKT_FLAG_KEY != 0,
		Data: C.GoBytes(unsafe.Pointer(pkt.data), pkt.size),
	}, nil
}

// when is the media time of a packet: its PTS, else its DTS (AVI gives only
// that), else one step after the one before.
func (v *File) when(pkt *C.AVPacket) time.Duration {
	ts := pkt.pts
	if ts == noPTS {
		ts = pkt.dts
	}
	if ts == noPTS {
		v.last += v.step
		return v.last
	}
	v.last = time.Duration(C.eg_file_when(v.f, ts))
	return v.last
}

// Run hands on every picture as fast as it is taken, until the end of the file
// or of ctx; then it closes out.
func (v *File) Run(ctx context.Context, out chan<- *flow.Packet) error {
	defer close(out)
	for {
		p, err := v.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Camera = "file"
		select {
		case out <- p:
		case <-ctx.Done():
			return nil
		}
	}
}

// Close closes the file. Next must not be called afterwards, nor Run be running.
func (v *File) Close() {
	C.eg_file_close(v.f)
	v.f = nil
}

func libavError(code C.int) error {
	var text [C.AV_ERROR_MAX_STRING_SIZE]C.char
	C.av_strerror(code, &text[0], C.AV_ERROR_MAX_STRING_SIZE)
	return errors.New(C.GoString(&text[0]))
}
