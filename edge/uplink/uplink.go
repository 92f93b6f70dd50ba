// Package uplink drains the outbox to the cloud over MQTT.
//
// It promises that an event leaves the outbox only when the cloud says that it is
// committed there, never because a broker took it; that what is not acknowledged
// is sent again; and that a backlog does not delay a new urgent event. One MQTT
// client object serves one connection: a link that broke is built anew.
package uplink

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"eastgate/edge/outbox"
	"eastgate/shared/event"
	"eastgate/shared/retry"
	"eastgate/shared/wire"
)

// queue is what the uplink needs of the outbox.
type queue interface {
	Epoch() string
	Next(c *outbox.Cursor, l outbox.Limit) ([]outbox.Entry, error)
	Ack(epoch string, ranges ...outbox.Range) (outbox.Acked, error)
	Arrivals() <-chan struct{}
	Streams() ([]outbox.Stream, error)
}

// An Uplink brings one box's events to the cloud.
type Uplink struct {
	cfg Config
	q   queue
	m   *Metrics
	log *slog.Logger

	ages ages

	mu    sync.Mutex
	state State
}

// A State is how the link to the cloud is.
type State struct {
	Connected bool       `json:"connected"`
	Since     time.Time  `json:"since"`
	LastAck   *time.Time `json:"last_ack"`           // nil: none yet
	Fault     string     `json:"fault,omitempty"`    // why it is not connected
	Clash     string     `json:"identity,omitempty"` // another box speaks under our name
}

// New returns an uplink; it connects when it runs.
func New(cfg Config, q queue, m *Metrics, log *slog.Logger) (*Uplink, error) {
	if err := errors.Join(cfg.Validate()...); err != nil {
		return nil, fmt.Errorf("uplink: %w", err)
	}
	return &Uplink{cfg: cfg.withDefaults(), q: q, m: m, log: log, state: State{Since: time.Now(), Fault: "not yet connected"}}, nil
}

// State returns how the link is now.
func (u *Uplink) State() State {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.state
}

func (u *Uplink) note(change func(*State)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(&u.state)
}

// credentialsWait keeps a box with a wrong secret from being taken for an attack.
const credentialsWait = 30 * time.Second

// Run publishes what waits until ctx ends; then it gives what is on its way a
// moment to be acknowledged. A lost broker is no error.
func (u *Uplink) Run(ctx context.Context) error {
	var behind sync.WaitGroup
	defer behind.Wait()
	behind.Go(func() { u.watchAges(ctx) })
	backoff := retry.Backoff{Min: u.cfg.RetryMin, Max: u.cfg.RetryMax}
	for ctx.Err() == nil {
		began := time.Now()
		err := u.connection(ctx)
		u.m.connected.Set(0)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > time.Minute {
			backoff.Reset()
		}
		fault := u.explain(err)
		u.m.failures.Inc()
		u.note(func(s *State) {
			if s.Connected || s.Fault != fault { // said once, not at every attempt
				u.log.Warn("no link to the cloud; events wait in the outbox", "reason", fault)
			}
			if s.Connected {
				s.Since = time.Now()
			}
			s.Connected, s.Fault = false, fault
		})
		if refused(err) {
			retry.Sleep(ctx, credentialsWait)
			continue
		}
		backoff.Wait(ctx)
	}
	return nil
}

// refused reports whether the broker does not want us. The embedded broker says
// so by closing the link before it has answered the login.
func refused(err error) bool {
	return errors.Is(err, errLogin) || errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword) || errors.Is(err, packets.ErrorRefusedNotAuthorised)
}

// explain puts an error into a sentence that says what to do.
func (u *Uplink) explain(err error) string {
	switch {
	case refused(err):
		return fmt.Sprintf("%s refuses %s/%s: is the box revoked, or its certificate replaced or over? Enrol the box again, or check its secret", u.cfg.Broker, u.cfg.Site, u.cfg.Box)
	case errors.Is(err, errNoAck):
		return fmt.Sprintf("%s takes events but the cloud acknowledges none: is `cloud run` up and its disk not full?", u.cfg.Broker)
	}
	if word := certificate(err); word != "" {
		return fmt.Sprintf("%s: %s (%v)", u.cfg.Broker, word, err)
	}
	return fmt.Sprintf("%s: %v", u.cfg.Broker, err)
}

// certificate says what is wrong with a broker's certificate; empty when it is not
// that. A clock that is wrong looks like one that has expired.
func certificate(err error) string {
	var invalid x509.CertificateInvalidError
	switch {
	case alert(err):
		return "the broker does not take this box's certificate: is it over? Enrol the box again"
	case errors.As(err, new(x509.UnknownAuthorityError)):
		return "the broker's certificate is signed by somebody unknown: give the signer's certificate as ca_file"
	case errors.As(err, new(x509.HostnameError)):
		return "the broker's certificate is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the broker's certificate has expired or is not valid yet: renew it, or set this box's clock"
	}
	return ""
}

// alert reports whether the other side has refused our certificate (RFC 8446 §6.2).
func alert(err error) bool {
	text := fmt.Sprint(err)
	return strings.Contains(text, "remote error: tls:") && strings.Contains(text, "certificate")
}

// errLogin says that the link was closed in the middle of the login.
var errLogin = errors.New("the broker closes the link at the login")

// errNoAck says that the link looks well and nothing is acknowledged.
var errNoAck = errors.New("no acknowledgement came")

// connection serves one connection from its beginning to its end.
func (u *Uplink) connection(ctx context.Context) error {
	l := newLink(u)
	if err := l.open(ctx); err != nil {
		return err
	}
	defer l.close()
	u.m.connected.Set(1)
	u.note(func(s *State) { s.Connected, s.Since, s.Fault = true, time.Now(), "" })
	u.log.Info("linked to the cloud", "broker", u.cfg.Broker, "epoch", u.q.Epoch())
	return l.run(ctx)
}

// acked takes what the cloud has committed out of the outbox.
func (u *Uplink) acked(a wire.Ack) ([]outbox.Range, error) {
	ranges := make([]outbox.Range, 0, len(a.Ranges))
	for _, r := range a.Ranges {
		ranges = append(ranges, outbox.Range{Priority: int(r.Priority), First: r.First, Last: r.Last})
	}
	if _, err := u.q.Ack(a.Epoch, ranges...); err != nil {
		return nil, err
	}
	now := time.Now()
	u.note(func(s *State) { s.LastAck = &now })
	return ranges, nil
}

// foreign notices acknowledgements for another box's events on our topic. A few
// are right after the outbox was replaced; when they go on, two boxes have one
// identity.
func (u *Uplink) foreign(epoch string, since time.Time) {
	if time.Since(since) < u.cfg.ClashAfter {
		return
	}
	text := fmt.Sprintf("another box also speaks as %s/%s (epoch %s): give each box its own name with `cloud edge enrol`", u.cfg.Site, u.cfg.Box, epoch)
	u.note(func(s *State) {
		if s.Clash == "" {
			u.log.Error("two boxes have one identity", "fault", text)
			u.m.clashes.Inc()
		}
		s.Clash = text
	})
}

// position is an entry's place as the wire has it.
func position(epoch string, e outbox.Entry) wire.Position {
	return wire.Position{Epoch: epoch, Priority: event.Level(e.Priority), Sequence: e.Seq}
}
