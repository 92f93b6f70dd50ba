package app

import (
	"context"
	"errors"
	"time"

	"eastgate/edge/evidence"
	"eastgate/shared/event"
)

const (
	maxShows   = 4                // alarms of sensors that are shown at once
	stillWait  = 5 * time.Second  // for the camera's next picture
	showWithin = 60 * time.Second // more than a clip may last
)

// keepSensor keeps an event of a sensor. The alarm of one that names a camera is told
// at once and shown afterwards: a picture, then a clip, as updates of the same event.
func (b *Box) keepSensor(ctx context.Context, e event.Event) {
	b.keeper.keep(ctx, e)
	_, _, id, _ := e.Source.Split()
	d := b.file.Sensors.Devices[id]
	if d.Camera == "" || e.State != event.Start || e.Kind != d.Kind.Alarm() && e.Kind != event.Tamper {
		return
	}
	select {
	case b.showing <- struct{}{}:
		b.shown.Go(func() {
			defer func() { <-b.showing }()
			b.show(ctx, d.Camera, e)
		})
	default:
		b.log.Warn("too many alarms at once: this one has no pictures", "sensor", id, "camera", d.Camera)
	}
}

// show adds what a camera sees to an event.
func (b *Box) show(ctx context.Context, camera string, e event.Event) {
	ctx, stop := context.WithTimeout(ctx, showWithin)
	defer stop()
	go func() {
		select {
		case <-b.ending:
			stop()
		case <-ctx.Done():
		}
	}()
	on := b.lenses.get(camera)
	if on == nil {
		return
	}
	b.addTo(e, camera, func() (event.Evidence, error) {
		soon, stop := context.WithTimeout(ctx, stillWait)
		defer stop()
		frame, err := on.tap.next(soon)
		if err != nil {
			return event.Evidence{}, b.dark(camera, err)
		}
		defer frame.Release()
		return on.stage.Still(frame, e.ID)
	})
	clips := b.file.Cameras[camera].Clips
	b.addTo(e, camera, func() (event.Evidence, error) {
		return on.stage.Cut(ctx, e.Time.Add(-clips.PreRoll), e.Time.Add(clips.PostRoll), e.ID)
	})
}

// addTo keeps an update of e with what take brings.
func (b *Box) addTo(e event.Event, camera string, take func() (event.Evidence, error)) {
	v, err := take()
	if err != nil {
		if !errors.Is(err, evidence.ErrNoClips) {
			b.log.Warn("the alarm of a sensor is not shown", "source", e.Source, "camera", camera, "err", err)
		}
		return
	}
	e.ID, e.State, e.Evidence = event.NewID(), event.Update, []event.Evidence{v}
	b.keeper.keep(context.Background(), e)
}
