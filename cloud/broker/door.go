package broker

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"eastgate/cloud/identity"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// A door lets clients in, each with what it may say and hear.
type door struct {
	c     Config
	cloud string
	log   *slog.Logger

	mu     sync.Mutex
	inside map[uint64]identity.Peer // by the server's number of the connection
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
	ctx, stop := context.WithTimeout(context.Background(), checkWait)
	defer stop()
	p, err := d.who(ctx, c)
	if err == nil && o.Username != "" && o.Username != p.Name() {
		err = errors.New("it says that it is " + o.Username)
	}
	if err != nil {
		d.log.Warn("box is refused", "box", p.Name(), "from", c.RemoteAddress().String(), "err", err)
		return false
	}
	d.mu.Lock()
	d.inside[c.GetID()] = p
	d.mu.Unlock()
	c.RegisterUser(&server.User{Username: p.Name(), Permissions: rights(p.Site, p.Box)})
	return true
}

// errProof says that somebody showed nothing that this broker takes.
var errProof = errors.New("it shows neither a certificate nor, where that is allowed, a secret")

// who says which box a client is: its certificate does, where it shows one.
func (d *door) who(ctx context.Context, c server.ClientAuthentication) (identity.Peer, error) {
	if state := c.GetTLSConnectionState(); state != nil && len(state.VerifiedChains) > 0 && d.c.Certified != nil {
		return d.c.Certified(ctx, state.VerifiedChains[0][0])
	}
	o := c.GetOpts()
	site, box, ok := strings.Cut(o.Username, "/")
	if d.c.Secret == nil || !ok || !event.ValidName(site) || !event.ValidName(box) {
		return identity.Peer{}, errProof
	}
	return identity.Peer{Site: site, Box: box}, d.c.Secret(ctx, site, box, o.Password)
}

// clear forgets who was inside the server before.
func (d *door) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.inside)
}

// End implements identity.Gate.
func (b *Broker) End(gone func(identity.Peer) bool) {
	srv, d := b.server(), b.door
	d.mu.Lock()
	var out []uint64
	for id, p := range d.inside {
		switch {
		case srv.GetClient(id) == nil: // it went by itself
			delete(d.inside, id)
		case gone(p):
			d.log.Warn("a box is cut off from the broker: it may speak no more", "site", p.Site, "box", p.Box)
			delete(d.inside, id)
			out = append(out, id)
		}
	}
	d.mu.Unlock()
	for _, id := range out {
		srv.DisconnectClientByID(id) //nolint:errcheck // it went by itself
	}
}

// rights lets a box speak and listen only under its own name.
func rights(site, box string) *server.Permissions {
	var say, hear []string
	for _, what := range []string{wire.Event, wire.Status, wire.Health, wire.Hello, wire.Coverage, wire.Result} {
		say = append(say, subject(wire.Topic(site, box, what)))
	}
	for _, what := range []string{wire.Acks, wire.Command, wire.Covered} {
		hear = append(hear, subject(wire.Topic(site, box, what)))
	}
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: say},
		Subscribe: &server.SubjectPermission{Allow: hear},
	}
}

// subject is the server's own form of an MQTT topic.
func subject(topic string) string { return strings.ReplaceAll(topic, "/", ".") }
