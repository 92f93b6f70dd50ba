//go:build !nocv

package decode

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
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
	said    time.Time     // when a complaint was last logged
	shown   time.Duration // PTS up to which no frame is made again
	scratch []byte

	// Shared are the decoders of single pictures; nil opens one for each.
	Shared *Pool
	// Moved hears what each lone picture told; told is false where it told nothing. May be nil.
	Moved func(m flow.Movement, told bool)
}

// keyPatience is how long a key picture may be waited for. Some cameras renew
// their picture piece by piece and send none; libavcodec knows when such a
// picture has become whole, and gives none before.
const keyPatience = 30 * time.Second

// New returns the decoder of a camera.
func New(camera string, m *Metrics, log *slog.Logger) *Decoder {
	return &Decoder{camera: camera, m: m, log: log, last: math.MinInt64, shown: math.MinInt64}
}

// Run decodes what comes from in until in is closed or ctx ends, then closes
// out. It waits for the next stage. A picture that cannot be decoded is counted
// and passed over, and what depends on it as well. A codec that this box cannot
// decode at all is an error.
func (d *Decoder) Run(ctx context.Context, in <-chan flow.Order, out chan<- *flow.Frame) error {
	return d.run(ctx, func(yield func(flow.Order) bool) {
		for o := range in {
			if !yield(o) {
				return
			}
		}
	}, out)
}

// RunAll decodes every packet that comes from in, as Run does.
func (d *Decoder) RunAll(ctx context.Context, in <-chan *flow.Packet, out chan<- *flow.Frame) error {
	return d.run(ctx, func(yield func(flow.Order) bool) {
		for p := range in {
			if !yield(flow.Order{Packet: p}) {
				return
			}
		}
	}, out)
}

func (d *Decoder) run(ctx context.Context, in iter.Seq[flow.Order], out chan<- *flow.Frame) error {
	defer close(out)
	defer d.closeCodec()
	for o := range in {
		if ctx.Err() != nil {
			return nil
		}
		if err := d.obey(ctx, o, out); err != nil {
			return fmt.Errorf("camera %s: %w", d.camera, err)
		}
	}
	d.drain(ctx, out)
	return nil
}

func (d *Decoder) obey(ctx context.Context, o flow.Order, out chan<- *flow.Frame) error {
	if o.Alone || o.Lone {
		d.drain(ctx, out)
		d.closeCodec() // its memory is worth more than the time to open it again
		if o.Lone {
			return d.lone(o)
		}
		return d.alone(ctx, o, out)
	}
	if o.Stream != d.stream || d.codec == nil || o.Anew {
		d.drain(ctx, out)
		if err := d.open(o.Stream); err != nil {
			return err
		}
		d.waitKey = !o.Anew
	}
	switch {
	case o.Shown:
		if o.Key { // what is held back was meant to be shown
			d.drain(ctx, out)
			d.codec.flush()
		}
		d.shown = max(d.shown, o.PTS)
	case o.PTS < d.shown-jump: // the stream's clock was set back
		d.shown = math.MinInt64
	}
	if o.Back {
		d.last = min(d.last, o.PTS+d.shift-1)
	}
	d.decode(ctx, o.Packet, out)
	return nil
}

// alone decodes a picture to which no other refers.
func (d *Decoder) alone(ctx context.Context, o flow.Order, out chan<- *flow.Frame) error {
	d.follow(o.Stream)
	var pic picture
	var err error
	if pic, d.scratch, err = d.Shared.alone(o, d.scratch); err != nil {
		if !errors.Is(err, errNothing) {
			return err
		}
		d.fault("key picture cannot be decoded", err)
		return nil
	}
	d.taken.note(int64(o.PTS), o.Received)
	d.hand(ctx, pic, out)
	return nil
}

// follow notes which stream the pictures are of; each has times of its own.
func (d *Decoder) follow(s *flow.Stream) {
	if s != d.stream {
		d.stream, d.shown = s, math.MinInt64
	}
}

func (d *Decoder) open(s *flow.Stream) error {
	d.closeCodec()
	c, err := open(s)
	if err != nil {
		return err
	}
	d.follow(s)
	d.codec, d.waitKey, d.since = c, true, nil
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
		if time.Duration(pic.pts) <= d.shown {
			pic.free()
			continue
		}
		if !d.hand(ctx, pic, out) {
			return true
		}
	}
}

// hand gives a picture to the next stage and reports whether it was taken.
func (d *Decoder) hand(ctx context.Context, pic picture, out chan<- *flow.Frame) bool {
	if pic.converted {
		d.m.converted.WithLabelValues(d.camera).Inc()
	}
	f := d.frame(pic)
	f.Alone = d.codec == nil // which is closed before a picture is decoded by itself
	select {
	case out <- f:
		d.m.decoded.WithLabelValues(d.camera).Inc()
		return true
	case <-ctx.Done():
		f.Release()
		return false
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
