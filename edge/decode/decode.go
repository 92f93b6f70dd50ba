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
	waitKey bool           // what comes cannot be decoded before the next key picture
	since   *time.Duration // PTS of the first picture passed over for that; nil before it
	taken   taken
	last    time.Duration // PTS of the last frame
	shift   time.Duration // added to PTS since the stream's clock jumped back
	grey    []byte
	said    time.Time // when a complaint was last logged
}

// keyPatience is how long a key picture may be waited for. Some cameras renew
// their picture piece by piece and send none; libavcodec knows when such a
// picture has become whole, and gives none before.
const keyPatience = 30 * time.Second

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
	d.codec, d.stream, d.waitKey, d.since = c, s, true, nil
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
	if d.passOver(p) {
		d.m.skipped.WithLabelValues(d.camera).Inc()
		return
	}
	d.taken.note(int64(p.PTS), p.Received)
	err := d.codec.send(p.Data, int64(p.PTS))
	switch {
	case err == nil:
		if !d.receive(ctx, out) {
			d.codec.flush()
		}
	case !showsPicture(p): // parameter sets or messages that travel alone; they have been read
	default:
		d.fault("coded picture cannot be decoded", err)
		d.drain(ctx, out) // what came before it is whole
		d.codec.flush()
	}
}

// passOver reports whether p is of no use because no key picture has come.
func (d *Decoder) passOver(p *flow.Packet) bool {
	switch {
	case !d.waitKey:
		return false
	case p.Key:
	case d.since == nil:
		began := p.PTS
		d.since = &began
		return true
	case p.PTS-*d.since < keyPatience:
		return true
	default:
		d.log.Warn("no key picture comes, decoding goes on without: set the camera's key-picture (I-frame) interval to 2 s",
			"camera", d.camera, "waited", keyPatience)
	}
	d.waitKey, d.since = false, nil
	return false
}

// receive hands on the pictures that are ready. It reports false when one was
// damaged: what is still inside the decoder may have been made from it.
func (d *Decoder) receive(ctx context.Context, out chan<- *flow.Frame) bool {
	for {
		pic, err := d.codec.receive()
		switch {
		case errors.Is(err, errMore), errors.Is(err, io.EOF):
			return true
		case err != nil:
			d.fault("picture cannot be decoded", err)
			return false
		case pic.broken:
			pic.free()
			d.fault("picture is damaged", errors.New("part of the coded picture is missing"))
			return false
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
			return true
		}
	}
}

func (d *Decoder) frame(pic picture) *flow.Frame {
	d.m.live.Inc()
	f := flow.NewFrame(d.camera, d.taken.of(pic.pts), d.rising(time.Duration(pic.pts)), pic.image(d.greyPlane), func() {
		pic.free()
		d.m.live.Dec()
	})
	f.Limited = !pic.full
	return f
}

// jump is by how much a stream's clock may go back before it counts as set anew.
const jump = time.Second

// rising returns pts so that time never stands still nor goes back, whatever the
// stream's own clock does.
func (d *Decoder) rising(pts time.Duration) time.Duration {
	pts += d.shift
	if d.last-pts > jump && d.last != math.MinInt64 {
		d.shift += d.last - pts
		pts = d.last
	}
	d.last = max(pts, d.last+1)
	return d.last
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

// drain hands on what the decoder still holds back. It must be flushed or closed
// afterwards.
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
