//go:build !nocv

package encode

import (
	"context"
	"fmt"
	"image"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
)

// An Encoder codes one film.
type Encoder struct {
	black  *zone.Blackout
	bits   int64
	codec  *codec
	stream *flow.Stream
	full   bool
	taken  []time.Time // of the pictures inside the codec, which keeps their order
	out    []*flow.Packet
}

// New returns an encoder that blackens areas and takes at most bytes a second.
func New(areas []zone.Polygon, bytes int64) *Encoder {
	return &Encoder{black: zone.NewBlackout(areas), bits: bytes * 8}
}

// Run codes what comes from in until in is closed, and gives each frame back. The
// first error ends the film; the rest of it is still taken from in.
func (e *Encoder) Run(ctx context.Context, in <-chan *flow.Frame) ([]*flow.Packet, error) {
	defer e.closeCodec()
	var failed error
	for f := range in {
		if failed == nil && ctx.Err() == nil {
			failed = e.encode(f)
		}
		f.Release()
	}
	if failed == nil {
		failed = e.drain()
	}
	if failed == nil {
		failed = ctx.Err()
	}
	if failed != nil {
		return nil, fmt.Errorf("encode: %w", failed)
	}
	return e.out, nil
}

func (e *Encoder) encode(f *flow.Frame) error {
	size := f.Image.Rect.Size()
	w, h := size.X&^1, size.Y&^1 // H.264 at 4:2:0 has no odd sizes
	if w == 0 || h == 0 {
		return fmt.Errorf("a picture of %v cannot be coded", size)
	}
	if e.codec == nil || e.codec.w != w || e.codec.h != h || e.full != !f.Limited {
		if err := e.open(f, w, h); err != nil {
			return err
		}
	}
	own, err := e.codec.picture()
	if err != nil {
		return err
	}
	copyPicture(own, f.Image)
	e.black.Apply(own, f.Black())
	e.taken = append(e.taken, f.Taken)
	if err := e.codec.send(ticks(f.PTS)); err != nil {
		return err
	}
	return e.receive(f.Camera)
}

func (e *Encoder) open(f *flow.Frame, w, h int) (err error) {
	if err := e.drain(); err != nil {
		return err
	}
	e.closeCodec()
	e.full = !f.Limited
	if e.codec, err = open(w, h, e.full, e.bits); err != nil {
		return err
	}
	e.stream = &flow.Stream{Codec: "h264", Extradata: e.codec.extradata(), Width: w, Height: h}
	return nil
}

func (e *Encoder) closeCodec() {
	if e.codec != nil {
		e.codec.close()
		e.codec = nil
	}
}

func (e *Encoder) drain() error {
	if e.codec == nil {
		return nil
	}
	if err := e.codec.finish(); err != nil {
		return err
	}
	return e.receive("")
}

func (e *Encoder) receive(camera string) error {
	for {
		data, pts, key, ok, err := e.codec.receive()
		if err != nil || !ok {
			return err
		}
		e.out = append(e.out, &flow.Packet{
			Camera: camera, Stream: e.stream, Received: e.taken[0], PTS: time.Duration(pts) * time.Second / 90000, Key: key, Data: data,
		})
		e.taken = e.taken[1:]
	}
}

func ticks(d time.Duration) int64 { return int64(d) * 9 / 100000 }

// copyPicture copies as much of from as to holds; both are 4:2:0.
func copyPicture(to, from *image.YCbCr) {
	r := to.Rect
	at := from.Rect.Min
	for y := range r.Dy() {
		copy(to.Y[y*to.YStride:][:r.Dx()], from.Y[from.YOffset(at.X, at.Y+y):])
	}
	for y := range r.Dy() / 2 {
		c := from.COffset(at.X, at.Y+2*y)
		copy(to.Cb[y*to.CStride:][:r.Dx()/2], from.Cb[c:])
		copy(to.Cr[y*to.CStride:][:r.Dx()/2], from.Cr[c:])
	}
}
