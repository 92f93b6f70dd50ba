// Package cameratest is a camera for tests and the demo: an RTSP server that
// plays films in real time, loops them without a jump in time, and fails on
// command in the ways that cameras fail.
package cameratest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v4"
	"github.com/bluenviron/gortsplib/v4/pkg/auth"
	"github.com/bluenviron/gortsplib/v4/pkg/base"
	"github.com/bluenviron/gortsplib/v4/pkg/liberrors"
)

// Config says how the server is reached. Empty fields are what a simple camera
// has: no password, no TLS, a free port on the loopback, TCP only.
type Config struct {
	Listen   string // host:port
	User     string
	Password string
	Digest   bool // ask for digest instead of basic authentication
	TLS      *tls.Config
	UDP      bool // offer UDP as well
	UDPOnly  bool // refuse TCP
	// Clock is how far the cameras' clocks are ahead of the machine's.
	Clock time.Duration
	Log   *slog.Logger
}

// A Server is a number of cameras at one address.
type Server struct {
	cfg  Config
	rtsp *gortsplib.Server
	addr string

	mu       sync.Mutex
	cameras  map[string]*Camera
	sessions map[*gortsplib.ServerSession]*Camera
	playing  map[*gortsplib.ServerSession]*Camera
}

// New starts a server.
func New(cfg Config) (*Server, error) {
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, cameras: map[string]*Camera{}, sessions: map[*gortsplib.ServerSession]*Camera{}, playing: map[*gortsplib.ServerSession]*Camera{}}
	s.rtsp = &gortsplib.Server{
		Handler: handler{s}, RTSPAddress: cfg.Listen, TLSConfig: cfg.TLS, WriteQueueSize: 1024,
		Listen: func(network, address string) (net.Listener, error) {
			l, err := net.Listen(network, address)
			if err == nil {
				s.addr = l.Addr().String()
			}
			return l, err
		},
	}
	if cfg.Digest {
		s.rtsp.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodDigestMD5}
	} else {
		s.rtsp.AuthMethods = []auth.VerifyMethod{auth.VerifyMethodBasic}
	}
	if cfg.UDP || cfg.UDPOnly {
		s.rtsp.UDPRTPAddress, s.rtsp.UDPRTCPAddress = "127.0.0.1:0", "127.0.0.1:0"
		if err := s.pairOfPorts(); err != nil {
			return nil, err
		}
	}
	if err := s.rtsp.Start(); err != nil {
		return nil, fmt.Errorf("camera simulator: %w", err)
	}
	return s, nil
}

// pairOfPorts finds two free neighbouring ports, the lower one even (RFC 3550 §11).
func (s *Server) pairOfPorts() error {
	for range 50 {
		a, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		port := a.LocalAddr().(*net.UDPAddr).Port &^ 1
		a.Close()
		rtp, rtcp := fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("127.0.0.1:%d", port+1)
		b, err := net.ListenPacket("udp", rtp)
		if err != nil {
			continue
		}
		c, err := net.ListenPacket("udp", rtcp)
		b.Close()
		if err != nil {
			continue
		}
		c.Close()
		s.rtsp.UDPRTPAddress, s.rtsp.UDPRTCPAddress = rtp, rtcp
		return nil
	}
	return errors.New("camera simulator: no pair of UDP ports is free")
}

// Close ends all sessions and players.
func (s *Server) Close() {
	s.mu.Lock()
	cameras := s.cameras
	s.cameras = map[string]*Camera{}
	s.mu.Unlock()
	for _, c := range cameras {
		c.stop()
	}
	s.rtsp.Close()
}

// URL is the address of a camera.
func (s *Server) URL(name string) string {
	scheme := "rtsp"
	if s.cfg.TLS != nil {
		scheme = "rtsps"
	}
	return scheme + "://" + s.addr + "/" + name
}

// Add starts a camera that plays a film.
func (s *Server) Add(name string, f Film) (*Camera, error) {
	return s.add(name, f, (*Camera).run)
}

