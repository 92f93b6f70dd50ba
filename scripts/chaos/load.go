package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/outbox"
	"eastgate/edge/uplink"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// A crowd is several boxes in one process: the product's own outbox and uplink,
// with events made here instead of seen by cameras.
type crowd struct {
	dir     string // the outboxes
	site    string // the folder of the whole site: secrets, orders, reports
	broker  string
	rate    float64 // events a second of each camera
	bytes   int64   // of each outbox
	history time.Duration
	log     *slog.Logger
	ledger  *ledger
}

// camerasOfBox is how many cameras each box has.
const camerasOfBox = 4

// siteName is the site of every box here.
const siteName = "chaos"

// load runs a crowd until ctx ends.
func load(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	c := crowd{log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	flags.StringVar(&c.dir, "outboxes", "", "folder of the outboxes")
	flags.StringVar(&c.site, "site", "", "folder of the site")
	flags.StringVar(&c.broker, "broker", "", "mqtt://host:port")
	flags.Float64Var(&c.rate, "rate", 5, "events a second of each camera")
	flags.Int64Var(&c.bytes, "bytes", 256<<20, "bound of each outbox")
	flags.DurationVar(&c.history, "history", 0, "spread the events' times over so long before now")
	name := flags.String("name", "", "of this process")
	boxes := flags.String("boxes", "", "names with commas between")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if c.ledger, err = openLedger(filepath.Join(c.site, *name+".ledger")); err != nil {
		return err
	}
	done := make(chan struct{})
	var g errgroup.Group
	g.Go(func() error { return c.ledger.keep(done) })
	boxed, ctx := errgroup.WithContext(ctx)
	for _, b := range strings.Split(*boxes, ",") {
		boxed.Go(func() error { return c.box(ctx, b) })
	}
	err = boxed.Wait()
	close(done)
	return errors.Join(err, g.Wait())
}

// box runs one box. It ends with an error when its outbox must be opened again.
func (c *crowd) box(ctx context.Context, name string) error {
	reg := prometheus.NewRegistry()
	out, err := outbox.Open(outbox.Config{Path: filepath.Join(c.dir, name+".outbox"), MaxBytes: c.bytes}, outbox.NewMetrics(reg), c.log)
	if err != nil {
		return err
	}
	defer out.Close()
	word, err := (secret.Ref{File: filepath.Join(c.site, name+".secret")}).Load()
	if err != nil {
		return err
	}
	up, err := uplink.New(uplink.Config{
		Site: siteName, Box: name, Broker: c.broker, Secret: word, Version: "chaos",
		Health: func() wire.BoxHealth { return wire.BoxHealth{At: time.Now().UTC()} },
		// Quicker than a box's own, so that boxes meet more of the faults.
		RetryMin: 200 * time.Millisecond, RetryMax: 3 * time.Second,
	}, out, uplink.NewMetrics(reg), c.log)
	if err != nil {
		return err
	}
	link, cut := context.WithCancel(context.WithoutCancel(ctx)) // goes last
	defer cut()
	var behind errgroup.Group
	behind.Go(func() error { return up.Run(link) })
	g, ctx := errgroup.WithContext(ctx)
	for i := range camerasOfBox {
		g.Go(func() error { return c.camera(ctx, out, name, fmt.Sprintf("cam-%d", i+1)) })
	}
	g.Go(func() error { return c.report(ctx, out, name) })
	err = g.Wait()
	cut()
	return errors.Join(err, behind.Wait())
}

// camera puts events, one after the other, until ctx ends.
func (c *crowd) camera(ctx context.Context, out *outbox.Box, box, name string) error {
	open := map[event.Kind]string{} // episodes that have begun
	quiet := filepath.Join(c.site, quietFile)
	for ctx.Err() == nil {
		sleep(ctx, time.Duration(rand.ExpFloat64()*float64(time.Second)/c.rate))
		if _, err := os.Stat(quiet); err == nil || ctx.Err() != nil {
			sleep(ctx, 100*time.Millisecond)
			continue
		}
		e := c.event(event.NewSource(siteName, box, name), open)
		body, err := wire.EncodeEvent(&e)
		if err != nil {
			return err
		}
		m := outbox.Message{ID: e.ID, Priority: int(e.Kind.Level()), Body: body}
		for err = out.Put(ctx, m); err != nil && ctx.Err() == nil; err = out.Put(ctx, m) {
			if errors.Is(err, outbox.ErrBroken) {
				return err
			}
			c.log.Warn("event is held and tried again", "box", box, "err", err)
			sleep(ctx, 200*time.Millisecond)
		}
		if err != nil {
			return nil // told to stop; it was never confirmed
		}
		if err := c.ledger.confirm(entry{e.ID, box, name, m.Priority}); err != nil {
			return err
		}
	}
	return nil
}

// quietFile in the site's folder tells cameras to see nothing.
const quietFile = "quiet"

// saysFile is where a box says how many events wait and how many gave way.
const saysFile = ".waiting"

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// event makes a thing begin or end.
func (c *crowd) event(from event.Source, open map[event.Kind]string) event.Event {
	kind := event.Motion
	switch n := rand.IntN(100); {
	case n < 2:
		kind = event.FireVisual
	case n < 10:
		kind = event.FireLaneBlocked
	case n < 30:
		kind = event.ParkingMotor
	}
	at := time.Now().UTC()
	if c.history > 0 {
		at = at.Add(-rand.N(c.history))
	}
	id, state := event.NewID(), event.Start
	episode := id
	if began := open[kind]; began != "" {
		episode, state = began, event.End
		delete(open, kind)
	} else {
		open[kind] = id
	}
	return event.Event{
		ID: id, Episode: episode, Source: from, Kind: kind, State: state, Time: at, Since: at.Add(-time.Second),
		Certainty: "Likely", Severity: kind.Severity(), Urgency: kind.Urgency(), Status: "Test",
		Score: 0.5, Detector: event.Detector{Name: "chaos", Version: "1"},
	}
}

// report tells the suite how much waits, and the cloud what had to be given up, as
// edge/app does.
func (c *crowd) report(ctx context.Context, out *outbox.Box, box string) error {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		lost, err := out.Lost()
		if err != nil {
			return err
		}
		for _, l := range lost {
			if err := c.tell(ctx, out, box, l); err != nil {
				return err
			}
		}
		s, err := out.Stats()
		if err != nil {
			return err
		}
		gone := int64(0)
		for _, n := range s.GivenUp {
			gone += n
		}
		says := filepath.Join(c.site, box+saysFile)
		if err := errors.Join(os.WriteFile(says+".new", fmt.Appendln(nil, s.Total(), gone), 0o600), os.Rename(says+".new", says)); err != nil {
			return err
		}
	}
}

func (c *crowd) tell(ctx context.Context, out *outbox.Box, box string, l outbox.Lost) error {
	id, now := event.NewID(), time.Now().UTC()
	e := event.Event{
		ID: id, Episode: id, Source: event.NewSource(siteName, box, ""), Kind: event.EventsLost, State: event.Start, Time: now, Since: l.Since,
		Certainty: "Observed", Severity: event.EventsLost.Severity(), Urgency: event.EventsLost.Urgency(), Status: "Test",
		Score: 1, Note: fmt.Sprintf(shedNote, l.Count, l.Priority, l.First, l.Last), Detector: event.Detector{Name: "outbox", Version: "1"},
	}
	if l.File != "" {
		c.log.Error("outbox was damaged", "kept_as", l.File)
		e.Note = "the file of waiting events was damaged"
	}
	body, err := wire.EncodeEvent(&e)
	if err != nil {
		return err
	}
	err = out.Report(ctx, outbox.Message{ID: e.ID, Priority: int(e.Kind.Level()), Body: body}, l)
	if errors.Is(err, outbox.ErrBroken) {
		return err
	}
	return nil // what was refused is tried again
}
