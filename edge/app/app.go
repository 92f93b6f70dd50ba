// Package app joins the stages: it builds everything from the configuration,
// runs it, and tears it down. Nowhere else do two stages meet.
//
// pipeline.go is one camera's way from top to bottom.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/adapt"
	"eastgate/edge/arm"
	"eastgate/edge/command"
	"eastgate/edge/config"
	"eastgate/edge/coverage"
	"eastgate/edge/decode"
	"eastgate/edge/evidence"
	"eastgate/edge/gate"
	"eastgate/edge/identity"
	"eastgate/edge/live"
	"eastgate/edge/memory"
	"eastgate/edge/outbox"
	"eastgate/edge/overlay"
	"eastgate/edge/sensor"
	"eastgate/edge/status"
	"eastgate/edge/uplink"
	"eastgate/shared/event"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// grace is how long the stages may take to finish what they hold when the box
// is told to stop.
const grace = 5 * time.Second

// A Box is the running gateway.
type Box struct {
	file     config.File
	log      *slog.Logger
	reg      *prometheus.Registry
	m        *metrics
	board    *status.Board
	trust    *tls.Config      // towards the cloud
	identity *identity.Keeper // nil for a box with a secret
	outbox   *outbox.Box
	folder   *evidence.Folder
	uploader *evidence.Uploader
	uplink   *uplink.Uplink
	commands *command.Runner
	live     *live.Publisher
	watched  map[string]*live.Source // by camera
	armed    *arm.Book
	lessons  *adapt.Book
	coverage *coverage.Ledger
	settings *overlay.Book
	memory   *memory.Store // what cameras know over restarts
	lenses   lenses
	trying   chan struct{} // held by the one preview under way
	keeper   *keeper
	sensors  *sensor.Core // nil when there are none
	sources  []sensor.Source
	showing  chan struct{} // held by each alarm of a sensor that a camera shows
	shown    sync.WaitGroup
	ending   chan struct{} // closed when the box is told to stop
	stages   stageMetrics
	budget   *gate.Budget // of all cameras' closer looks
	decoders *decode.Pool
	web      net.Listener // nil when turned off
	undo     []func() error
}

