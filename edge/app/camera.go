package app

import (
	"context"
	"fmt"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/config"
	"eastgate/edge/confirm"
	"eastgate/edge/coverage"
	"eastgate/edge/decode"
	"eastgate/edge/detect"
	"eastgate/edge/evidence"
	"eastgate/edge/gate"
	"eastgate/edge/status"
	"eastgate/shared/event"
	"eastgate/shared/retry"
	"eastgate/shared/wire"
)

// broken is the state word of a camera whose pipeline has failed.
const broken = "broken"

// runCamera keeps one camera's pipeline running until stop ends. A pipeline that
// fails is reported and built anew after a while; the other cameras go on.
func (b *Box) runCamera(stop, hard context.Context, name string, c config.Camera) error {
	backoff := retry.Backoff{Min: time.Second, Max: time.Minute}
	eye := b.coverage.Watch(name, func() string { return b.blindness(name) }, judges(c.Detect, c.Areas()))
	for stop.Err() == nil {
		began := time.Now()
		p, err := b.pipeline(name, c, eye)
		if err == nil {
			err = p.run(stop, hard)
		}
		if stop.Err() != nil {
			return nil
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

// pipeline builds the way of one camera's pictures.
func (b *Box) pipeline(name string, c config.Camera, eye *coverage.Eye) (*pipeline, error) {
	areas := c.Areas()
	todo, err := tasks(c.Detect, areas, nil)
	if err != nil {
		return nil, err
	}
	local, err := time.LoadLocation(b.file.Timezone)
	if err != nil {
		return nil, err
	}
	if b.file.Timezone == "" {
		local = time.Local
	}
	place := confirm.Place{
		Source: event.NewSource(b.file.Site, b.file.Box, name),
		Zones:  areas.Zones, Local: local,
	}
	tell := func(s camera.State) {
		b.board.Set(wire.CameraHealth{Camera: name, State: s.Word, Reason: s.Reason, Since: s.Since})
	}
	lens := camera.New(name, c.DetectInput().Config, tell, b.stages.camera, b.log)
	lens.NoRoom = eye.Dropped
	skipped := b.m.skipped.WithLabelValues(name)
	cam, remember := b.recorded(name, c)
	return &pipeline{
		camera:   lens,
		remember: remember,
		gate:     gate.New(name, b.stages.gate),
		decode:   decode.New(name, b.stages.decode, b.log),
		newest:   newest{eye.Decoded, func() { skipped.Inc(); eye.Skipped() }},
		detect:   detect.NewStage(name, todo, b.stages.detect, b.log),
		watch:    status.NewWatch(name, b.board, eye.See),
		confirm:  confirm.New(place, confirm.Rules(), clock(lens), b.stages.confirm),
		evidence: evidence.New(cam, b.folder, b.stages.evidence, b.log),
		keep:     b.keeper.keep,
	}, nil
}
