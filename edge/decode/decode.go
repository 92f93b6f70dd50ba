//go:build !nocv

package decode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"time"

	"eastgate/edge/flow"
)

// A Decoder is the stage of one camera.
type Decoder struct {
	camera string
	m      *Metrics
	log    *slog.Logger

	stream  *flow.Stream
	codec   *codec
	waitKey bool // what comes cannot be decoded before the next key picture
	taken   taken
	last    time.Duration // PTS of the last frame
	grey    []byte
	said    time.Time // when a complaint was last logged
}

// New returns the decoder of a camera.
func New(camera string, m *Metrics, log *slog.Logger) *Decoder {
	return &Decoder{camera: camera, m: m, log: log, last: math.MinInt64}
}

// Run decodes what comes from in until in is closed or ctx ends, then closes
// out. It waits for the next stage. A picture that cannot be decoded is counted
// and passed over, and what depends on it as well. A codec that this box cannot
// decode at all is an error.
func (d *Decoder) Run(ctx context.Context, in <-chan *flow.Packet, out chan<- *flow.Frame) error {
	defer close(out)
	defer d.closeCodec()
	for p := range in {
		if ctx.Err() != nil {
			return nil
		}
		if p.Stream != d.stream {
			d.drain(ctx, out)
			if err := d.open(p.Stream); err != nil {
				return fmt.Errorf("camera %s: %w", d.camera, err)
			}
		}
		d.decode(ctx, p, out)
	}
	d.drain(ctx, out)
	return nil
}

func (d *Decoder) open(s *flow.Stream) error {
	d.closeCodec()
	c, err := open(s)
	if err != nil {
		return err
	}
	d.codec, d.stream, d.waitKey = c, s, true
	d.m.streams.WithLabelValues(d.camera).Inc()
	return nil
}

func (d *Decoder) closeCodec() {
	if d.codec != nil {
		d.codec.close()
		d.codec = nil
	}
}

func (d *Decoder) decode(ctx context.Context, p *flow.Packet, out chan<- *flow.Frame) {
	if d.waitKey && !p.Key {
		d.m.skipped.WithLabelValues(d.camera).Inc()
		return
	}
	d.waitKey = false
	d.taken.note(int64(p.PTS), p.Received)
	if err := d.codec.send(p.Data, int64(p.PTS)); err != nil {
		d.fault("coded picture cannot be decoded", err)
		return
	}
	d.receive(ctx, out)
}

// receive hands on the pictures that are ready.
func (d *Decoder) receive(ctx context.Context, out chan<- *flow.Frame) {
	for {
		pic, err := d.codec.receive()
		switch {
		case errors.Is(err, errMore), errors.Is(err, io.EOF):
			return
		case err != nil:
			d.fault("picture cannot be decoded", err)
			return
		case pic.broken:
			pic.free()
			d.fault("picture is damaged", errors.New("part of the coded picture is missing"))
			return
		}
		if pic.converted {
			d.m.converted.WithLabelValues(d.camera).Inc()
		}
		f := d.frame(pic)
		select {
		case out <- f:
			d.m.decoded.WithLabelValues(d.camera).Inc()
		case <-ctx.Done():
			f.Release()
			return
		}
	}
}

func (d *Decoder) frame(pic picture) *flow.Frame {
	pts := time.Duration(pic.pts)
	when := d.taken.of(pic.pts)
	if pts <= d.last { // a broken clock in the stream must not make time stand still
		pts = d.last + 1
	}
	d.last = pts
	d.m.live.Inc()
	f := flow.NewFrame(d.camera, when, pts, pic.image(d.greyPlane), func() {
		pic.free()
		d.m.live.Dec()
	})
	f.Limited = pic.limited
	return f
}

// greyPlane returns size bytes of 128, the chroma of a picture without colour.
func (d *Decoder) greyPlane(size int) []byte {
	if len(d.grey) < size {
		d.grey = make([]byte, size)
		for i := range d.grey {
			d.grey[i] = 128
		}
	}
	return d.grey[:size]
}

// drain hands on what the decoder still holds back.
func (d *Decoder) drain(ctx context.Context, out chan<- *flow.Frame) {
	if d.codec == nil {
		return
	}
	if err := d.codec.finish(); err == nil {
		d.receive(ctx, out)
	}
}

// fault counts a fault, waits for the next key picture, and says so once a minute.
func (d *Decoder) fault(what string, err error) {
	d.waitKey = true
	d.m.faults.WithLabelValues(d.camera).Inc()
	if now := time.Now(); now.Sub(d.said) >= time.Minute {
		d.said = now
		d.log.Warn("decoding waits for the next key picture", "camera", d.camera, "fault", what, "err", err)
	}
}

// taken remembers when the last packets came in, so that a frame can carry it:
// a decoder holds pictures back and changes their order.
type taken struct {
	pts  [64]int64
	when [64]time.Time
	next int
}

func (t *taken) note(pts int64, when time.Time) {
	t.pts[t.next], t.when[t.next] = pts, when
	t.next = (t.next + 1) % len(t.pts)
}

// of returns when the packet with that pts came in, or when the newest did.
func (t *taken) of(pts int64) time.Time {
	for i, p := range t.pts {
		if p == pts && !t.when[i].IsZero() {
			return t.when[i]
		}
	}
	return t.when[(t.next+len(t.when)-1)%len(t.when)]
}
