package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"eastgate/edge/camera"
	"eastgate/edge/coverage"
	"eastgate/edge/flow"
	"eastgate/edge/status"
	"eastgate/shared/event"
	"eastgate/shared/wire"
)

// openCoverage opens the ledger of how long each camera is watched.
func (b *Box) openCoverage() error {
	var err error
	b.coverage, err = coverage.Open(coverage.Config{
		Dir: filepath.Join(b.file.Data, "coverage"), Local: b.days(),
		Synced: func() *bool { return status.Clock().Synced }, Jump: b.clockJump,
	}, b.stages.coverage, b.log)
	return err
}

// days is the local time whose midnights part the days of the ledger.
func (b *Box) days() *time.Location {
	if b.file.Timezone != "" {
		if local, err := time.LoadLocation(b.file.Timezone); err == nil { // checked with the configuration
			return local
		}
	}
	return time.FixedZone("Asia/Shanghai", 8*60*60) // where Eastgate is at home; it has no summer time
}

// blindness is why a camera sends no pictures, in the words of the ledger; empty
// while it sends them, and before anybody knows.
func (b *Box) blindness(name string) string {
	switch c, known := b.board.Camera(name); {
	case len(b.armed.Off(name)) > 0:
		return wire.Off
	case !known, c.State == status.Online, c.State == camera.Connecting:
		return ""
	default:
		return c.State
	}
}

// while shows the ledger what is seen of a camera while all its rules are armed: one
// of which a rule is off is not watched as it should be.
func (b *Box) while(name string, eye *coverage.Eye) func(flow.Observation) {
	return func(o flow.Observation) {
		if len(b.armed.Off(name)) == 0 {
			eye.See(o)
		}
	}
}

// clockJump makes an event of a wall clock that was set.
func (b *Box) clockJump(by time.Duration) {
	way := "forward"
	if by < 0 {
		way = "back"
	}
	id, now := event.NewID(), time.Now().UTC()
	b.keeper.keep(context.Background(), event.Event{
		ID: id, Episode: id, Source: b.keeper.source, Kind: event.ClockJump, State: event.Start, Time: now, Since: now,
		Certainty: "Observed", Severity: event.ClockJump.Severity(), Urgency: event.ClockJump.Urgency(), Status: "Actual",
		Score: 1, Note: fmt.Sprintf("%s by %.1f s", way, by.Abs().Seconds()),
		Detector: event.Detector{Name: "coverage", Version: "1"}, Clock: status.Clock(),
	})
}

// clock is the state of the box's clock, and how far the camera's is ahead.
func clock(cam *camera.Camera) func() event.Clock {
	return func() event.Clock {
		c := status.Clock()
		if ahead := cam.ClockAhead(); ahead != nil {
			ms := ahead.Milliseconds()
			c.CameraOffsetMS = &ms
		}
		return c
	}
}
