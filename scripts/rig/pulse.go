package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eastgate/edge/identity"
	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// pulseBox is the name of the box whose events are made here.
const pulseBox = "pulse"

// A pulse is a box of our own: the product's outbox and uplink, with events made
// here, so that the moment in which each was accepted at the edge is known.
type pulse struct {
	out  *outbox.Box
	stop context.CancelFunc
	done chan error
}

func (s *site) startPulse(ctx context.Context) (*pulse, error) {
	own, err := identity.Open(identity.Folder(filepath.Join(s.dir, pulseBox)))
	if err != nil {
		return nil, err
	}
	shows, err := own.TLS()
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	reg := prometheus.NewRegistry()
	out, err := outbox.Open(outbox.Config{Path: filepath.Join(s.dir, pulseBox+".outbox"), MaxBytes: 256 << 20}, outbox.NewMetrics(reg), quiet)
	if err != nil {
		return nil, err
	}
	up, err := uplink.New(uplink.Config{
		Site: demoSite, Box: pulseBox, Broker: "mqtts://" + s.broker, TLS: shows, Version: "pulse",
		Health: func() wire.BoxHealth { return wire.BoxHealth{At: time.Now().UTC()} },
	}, out, uplink.NewMetrics(reg), quiet)
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	p := &pulse{out: out, done: make(chan error, 1)}
	ctx, p.stop = context.WithCancel(ctx)
	go func() { p.done <- up.Run(ctx) }()
	return p, nil
}

// put makes something begin at a device and returns when the edge had it on disk.
func (p *pulse) put(ctx context.Context, device string, kind event.Kind) (time.Time, error) {
	now := time.Now().UTC()
	id := event.NewID()
	e := event.Event{
		ID: id, Episode: id, Source: event.NewSource(demoSite, pulseBox, device), Kind: kind, State: event.Start, Time: now, Since: now,
		Certainty: "Possible", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Actual", Score: 0.9,
		Detector: event.Detector{Name: "pulse", Version: "1"},
	}
	body, err := wire.EncodeEvent(&e)
	if err != nil {
		return time.Time{}, err
	}
	if err := p.out.Put(ctx, outbox.Message{ID: e.ID, Priority: int(kind.Level()), Body: body}); err != nil {
		return time.Time{}, err
	}
	return time.Now(), nil
}

// drained waits until the cloud has acknowledged everything.
func (p *pulse) drained(ctx context.Context) error {
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(100 * time.Millisecond) {
		stats, err := p.out.Stats()
		if err != nil {
			return err
		}
		if stats.Total() == 0 {
			return nil
		}
	}
	return fmt.Errorf("the cloud has not acknowledged everything within two minutes")
}

func (p *pulse) close() error {
	p.stop()
	return errors.Join(<-p.done, p.out.Close())
}
