// Package broker is the MQTT broker inside the cloud, and the rules of who may
// say what on it.
//
// It promises that a box can speak and listen only as itself, that nobody comes in
// without a certificate (or a secret, where the configuration says so), and that who
// may speak no more is cut off. It does not promise that what it has taken survives:
// the cloud acknowledges events itself, after their commit.
package broker

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"eastgate/cloud/identity"
	"eastgate/shared/wire"
)

// Config says where the broker listens and keeps what is on its way.
type Config struct {
	Listen string // host:port for MQTT
	Dir    string // for sessions and retained messages
	// TLS has the broker speak TLS only; it verifies a client's certificate if there is one.
	TLS *tls.Config
	// Certified says whose a verified certificate is; Secret lets a box in by a secret. A
	// way that is nil is closed.
	Certified func(ctx context.Context, cert *x509.Certificate) (identity.Peer, error)
	Secret    func(ctx context.Context, site, box, secret string) error
}

// A Broker is running from New to Close.
type Broker struct {
	secret string // of the cloud itself
	opts   *server.Options
	door   *door
	log    *slog.Logger

	mu  sync.Mutex
	srv *server.Server
}

var _ identity.Gate = (*Broker)(nil)

// Cloud is the user name under which the cloud's own parts connect.
const Cloud = "cloud"

// mostStored bounds what is on its way, in bytes. Without it the server takes a
// share of the room that the disk has when it starts, for ever: nothing on a full one.
const mostStored = 1 << 30

// startWait is how long the broker may take to be ready.
const startWait = 20 * time.Second

// handshakeWait bounds a TLS handshake, and the login after it, in seconds.
const handshakeWait = 10

// New starts a broker. Who comes in is asked at every connection.
func New(c Config, log *slog.Logger) (*Broker, error) {
	// The server would try for ever, without a word.
	probe, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("broker: cannot serve MQTT on %s: %w", c.Listen, err)
	}
	probe.Close() //nolint:errcheck // it has served its purpose
	host, portText, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return nil, fmt.Errorf("broker.listen: %w", err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, fmt.Errorf("broker.listen: port %q is no number", portText)
	}
	if port == 0 {
		port = -1 // the server's word for any free port
	}
	word := make([]byte, 24)
	rand.Read(word) //nolint:errcheck // never fails (crypto/rand)
	out := &Broker{secret: hex.EncodeToString(word), log: log}
	out.door = &door{c: c, cloud: out.secret, log: log, inside: map[uint64]identity.Peer{}}
	out.opts = &server.Options{
		ServerName: "eastgate", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: c.Dir, JetStreamMaxStore: mostStored, MaxPayload: 2 * wire.MaxBytes,
		CustomClientAuthentication: out.door,
		MQTT: server.MQTTOpts{
			Host: host, Port: port, AckWait: 30 * time.Second, MaxAckPending: 1024,
			TLSConfig: c.TLS, TLSTimeout: handshakeWait, AuthTimeout: handshakeWait,
		},
	}
	if err := out.start(); err != nil {
		return nil, err
	}
	out.opts.MQTT.Port = out.port() // the same again after a restart
	return out, nil
}

// start makes a server and waits until it answers.
func (b *Broker) start() error {
	opts := b.opts.Clone() // the server changes what it is given
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	srv.SetLoggerV2(logger{b.log}, false, false, false)
	b.mu.Lock()
	b.srv = srv
	b.mu.Unlock()
	b.door.clear()
	go srv.Start()
	if err := b.ready(); err != nil {
		b.stop()
		return err
	}
	return nil
}

func (b *Broker) server() *server.Server {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.srv
}

// ready waits until the MQTT port answers.
func (b *Broker) ready() error {
	for end := time.Now().Add(startWait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if b.server().ReadyForConnections(time.Millisecond) && b.port() != 0 {
			return nil
		}
	}
	return fmt.Errorf("broker: MQTT does not come up on %s: is the disk full?", net.JoinHostPort(b.opts.MQTT.Host, strconv.Itoa(b.opts.MQTT.Port)))
}

func (b *Broker) port() int {
	v, err := b.server().Varz(nil)
	if err != nil || v.MQTT.Port <= 0 {
		return 0
	}
	return v.MQTT.Port
}

// URL is where the broker is reached on this machine.
func (b *Broker) URL() string {
	v, err := b.server().Varz(nil)
	if err != nil {
		return ""
	}
	scheme, host := "mqtt", v.MQTT.Host
	if host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	if b.opts.MQTT.TLSConfig != nil {
		scheme = "mqtts"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(v.MQTT.Port))
}

// Secret is the password of user Cloud, made at each start.
func (b *Broker) Secret() string { return b.secret }

// Check reports whether the broker takes messages.
func (b *Broker) Check(context.Context) error {
	srv := b.server()
	if !srv.Running() {
		return errors.New("the broker does not run")
	}
	if h := srv.Healthz(nil); h.Status != "ok" {
		return fmt.Errorf("the broker takes no messages: %s", h.Error)
	}
	return nil
}

// checkEvery is how often Run looks.
const checkEvery = 2 * time.Second

// Run watches the broker until ctx ends. After a write that failed, as on a full
// disk, the server refuses every message for ever, also when there is room again:
// then Run starts it anew. Boxes connect again by themselves.
func (b *Broker) Run(ctx context.Context) error {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := b.Check(ctx)
		if err == nil {
			continue
		}
		b.log.Error("broker starts anew: is its disk full?", "dir", b.opts.StoreDir, "err", err)
		b.stop()
		if err := b.start(); err != nil {
			b.log.Error("broker does not start; it is tried again", "err", err)
		}
	}
}

// Close stops the broker.
func (b *Broker) Close() error {
	b.stop()
	return nil
}

func (b *Broker) stop() {
	srv := b.server()
	srv.Shutdown()
	srv.WaitForShutdown()
}

// A logger passes on what the server finds wrong, and nothing else.
type logger struct{ log *slog.Logger }

func (logger) Noticef(string, ...any) {}
func (logger) Debugf(string, ...any)  {}
func (logger) Tracef(string, ...any)  {}
func (l logger) Warnf(format string, a ...any) {
	l.log.Warn("broker", "says", fmt.Sprintf(format, a...))
}

func (l logger) Errorf(format string, a ...any) {
	l.log.Warn("broker", "says", fmt.Sprintf(format, a...))
}

func (l logger) Fatalf(format string, a ...any) {
	l.log.Error("broker", "says", fmt.Sprintf(format, a...))
}