func (s *Server) add(name string, f Film, run func(*Camera)) (*Camera, error) {
	if s.Camera(name) != nil {
		return nil, fmt.Errorf("camera simulator: there are two cameras %s", name)
	}
	c := &Camera{server: s, film: f, mode: Play, ended: make(chan struct{}), quit: make(chan struct{})}
	err := f.check()
	if err == nil {
		err = c.open(f)
	}
	if err != nil {
		return nil, fmt.Errorf("camera simulator: %s: %w", name, err)
	}
	s.mu.Lock()
	s.cameras[name] = c
	s.mu.Unlock()
	go func() {
		defer close(c.ended)
		run(c)
	}()
	return c, nil
}

// Camera returns a camera by name; nil if there is none.
func (s *Server) Camera(name string) *Camera {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cameras[name]
}

// disconnect ends the sessions that watch c.
func (s *Server) disconnect(c *Camera) {
	s.mu.Lock()
	var watching []*gortsplib.ServerSession
	for ss, watched := range s.sessions {
		if watched == c {
			watching = append(watching, ss)
		}
	}
	s.mu.Unlock()
	for _, ss := range watching {
		ss.Close()
	}
}

// A handler answers RTSP requests.
type handler struct{ s *Server }

func (h handler) find(conn *gortsplib.ServerConn, req *base.Request, path string) (*Camera, *base.Response, error) {
	if h.s.cfg.User != "" && !conn.VerifyCredentials(req, h.s.cfg.User, h.s.cfg.Password) {
		return nil, &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	c := h.s.Camera(strings.Trim(path, "/"))
	if c == nil {
		return nil, &base.Response{StatusCode: base.StatusNotFound}, nil
	}
	if c.refuses() {
		return nil, nil, io.EOF // as a camera that has lost its power
	}
	return c, &base.Response{StatusCode: base.StatusOK}, nil
}

// OnDescribe tells what a camera offers.
func (h handler) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c, resp, err := h.find(ctx.Conn, ctx.Request, ctx.Path)
	if c == nil {
		return orRefuse(resp), nil, err
	}
	return resp, c.current(), err
}

// OnSetup lets somebody watch.
func (h handler) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c, resp, err := h.find(ctx.Conn, ctx.Request, ctx.Path)
	if c == nil {
		return orRefuse(resp), nil, err
	}
	if h.s.cfg.UDPOnly && ctx.Transport == gortsplib.TransportTCP {
		return &base.Response{StatusCode: base.StatusUnsupportedTransport}, nil, nil
	}
	h.s.mu.Lock()
	h.s.sessions[ctx.Session] = c
	h.s.mu.Unlock()
	return resp, c.current(), err
}

func orRefuse(resp *base.Response) *base.Response {
	if resp == nil {
		return &base.Response{StatusCode: base.StatusServiceUnavailable}
	}
	return resp
}

// OnPlay starts sending.
func (h handler) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	if c := h.s.sessions[ctx.Session]; c != nil && h.s.playing[ctx.Session] == nil {
		h.s.playing[ctx.Session] = c
		c.watchers.Add(1)
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose forgets who watched.
func (h handler) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	h.s.mu.Lock()
	defer h.s.mu.Unlock()
	delete(h.s.sessions, ctx.Session)
	if c := h.s.playing[ctx.Session]; c != nil {
		delete(h.s.playing, ctx.Session)
		c.watchers.Add(-1)
	}
}

// OnPacketsLost is not interesting: the loopback loses nothing that matters.
func (handler) OnPacketsLost(*gortsplib.ServerHandlerOnPacketsLostCtx) {}

// OnStreamWriteError says when somebody watches too slowly.
func (h handler) OnStreamWriteError(ctx *gortsplib.ServerHandlerOnStreamWriteErrorCtx) {
	h.s.cfg.Log.Debug("viewer is too slow", "err", ctx.Error)
}