// New opens what the box needs: its folder, outbox, secret and port. Close must
// be called, also after Run.
func New(f config.File, version string, log *slog.Logger) (b *Box, err error) {
	b = &Box{file: f, log: log, reg: prometheus.NewRegistry(), board: status.NewBoard(), showing: make(chan struct{}, maxShows), ending: make(chan struct{}), trying: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	b.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	b.m, b.stages = newMetrics(b.reg), newStageMetrics(b.reg)
	b.budget, b.decoders = gate.NewBudget(runtime.GOMAXPROCS(0), processorTimes, b.stages.gate, log), decode.NewPool()
	b.budget.Cameras(len(f.Cameras))

	if err := os.MkdirAll(f.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	word, err := b.openIdentity()
	if err != nil {
		return nil, err
	}
	b.outbox, err = outbox.Open(outbox.Config{Path: filepath.Join(f.Data, "outbox.db"), MaxBytes: f.Outbox.MaxBytes, MinFree: f.Outbox.MinFree}, outbox.NewMetrics(b.reg), log)
	if err != nil {
		return nil, err
	}
	b.undo = append(b.undo, b.outbox.Close)
	if b.settings, err = overlay.Open(filepath.Join(f.Data, "settings"), f.Cameras, log); err != nil {
		return nil, err
	}
	if b.memory, err = memory.Open(filepath.Join(f.Data, "memory"), b.reg, log); err != nil {
		return nil, err
	}
	b.keeper = newKeeper(b.outbox, event.NewSource(f.Site, f.Box, ""), b.m, log)
	if err := b.openEvidence(word); err != nil {
		return nil, err
	}
	if err := b.openCoverage(); err != nil {
		return nil, err
	}
	if err := b.openSensors(); err != nil {
		return nil, err
	}
	if err := b.openCommands(); err != nil {
		return nil, err
	}
	if err := b.openLive(word); err != nil {
		return nil, err
	}
	if err := b.openUplink(word, version); err != nil {
		return nil, err
	}
	return b, b.listen()
}

func (b *Box) openEvidence(word secret.Value) error {
	c := evidence.DefaultConfig()
	c.Dir, c.MaxBytes = filepath.Join(b.file.Data, "evidence"), b.file.Outbox.Pictures
	c.CloudURL, c.TLS = b.file.Cloud.Evidence, b.trust
	c.User, c.Secret = b.file.Site+"/"+b.file.Box, word
	c.BytesPerSecond = b.file.Cloud.UploadRate
	c.ReserveBytes += b.file.Outbox.MinFree // evidence stops before events have to
	var err error
	if b.folder, err = evidence.Open(c, b.stages.evidence, b.log); err != nil {
		return err
	}
	b.uploader, err = evidence.NewUploader(c, b.folder, waitingEvents{b.outbox, b.keeper}, b.stages.evidence, b.log)
	return err
}

func (b *Box) openUplink(word secret.Value, version string) error {
	c := uplink.Config{
		Site: b.file.Site, Box: b.file.Box, Secret: word, Version: version,
		Broker: b.file.Cloud.Broker, TLS: b.trust,
		Health: b.health, HealthChanged: b.board.Changed(), Coverage: b.coverage, Commands: b.commands,
	}
	var err error
	b.uplink, err = uplink.New(c, b.outbox, uplink.NewMetrics(b.reg), b.log)
	return err
}

// checks are what /healthz asks besides the cameras.
func (b *Box) checks() []status.Check {
	checks := []status.Check{
		{Name: "outbox", Ask: func() (any, error) {
			s, err := b.outbox.Stats()
			if held := b.keeper.waiting(); err == nil && held > 0 {
				err = fmt.Errorf("%d events are only in memory because the disk refuses them: free some space", held)
			}
			return s, err
		}},
		{Name: "evidence", Ask: func() (any, error) { return b.folder.Stats(), nil }},
		{Name: "budget", Ask: func() (any, error) { return b.budget.State(), nil }},
		{Name: "uplink", Ask: func() (any, error) { return b.uplink.State(), nil }},
	}
	if b.identity != nil {
		checks = append(checks, status.Check{Name: "identity", Ask: func() (any, error) { return b.identity.State(), nil }})
	}
	if b.sensors != nil {
		checks = append(checks, status.Check{Name: "sensors", Ask: b.sensorCheck})
	}
	return checks
}

func (b *Box) listen() error {
	if b.file.Listen == "" {
		return nil
	}
	l, err := net.Listen("tcp", b.file.Listen)
	if err != nil {
		return fmt.Errorf("listen for /healthz and /metrics: %w", err)
	}
	b.web = l
	return nil
}

// Addr is where /healthz and /metrics answer; empty when turned off.
func (b *Box) Addr() string {
	if b.web == nil {
		return ""
	}
	return b.web.Addr().String()
}

// Close undoes what New did, in reverse order, all of it even if some fails.
func (b *Box) Close() error {
	var err error
	for i := len(b.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, b.undo[i]())
	}
	b.undo = nil
	return err
}

// Run works until ctx ends. Then cameras and sensors stop first, what they have seen is
// finished and kept, and the link to the cloud goes last. An outbox that is broken
// ends Run with an error: only a new start can tell what it holds.
func (b *Box) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	link, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var behind errgroup.Group
	behind.Go(func() error {
		defer stop()
		return b.keeper.Run(link)
	})
	behind.Go(func() error { return b.uplink.Run(link) })
	behind.Go(func() error { return b.uploader.Run(link) })
	if b.identity != nil {
		behind.Go(func() error { return b.identity.Run(link) })
	}
	behind.Go(func() error { return b.coverage.Run(link) })
	behind.Go(func() error { return b.budget.Run(link) })
	behind.Go(func() error { return b.memory.Run(link) })
	behind.Go(func() error { return b.serve(link) })
	behind.Go(func() error { return b.commands.Run(ctx) })
	behind.Go(func() error { return b.live.Run(ctx) })

	var eyes, ears error
	var front sync.WaitGroup
	front.Go(func() { eyes = b.runCameras(ctx) })
	front.Go(func() { ears = b.runSensors(ctx) })
	front.Wait()
	cut()
	return errors.Join(eyes, ears, behind.Wait())
}

func (b *Box) runCameras(stop context.Context) error {
	hard, kill := context.WithCancel(context.WithoutCancel(stop))
	defer kill()
	context.AfterFunc(stop, func() { time.AfterFunc(grace, kill) })
	var g errgroup.Group
	for name := range b.file.Cameras {
		g.Go(func() error { return b.runCamera(stop, hard, name) })
	}
	return g.Wait()
}

// serve answers /healthz and /metrics until ctx ends.
func (b *Box) serve(ctx context.Context) error {
	if b.web == nil {
		return nil
	}
	srv := &http.Server{Handler: b.board.Handler(b.reg, b.checks()...), ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { srv.Close() })
	defer stopped()
	if err := srv.Serve(b.web); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve /healthz and /metrics: %w", err)
	}
	return nil
}

// health is what the uplink tells the cloud of the cameras.
func (b *Box) health() wire.BoxHealth {
	h := wire.BoxHealth{At: time.Now().UTC(), Cameras: b.board.Cameras()}
	for i := range h.Cameras {
		c := &h.Cameras[i]
		zones := b.settings.State(c.Camera)
		c.Name, c.Zones, c.ClockAheadMS = b.file.Cameras[c.Camera].Name, &zones, b.lenses.clockAhead(c.Camera)
		c.Disarmed = b.armed.Health(c.Camera)
	}
	if s, err := b.outbox.Stats(); err == nil {
		h.Waiting = s.Total()
	}
	b.withSensors(&h)
	return h
}
