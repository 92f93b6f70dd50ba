// Package evidence keeps the picture that shows an event: as a JPEG on disk,
// named by its SHA-256, until the cloud has it.
//
// It promises that an event is never held back nor lost by its picture: where
// the picture cannot be kept, the event goes on without it, counted and logged.
// What is on disk survives a power cut, waits for the cloud as long as there is
// room, and is then given up oldest first. Events themselves are the outbox's.
package evidence

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A Stage is where one camera's events get their pictures.
type Stage struct {
	folder *Folder
	m      *Metrics
	log    *slog.Logger
	said   time.Time // when a failure was last logged
}

// New returns a stage that keeps pictures in folder, which several may share.
func New(folder *Folder, m *Metrics, log *slog.Logger) *Stage {
	return &Stage{folder: folder, m: m, log: log}
}

// Run hands on the event of everything from in, until in is closed; then it
// closes out. It waits for the next stage and drops nothing before ctx ends.
func (s *Stage) Run(ctx context.Context, in <-chan flow.Confirmed, out chan<- event.Event) error {
	defer close(out)
	for c := range in {
		e := c.Event
		if c.Frame != nil {
			if ctx.Err() == nil && e.State != event.Update { // an update tells nothing new to see
				e.Evidence = append(e.Evidence, s.picture(c)...)
			}
			c.Frame.Release()
		}
		select {
		case out <- e:
		case <-ctx.Done():
		}
	}
	return nil
}

// picture stores the frame of c and returns what points at it, or nothing.
func (s *Stage) picture(c flow.Confirmed) []event.Evidence {
	began := time.Now()
	data, err := encode(c.Frame)
	s.m.encode.Observe(time.Since(began).Seconds())
	if err != nil {
		s.failed(c.Frame.Camera, err)
		return nil
	}
	sum, err := s.folder.Put(data)
	if err != nil {
		s.failed(c.Frame.Camera, fmt.Errorf("keep picture: %w", err))
		return nil
	}
	return []event.Evidence{{
		SHA256: sum, Type: JPEG, Bytes: int64(len(data)),
		From: c.Frame.Taken.UTC(), To: c.Frame.Taken.UTC(),
	}}
}

// failed counts an event without its picture, and says so once a minute.
func (s *Stage) failed(camera string, err error) {
	s.m.failed.WithLabelValues(camera).Inc()
	if now := time.Now(); now.Sub(s.said) >= time.Minute {
		s.said = now
		s.log.Error("event goes on without its picture", "camera", camera, "err", err)
	}
}
