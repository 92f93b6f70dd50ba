// Package camera keeps an RTSP session with one camera and hands on its coded
// pictures.
//
// It promises that media time goes on over reconnects, that a lost camera is
// tried again for as long as the box runs, and that the reason is known in
// words: a wrong password is not an unreachable camera. It leaves to others to
// say which pictures are worth decoding.
package camera

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/retry"
)

// A Camera is the first stage of a pipeline.
type Camera struct {
	name string
	cfg  Config
	tell func(State)
	m    *Metrics
	log  *slog.Logger

	transport string        // what the next session uses
	began     time.Time     // of Run; media time counts from here
	last      time.Duration // PTS of the newest picture
	word      string        // of the last state told
}

// New returns a camera. tell hears of every change of its state; it must not
// block.
func New(name string, cfg Config, tell func(State), m *Metrics, log *slog.Logger) *Camera {
	return &Camera{name: name, cfg: cfg, tell: tell, m: m, log: log, transport: cfg.firstTransport()}
}

// credentialsWait keeps a wrong password from locking the camera's account.
const credentialsWait = time.Minute

// steady is how long a session must have lasted for the next failure to be
// treated as the first.
const steady = 30 * time.Second

// Run hands on coded pictures until ctx ends, then closes out. When out is full,
// pictures are dropped up to the next key picture, and counted: a camera is
// never asked to wait. A lost camera is no error.
func (c *Camera) Run(ctx context.Context, out chan<- *flow.Packet) error {
	defer close(out)
	c.began = time.Now()
	backoff := retry.Backoff{Min: time.Second, Max: 30 * time.Second}
	c.state(Connecting, "")
	// A box that starts does not knock at all its cameras in the same instant.
	retry.Sleep(ctx, rand.N(200*time.Millisecond))
	for ctx.Err() == nil {
		started := time.Now()
		err := c.session(ctx, out)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(started) > steady {
			backoff.Reset()
		}
		f := c.explain(err)
		c.state(f.Word, f.Reason)
		c.m.sessions.WithLabelValues(c.name, f.Word).Inc()
		if c.fallBack(err) {
			continue
		}
		if f.Word == Credentials {
			retry.Sleep(ctx, credentialsWait)
			continue
		}
		backoff.Wait(ctx)
	}
	return nil
}

// fallBack switches to UDP where the camera refuses TCP and we may choose.
func (c *Camera) fallBack(err error) bool {
	if c.cfg.Transport == Auto && c.transport == TCP && refusesTCP(err) {
		c.transport = UDP
		return true
	}
	return false
}

func (c *Camera) state(word, reason string) {
	if word != c.word {
		c.word = word
		if word == Online {
			c.log.Info("camera sends pictures", "camera", c.name)
		} else if word != Connecting {
			c.log.Warn("camera is lost", "camera", c.name, "state", word, "reason", reason)
		}
	}
	c.m.online.WithLabelValues(c.name).Set(truth(word == Online))
	c.tell(State{Word: word, Reason: reason, Since: time.Now()})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c *Camera) session(ctx context.Context, out chan<- *flow.Packet) error {
	s, err := dial(ctx, c.cfg, c.transport)
	if err != nil {
		return err
	}
	d := &delivery{
		out: out, camera: c.name, m: c.m, next: max(time.Since(c.began), c.last+time.Millisecond),
		first: func() { c.state(Online, "") },
	}
	s.lost = func(n uint64) {
		c.m.lost.WithLabelValues(c.name).Add(float64(n))
		d.gap = true // what follows a lost packet looks whole and is not
	}
	err = s.play(ctx, c.cfg.StallAfter, d.take)
	s.close() // now nothing more is taken
	c.last = max(c.last, d.last)
	return err
}

// A delivery hands one session's pictures to the gate.
type delivery struct {
	out    chan<- *flow.Packet
	camera string
	m      *Metrics
	first  func()        // called when the first picture has come
	next   time.Duration // media time of the session's first picture
	origin time.Duration // the session's own time of it
	last   time.Duration
	seen   bool
	gap    bool // dropping up to the next key picture
}

// take is called for each picture by the session's own goroutine.
func (d *delivery) take(p *flow.Packet) {
	if !d.seen {
		d.seen, d.origin = true, p.PTS
		d.first()
	}
	p.Camera = d.camera
	p.PTS = d.next + p.PTS - d.origin
	d.last = max(d.last, p.PTS)
	d.m.packets.WithLabelValues(d.camera).Inc()
	d.m.bytes.WithLabelValues(d.camera).Add(float64(len(p.Data)))
	if d.gap && !p.Key {
		d.m.dropped.WithLabelValues(d.camera).Inc()
		return
	}
	select {
	case d.out <- p:
		d.gap = false
	default:
		d.gap = true
		d.m.dropped.WithLabelValues(d.camera).Inc()
	}
}

// errStalled says that the camera is connected and sends no pictures.
var errStalled = errors.New("no picture")

// errNoVideo says that the camera offers nothing that we can read.
type errNoVideo struct{ offers string }

func (e errNoVideo) Error() string {
	return fmt.Sprintf("it offers %s; set its stream to H.264 (or H.265)", e.offers)
}
