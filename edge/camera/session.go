package camera

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
	"eastgate/shared/trust"
)

// A session is one connection to a camera, set up and not yet playing.
type session struct {
	client *gortsplib.Client
	media  *description.Media
	format format.Format
	units  *assembler
	stall  time.Duration
	line   atomic.Pointer[gatherer] // the client's connection
	plays  chan error               // how the client ended; nil until it plays
	report func(rtcp.Packet)        // may be nil
}

// Time limits are all ours. The library's own compare wall clocks, and a box that
// is given the right time in the middle of a day would lose its cameras.
const (
	connectLimit = 10 * time.Second // until the camera answers at all
	requestLimit = 20 * time.Second // until it is ready to play, and until it plays
	never        = 1000 * time.Hour
)

var (
	// errStalled says that the camera is connected and sends no pictures.
	errStalled = errors.New("no picture")
	// errSilent says that the camera takes a connection and answers no request.
	errSilent = errors.New("no answer")
	// errKeyless says that the camera sends pictures none of which can be decoded.
	errKeyless = errors.New("no key picture")
)

// dial connects, asks what the camera offers, and sets up its video.
func dial(ctx context.Context, cfg Config, transport string) (*session, error) {
	u, err := address(cfg)
	if err != nil {
		return nil, err
	}
	s := &session{stall: cfg.stallAfter()}
	if s.client, err = client(cfg, u, transport); err != nil {
		return nil, err
	}
	s.client.DialContext = func(_ context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: connectLimit}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		s.line.Store(&gatherer{Conn: conn})
		return s.line.Load(), nil
	}
	if err := s.client.Start2(); err != nil {
		return nil, err
	}
	if err := s.within(ctx, func() error { return s.setup(u) }); err != nil {
		s.client.Close()
		return nil, err
	}
	return s, nil
}

// within does something that blocks until it is done, its time is over or ctx ends.
func (s *session) within(ctx context.Context, do func() error) error {
	limited, cancel := context.WithTimeoutCause(ctx, requestLimit, errSilent)
	defer cancel()
	stop := context.AfterFunc(limited, s.hangUp)
	defer stop()
	err := do()
	if err != nil && limited.Err() != nil {
		return context.Cause(limited)
	}
	return err
}

// hangUp ends the client whatever it is doing. Its own Close waits for a TLS
// handshake, which has no time limit.
func (s *session) hangUp() {
	if conn := s.line.Load(); conn != nil {
		conn.Close()
	}
	s.client.Close()
}

func (s *session) setup(u *base.URL) error {
	desc, _, err := s.client.Describe(u)
	if err != nil {
		return err
	}
	if err := s.choose(desc); err != nil {
		return err
	}
	_, err = s.client.Setup(desc.BaseURL, s.media, 0, 0)
	return err
}

// address is the camera's URL with the user and password that belong to it.
func address(cfg Config) (*base.URL, error) {
	u, err := base.ParseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("%s is no RTSP address", Redact(cfg.URL))
	}
	if cfg.Username == "" {
		return u, nil
	}
	u.User = url.User(cfg.Username)
	if cfg.Password.Set() {
		word, err := cfg.Password.Load()
		if err != nil {
			return nil, errPassword{err}
		}
		u.User = url.UserPassword(cfg.Username, word.Reveal())
	}
	return u, nil
}

func client(cfg Config, u *base.URL, transport string) (*gortsplib.Client, error) {
	how := gortsplib.TransportTCP
	if transport == UDP {
		how = gortsplib.TransportUDP
	}
	c := &gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, Transport: &how, UserAgent: "Eastgate",
		ReadTimeout: never, WriteTimeout: connectLimit,
		OnDecodeError: func(error) {}, OnPacketsLost: func(uint64) {}, // the assembler notices both
	}
	if u.Scheme == "rtsps" {
		var err error
		if c.TLSConfig, err = trust.Client(cfg.CAFile); err != nil {
			return nil, err
		}
		c.TLSConfig.ServerName = u.Hostname()
	}
	return c, nil
}

// choose takes the first H.264 or H.265 track.
func (s *session) choose(desc *description.Session) error {
	offers := ""
	for _, m := range desc.Medias {
		for _, f := range m.Formats {
			units, err := newAssembler(f)
			if units != nil {
				s.media, s.format, s.units = m, f, units
				return nil
			}
			if offers != "" {
				offers += ", "
			}
			offers += f.Codec()
			if err != nil {
				offers += fmt.Sprintf(" (%v)", err)
			}
		}
	}
	if offers == "" {
		offers = "no stream at all"
	}
	return errNoVideo{offers}
}

// keyless is how long pictures may come without a key picture among the first.
const keyless = time.Minute

// play hands on pictures until ctx ends, the camera ends the session, or no
// picture comes for too long.
func (s *session) play(ctx context.Context) error {
	began := time.Now()
	var newest, keyed atomic.Int64 // since then, on the monotonic clock
	take := s.units.take
	s.units.take = func(p *flow.Packet) {
		p.Received = time.Now()
		at := int64(p.Received.Sub(began))
		newest.Store(at)
		if p.Key && keyed.Load() == 0 {
			keyed.Store(at)
		}
		take(p)
	}
	s.client.OnPacketRTP(s.media, s.format, func(pkt *rtp.Packet) { s.units.add(pkt) })
	if s.report != nil {
		s.client.OnPacketRTCP(s.media, s.report)
	}
	err := s.within(ctx, func() error {
		_, err := s.client.Play(nil)
		return err
	})
	if err != nil {
		return err
	}
	s.line.Load().gather()
	s.plays = make(chan error, 1)
	go func() { s.plays <- s.client.Wait() }()
	tick := time.NewTicker(s.stall / 4)
	defer tick.Stop()
	for {
		select {
		case err := <-s.plays:
			s.plays <- err // for close
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			on := time.Since(began)
			if on-time.Duration(newest.Load()) > s.stall {
				return errStalled
			}
			if keyed.Load() == 0 && on > max(keyless, s.stall) {
				return errKeyless
			}
		}
	}
}

// close ends the session; no picture is handed on afterwards.
func (s *session) close() {
	s.client.Close()
	if s.plays != nil {
		<-s.plays
	}
}
