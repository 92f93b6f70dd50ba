// Package flow holds what travels through the gateway, in the order it arises:
//
//	Packet → Frame → Observation → Confirmed → (shared) event.Event
//
// Every stage imports flow and no other stage. A type belongs here only if it
// crosses a joint. Two clocks travel with everything: PTS, the source's media
// time, which never jumps and is for intervals, and the edge's wall clock,
// which is for telling people.
package flow

import (
	"image"
	"sync/atomic"
	"time"

	"eastgate/shared/event"
)

// A Stream describes the coded pictures of one source. A source that changes
// codec, size or parameters midway starts a new Stream, so a stage sees the
// change by comparing pointers.
type Stream struct {
	// Codec is FFmpeg's name of the codec: "h264", "hevc", "mpeg4" …
	Codec string
	// Extradata are the codec's parameters out of band (for h264 and hevc the
	// parameter sets in Annex B form); may be empty where they travel in band.
	Extradata     []byte
	Width, Height int // 0 where not yet known
	// Container is what the file's container says besides, which some decoders
	// of older codecs need; empty for cameras.
	Container Container
}

// A Container is what a file's container says of how its pictures are coded.
type Container struct {
	Tag    uint32 // its own name of the codec, as in AVCodecParameters.codec_tag
	Bits   int    // bits of a coded sample
	Pixels string // FFmpeg's name of the pixel format
}

// A Packet is one coded picture (an access unit) as it left the camera.
//
// Data of h264 and hevc is in Annex B form (ITU-T H.264 annex B), of other codecs
// as FFmpeg's demuxer gives it. It is never changed once sent on.
type Packet struct {
	Camera string
	Stream *Stream
	// Received is the edge's wall clock when the packet came in.
	Received time.Time
	// PTS is when the picture is shown, since the source was first opened. It
	// goes on over reconnects. With B-pictures it is not in rising order.
	PTS  time.Duration
	Key  bool // can be decoded by itself
	Data []byte
}

// A Frame is one decoded picture. It is counted: a new frame has one holder,
// Retain adds one, and the last Release gives the memory back to the decoder.
type Frame struct {
	Camera string
	Taken  time.Time     // wall clock of its packet
	PTS    time.Duration // as in Packet, but in rising order
	// Image shares the decoder's memory: not to be changed, nor used after
	// Release. Pictures without colour have Cb and Cr of 128. A picture smaller
	// than its planes is a sub-image: mind Rect and the strides.
	Image *image.YCbCr
	// Limited says that luma runs from 16 to 235 and chroma from 16 to 240, as
	// most cameras send it, and not from 0 to 255 as package image takes it.
	Limited bool
	// Alone says that the picture was decoded by itself, without the loop filter: the same
	// coded picture decoded with others is a little smoother.
	Alone bool

	holders atomic.Int32
	free    func()
}

// NewFrame returns a frame with one holder; free is called once, by the last Release.
func NewFrame(camera string, taken time.Time, pts time.Duration, img *image.YCbCr, free func()) *Frame {
	f := &Frame{Camera: camera, Taken: taken, PTS: pts, Image: img, free: free}
	f.holders.Store(1)
	return f
}

// Black is the luma of black in f.
func (f *Frame) Black() byte {
	if f.Limited {
		return 16
	}
	return 0
}

// Retain adds a holder and returns f.
func (f *Frame) Retain() *Frame {
	f.holders.Add(1)
	return f
}

// Release ends one hold on f. The picture must not be used afterwards.
func (f *Frame) Release() {
	switch n := f.holders.Add(-1); {
	case n == 0 && f.free != nil:
		f.free()
	case n < 0:
		panic("flow: frame released more often than held")
	}
}

// A Movement is what one coded picture tells of how things move, without being decoded whole.
type Movement struct {
	PTS           time.Duration
	Width, Height int // in blocks of 16 by 16 pixels
	// Moved is how far each block has moved since the picture before, in quarters of a pixel, row by
	// row; CodedAnew where it was made without that picture. It is valid until the receiver returns.
	Moved []byte
}

// CodedAnew stands in Movement for a block that resembles nothing before it.
const CodedAnew = 255

// An Observation is what one detector saw in one frame. One without findings
// says: looked, nothing there. Not having looked makes no observation.
type Observation struct {
	Camera   string
	Detector event.Detector
	At       time.Time     // wall clock of the frame
	PTS      time.Duration // media time of the frame
	// Kinds are all kinds that were looked for.
	Kinds    []event.Kind
	Findings []Finding
	// Frame is held for the receiver, who releases it; nil where there is none
	// to show, always set when there are findings on a picture.
	Frame *Frame
}

// A Finding is one thing in an observation.
type Finding struct {
	Kind event.Kind
	Zone string // name of the zone it is in; empty means the whole picture
	// Subject tells several things of one kind in one zone apart, such as two
	// standing cars. The detector keeps it the same for as long as it is the
	// same thing. Empty where there can be only one.
	Subject string
	// Age is how long the thing has been there, by PTS, where the detector knows;
	// zero where it does not.
	Age   time.Duration
	Box   event.Box // where; all zero means the whole picture
	Score float64   // 0 to 1, comparable only within one Kind
	Note  string    // a word on what exactly, such as "covered"
	// Why is what the score rests on: features by name, at most event.MaxWhy of them.
	Why event.Why
}

// Confirmed is an event on its way to the outbox with the frame that shows it.
// Whoever receives it releases the frame, which may be nil.
type Confirmed struct {
	Event event.Event
	Frame *Frame
}
