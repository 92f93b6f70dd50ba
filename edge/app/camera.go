package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/coverage"
	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/evidence"
	"eastgate/edge/flow"
	"eastgate/edge/gate"
	"eastgate/edge/status"
	"eastgate/shared/event"
	"eastgate/shared/retry"
	"eastgate/shared/wire"
)

// broken is the state word of a camera whose pipeline has failed.
const broken = "broken"

// runCamera keeps one camera's pipeline running until stop ends. A pipeline that
// fails is reported and built anew after a while; one whose camera has got other
// settings, at once. The other cameras go on.
func (b *Box) runCamera(stop, hard context.Context, name string) error {
	backoff := retry.Backoff{Min: time.Second, Max: time.Minute}
	c := b.settings.Camera(name)
	eye := b.coverage.Watch(name, func() string { return b.blindness(name) }, judges(c.Detect, c.Areas()))
	for stop.Err() == nil {
		began := time.Now()
		p, now, err := b.pipeline(name, eye)
		if err == nil {
			b.recall(stop, name, now)
			b.lenses.put(name, now)
			err = b.runUntilSet(stop, hard, name, p)
		}
		if stop.Err() != nil {
			return nil
		}
		if errors.Is(err, errSet) {
			b.log.Info("camera has got other settings", "camera", name, "version", b.settings.State(name).Version)
			continue
		}
		if time.Since(began) > 5*time.Minute {
			backoff.Reset()
		}
		b.m.restarts.WithLabelValues(name).Inc()
		b.log.Error("camera's pipeline has stopped; it is built anew", "camera", name, "err", err)
		b.board.Set(wire.CameraHealth{Camera: name, State: broken, Reason: fmt.Sprint(err), Since: time.Now()})
		backoff.Wait(stop)
	}
	return nil
}

// pipeline builds the way of one camera's pictures, with the settings in force.
func (b *Box) pipeline(name string, eye *coverage.Eye) (*pipeline, *lens, error) {
	select {
	case <-b.settings.Changed(name): // what it tells of is read next
	default:
	}
	c := b.settings.Camera(name)
	c.Detect = b.lessons.Over(name, c.Detect)
	areas := c.Areas()
	todo, err := tasks(c.Detect, areas, nil)
	if err != nil {
		return nil, nil, err
	}
	eye.Judged(judges(c.Detect, areas))
	place := b.place(name, c)
	skipped := b.m.skipped.WithLabelValues(name)
	cam, remember := b.recorded(name, c)
	from := b.eyepiece(name, c, remember, eye)
	confirmer := confirm.New(place, confirm.Rules(), clock(from.looked), b.stages.confirm)
	keep := evidence.New(cam, b.folder, b.stages.evidence, b.log)
	gate := gate.New(name, c.Gate, b.budget, b.stages.gate)
	gate.LeftOut = eye.Dropped
	decoder := decode.New(name, b.stages.decode, b.log)
	decoder.Shared = b.decoders
	decoder.Moved = gate.Feel
	detector := detect.NewStage(name, todo, b.stages.detect, b.log)
	detector.Heed = gate.Heed
	l := &lens{camera: from.looked, ring: cam.Ring, confirm: confirmer, stage: keep, tap: &tap{}, tasks: todo, kinds: []event.Kind{event.VideoLoss}}
	for _, t := range todo {
		l.kinds = append(l.kinds, t.Detector.Kinds()...)
	}
	return &pipeline{
		camera:   from,
		remember: from.remember,
		gate:     gate,
		decode:   decoder,
		look:     gate.Behind(),
		newest:   newest{func(f *flow.Frame) { eye.Decoded(); l.tap.see(f) }, func() { skipped.Inc(); eye.Skipped() }},
		detect:   detector,
		watch:    status.NewWatch(name, b.board, b.while(name, eye)),
		confirm:  confirmer,
		evidence: keep,
		keep: func(ctx context.Context, e event.Event) {
			gate.Know(e)
			b.keeper.keep(ctx, e)
		},
	}, l, nil
}

// place is where a camera stands, and what is marked there.
func (b *Box) place(name string, c config.Camera) confirm.Place {
	return confirm.Place{
		Source: event.NewSource(b.file.Site, b.file.Box, name), Zones: c.Areas().Zones, Local: b.local(),
		Watches: func(k event.Kind) bool { return b.armed.Watches(name, k) },
	}
}

// local is the time zone in which schedules are written.
func (b *Box) local() *time.Location {
	if b.file.Timezone != "" {
		if local, err := time.LoadLocation(b.file.Timezone); err == nil { // checked with the configuration
			return local
		}
	}
	return time.Local
}
