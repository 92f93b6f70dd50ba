// Package broker is the MQTT broker inside the cloud, and the rules of who may
// say what on it.
//
// It promises that a box can speak and listen only as itself, and that nobody
// comes in without a secret. It does not promise that what it has taken survives:
// the cloud acknowledges events itself, after their commit.
package broker

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// Config says where the broker listens and keeps what is on its way.
type Config struct {
	Listen string // host:port for MQTT
	Dir    string // for sessions and retained messages
	Cert   string // PEM files; with both, the broker speaks TLS only
	Key    string
}

// boxes knows the boxes' secrets.
type boxes interface {
	Check(ctx context.Context, site, box, secret string) error
}

// A Broker is running from New to Close.
type Broker struct {
	srv    *server.Server
	secret string // of the cloud itself
}

// Cloud is the user name under which the cloud's own parts connect.
const Cloud = "cloud"

// startWait is how long the broker may take to be ready.
const startWait = 20 * time.Second

// New starts a broker. boxes is asked at every connection.
func New(c Config, b boxes, log *slog.Logger) (*Broker, error) {
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
	out := &Broker{secret: hex.EncodeToString(word)}
	opts := &server.Options{
		ServerName: "eastgate", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: c.Dir, MaxPayload: 2 * wire.MaxBytes,
		CustomClientAuthentication: &door{boxes: b, cloud: out.secret, log: log},
		MQTT:                       server.MQTTOpts{Host: host, Port: port, AckWait: 30 * time.Second, MaxAckPending: 1024},
	}
	if c.Cert != "" {
		cert, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("broker.tls: %w", err)
		}
		opts.MQTT.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	if out.srv, err = server.NewServer(opts); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	out.srv.SetLoggerV2(logger{log}, false, false, false)
	go out.srv.Start()
	if err := out.ready(c.Listen); err != nil {
		out.Close()
		return nil, err
	}
	return out, nil
}

// ready waits until the MQTT port answers.
func (b *Broker) ready(listen string) error {
	for end := time.Now().Add(startWait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if b.srv.ReadyForConnections(time.Millisecond) && b.port() != 0 {
			return nil
		}
	}
	return fmt.Errorf("broker: MQTT does not come up on %s: is the disk full?", listen)
}

func (b *Broker) port() int {
	v, err := b.srv.Varz(nil)
	if err != nil || v.MQTT.Port <= 0 {
		return 0
	}
	return v.MQTT.Port
}

// URL is where the broker is reached on this machine.
func (b *Broker) URL() string {
	v, err := b.srv.Varz(nil)
	if err != nil {
		return ""
	}
	scheme, host := "mqtt", v.MQTT.Host
	if host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	if b.srv.Running() && v.MQTT.TLSMap {
		scheme = "mqtts"
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(v.MQTT.Port))
}

// Secret is the password of user Cloud, made at each start.
func (b *Broker) Secret() string { return b.secret }

// Check reports whether the broker runs.
func (b *Broker) Check(context.Context) error {
	if !b.srv.Running() {
		return errors.New("the broker does not run")
	}
	return nil
}

// Close stops the broker.
func (b *Broker) Close() error {
	b.srv.Shutdown()
	b.srv.WaitForShutdown()
	return nil
}

// A door lets clients in, each with what it may say and hear.
type door struct {
	boxes boxes
	cloud string
	log   *slog.Logger
}

// checkWait bounds how long looking up a box may take.
const checkWait = 5 * time.Second

// Check implements the server's authentication.
func (d *door) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	if o.Username == Cloud {
		if subtle.ConstantTimeCompare([]byte(o.Password), []byte(d.cloud)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: Cloud})
		return true
	}
	site, box, ok := strings.Cut(o.Username, "/")
	if !ok || !event.ValidName(site) || !event.ValidName(box) {
		return false
	}
	ctx, stop := context.WithTimeout(context.Background(), checkWait)
	defer stop()
	if err := d.boxes.Check(ctx, site, box, o.Password); err != nil {
		d.log.Warn("box is refused", "site", site, "box", box, "from", c.RemoteAddress().String(), "err", err)
		return false
	}
	c.RegisterUser(&server.User{Username: o.Username, Permissions: rights(site, box)})
	return true
}

// rights lets a box speak and listen only under its own name.
func rights(site, box string) *server.Permissions {
	var say, hear []string
	for _, what := range []string{wire.Event, wire.Status, wire.Health, wire.Hello, wire.Result} {
		say = append(say, subject(wire.Topic(site, box, what)))
	}
	for _, what := range []string{wire.Acks, wire.Command} {
		hear = append(hear, subject(wire.Topic(site, box, what)))
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: say},
		Subscribe: &server.SubjectPermission{Allow: hear},
	}
}

// subject is the server's own form of an MQTT topic.
func subject(topic string) string { return strings.ReplaceAll(topic, "/", ".") }

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
