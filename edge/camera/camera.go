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
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"

	"eastgate/edge/flow"
	"eastgate/shared/retry"
)

// A Camera is the first stage of a pipeline.
type Camera struct {
	// NoRoom, when set before Run, hears of each picture that is dropped because the
	// next stage cannot keep up; it must not block.
	NoRoom func()

	name string
	cfg  Config
	tell func(State)
	m    *meters
	log  *slog.Logger

	transport string // what the next session uses
	clock     clock  // over all sessions
	state     State  // last told

	ahead atomic.Pointer[time.Duration] // of its clock; nil while unknown
}

// New returns a camera. tell hears of every change of its state; it must not
// block.
func New(name string, cfg Config, tell func(State), m *Metrics, log *slog.Logger) *Camera {
	return &Camera{
		name: name, cfg: cfg, tell: tell, m: m.of(name), log: log.With("camera", name),
		transport: cfg.firstTransport(),
	}
}

const (
	// spread keeps a box that starts from knocking at all its cameras at once.
	spread = time.Second
	// credentialsWait keeps a wrong password from locking the camera's account.
	credentialsWait = time.Minute
	// steady is how long pictures must have come for the next failure to be
	// treated as the first.
	steady = 30 * time.Second
)

// Run hands on coded pictures until ctx ends, then closes out. When out is full,
// pictures are dropped up to the next key picture, and counted: a camera is
// never asked to wait. A lost camera is no error.
func (c *Camera) Run(ctx context.Context, out chan<- *flow.Packet) error {
	defer close(out)
	backoff := retry.Backoff{Min: time.Second, Max: 30 * time.Second}
	c.change(State{Word: Connecting})
	retry.Sleep(ctx, rand.N(spread))
	for ctx.Err() == nil {
		d := &delivery{out: out, camera: c}
		err := c.session(ctx, d)
		if ctx.Err() != nil {
			return nil
		}
		if d.taken > 0 && time.Since(d.began) > steady {
			backoff.Reset()
		}
		if c.otherWay(err, d.taken > 0) {
			continue
		}
		s := explain(c.cfg, err)
		c.m.ended(s.Word)
		c.change(s)
		if s.Word == Credentials {
			retry.Sleep(ctx, credentialsWait)
		} else {
			backoff.Wait(ctx)
		}
	}
	return nil
}

// session connects and hands on pictures for as long as they come.
func (c *Camera) session(ctx context.Context, d *delivery) error {
	s, err := dial(ctx, c.cfg, c.transport)
	if err != nil {
		return err
	}
	defer c.clock.leave()
	defer s.close() // then nothing more is taken
	s.units.take, s.units.gap, s.report = d.take, d.miss, c.hear
	c.ahead.Store(nil)
	return s.play(ctx)
}

// ClockAhead is how far the camera's clock is ahead of ours, as its newest sender
// report of this session says; nil while it has sent none.
func (c *Camera) ClockAhead() *time.Duration { return c.ahead.Load() }

func (c *Camera) hear(p rtcp.Packet) {
	if ahead, ok := clockAhead(p, time.Now()); ok {
		c.ahead.Store(&ahead)
		c.m.ahead.Set(ahead.Seconds())
	}
}

// otherWay chooses between TCP and UDP where we may, and says whether to try that
// at once. TCP is asked first each time: somebody may have set up the camera.
func (c *Camera) otherWay(err error, sent bool) bool {
	if c.cfg.transport() != Auto {
		return false
	}
	switch {
	case c.transport == TCP && refusesTCP(err):
		c.transport = UDP
		return true
	case c.transport == TCP && !sent && errors.Is(err, errStalled):
		c.transport = UDP
	default:
		c.transport = TCP
	}
	return false
}

// change tells and logs a state that is another one than before.
func (c *Camera) change(s State) {
	s.Since = time.Now()
	if s.Word == c.state.Word {
		s.Since = c.state.Since
	}
	news := s.Word != c.state.Word || s.Reason != c.state.Reason
	c.state = s
	c.m.is(s.Word)
	if !news {
		return
	}
	switch s.Word {
	case Connecting:
	case Online:
		c.log.Info("camera sends pictures", "transport", c.transport)
	default:
		c.log.Warn("camera is lost", "state", s.Word, "reason", s.Reason)
	}
	c.tell(s)
}
