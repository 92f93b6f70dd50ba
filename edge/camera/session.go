package camera

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/description"
	"github.com/bluenviron/gortsplib/v4/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"eastgate/edge/flow"
)

// A session is one connection to a camera, set up and not yet playing.
type session struct {
	client *gortsplib.Client
	media  *description.Media
	format format.Format
	units  *assembler
	ended  chan error // how the client ended; only while playing
	plays  bool
	lost   func(packets uint64)
	report func(rtcp.Packet) // may be nil
}

// ioTimeout bounds a read or write; the stall watchdog is finer.
const ioTimeout = 10 * time.Second

// dial connects, asks what the camera offers, and sets up its video.
func dial(ctx context.Context, cfg Config, transport string) (*session, error) {
	u, err := address(cfg)
	if err != nil {
		return nil, err
	}
	s := &session{ended: make(chan error, 1)}
	if s.client, err = client(ctx, cfg, u, transport); err != nil {
		return nil, err
	}
	s.client.OnPacketsLost = func(n uint64) {
		if s.lost != nil {
			s.lost(n)
		}
	}
	if err := s.client.Start2(); err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, s.client.Close) // what blocks below ends with ctx
	defer stop()
	if err := s.setup(u); err != nil {
		s.client.Close()
		return nil, err
	}
	return s, nil
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
			return nil, err
		}
		u.User = url.UserPassword(cfg.Username, word.Reveal())
	}
	return u, nil
}

func client(ctx context.Context, cfg Config, u *base.URL, transport string) (*gortsplib.Client, error) {
	how := gortsplib.TransportTCP
	if transport == UDP {
		how = gortsplib.TransportUDP
	}
	c := &gortsplib.Client{
		Scheme: u.Scheme, Host: u.Host, Transport: &how,
		ReadTimeout: ioTimeout, WriteTimeout: ioTimeout, UserAgent: "Eastgate",
		OnDecodeError: func(error) {}, // counted as lost packets
		DialContext: func(_ context.Context, network, addr string) (net.Conn, error) {
			return (&net.Dialer{Timeout: ioTimeout}).DialContext(ctx, network, addr)
		},
	}
	if u.Scheme == "rtsps" {
		c.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
		if cfg.CAFile != "" {
			pem, err := os.ReadFile(cfg.CAFile)
			if err != nil {
				return nil, fmt.Errorf("ca_file: %w", err)
			}
			pool := x509.NewCertPool()
			if !pool.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("ca_file: %s holds no certificate", cfg.CAFile)
			}
			c.TLSConfig.RootCAs = pool
		}
	}
	return c, nil
}

// choose takes the first H.264 or H.265 track.
func (s *session) choose(desc *description.Session) error {
	offers := ""
	for _, m := range desc.Medias {
		for _, f := range m.Formats {
			units, err := newAssembler(f)
			if err != nil {
				return err
			}
			if units != nil {
				s.media, s.format, s.units = m, f, units
				return nil
			}
			if offers != "" {
				offers += ", "
			}
			offers += f.Codec()
		}
	}
	if offers == "" {
		offers = "no stream at all"
	}
	return errNoVideo{offers}
}

// play hands each picture to take until ctx ends, the camera ends the session,
// or no picture comes for as long as stall.
func (s *session) play(ctx context.Context, stall time.Duration, take func(*flow.Packet)) error {
	if stall == 0 {
		stall = DefaultConfig().StallAfter
	}
	var newest atomic.Int64 // unix nanoseconds
	newest.Store(time.Now().UnixNano())
	rate := time.Duration(s.format.ClockRate())
	s.client.OnPacketRTP(s.media, s.format, func(pkt *rtp.Packet) {
		ts, ok := s.client.PacketPTS2(s.media, pkt)
		if !ok {
			return
		}
		now := time.Now()
		p := s.units.add(pkt)
		if p == nil {
			return
		}
		newest.Store(now.UnixNano())
		p.Received, p.PTS = now, mediaTime(ts, rate)
		take(p)
	})
	if s.report != nil {
		s.client.OnPacketRTCP(s.media, s.report)
	}
	if _, err := s.client.Play(nil); err != nil {
		return err
	}
	s.plays = true
	go func() { s.ended <- s.client.Wait() }()
	tick := time.NewTicker(stall / 4)
	defer tick.Stop()
	for {
		select {
		case err := <-s.ended:
			s.ended <- err // for close
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if time.Since(time.Unix(0, newest.Load())) > stall {
				return errStalled
			}
		}
	}
}

// mediaTime turns a count of the stream's clock into a duration without
// overflow.
func mediaTime(ts int64, rate time.Duration) time.Duration {
	r := int64(rate)
	return time.Duration(ts/r)*time.Second + time.Duration(ts%r)*time.Second/rate
}

// close ends the session; no picture is handed on afterwards.
func (s *session) close() {
	s.client.Close()
	if s.plays {
		<-s.ended
	}
}

// errTooEarly says that a probe was told to stop before a picture came.
var errTooEarly = errors.New("no key picture came while it was watched: watch longer, and set the key-picture (I-frame) interval to 2 s")
