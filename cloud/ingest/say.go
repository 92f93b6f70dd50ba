package ingest

import (
	"context"
	"errors"
)

// ErrNoLink says that the broker cannot be reached at the moment.
var ErrNoLink = errors.New("no link to the broker")

// Say publishes for others on the ingest's own link, at most once.
func (g *Ingest) Say(topic string, payload []byte) error {
	g.mu.Lock()
	l := g.link
	g.mu.Unlock()
	if l == nil || !l.client.IsConnectionOpen() {
		return ErrNoLink
	}
	l.say(topic, payload)
	return nil
}

// stand notes which link stands.
func (g *Ingest) stand(l *link) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.link = l
}

// result hands on what came of a command. What is not stored comes again, for the
// command is said again.
func (g *Ingest) result(ctx context.Context, site, box string, payload []byte) {
	if g.cfg.Results == nil {
		return
	}
	if err := g.cfg.Results(ctx, site, box, payload); err != nil && ctx.Err() == nil {
		g.m.unreadable.Inc()
		g.log.Error("what came of a command is not taken", "site", site, "box", box, "err", err)
	}
}
