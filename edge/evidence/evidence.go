// Package evidence keeps what shows an event: a picture at once, and a clip of the
// seconds before and after, as files on disk named by their SHA-256, until the
// cloud has them.
//
// It promises that an event is never held back nor lost by its evidence: what
// cannot be kept is left out, counted and logged. A clip is told of by an update of
// the same episode once it is whole. What is on disk survives a power cut and waits
// for the cloud as long as there is room; then the least urgent gives way. Areas
// marked private are black in whatever is kept, or it is not kept. Events
// themselves are the outbox's. DESIGN.md tells how.
package evidence

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eastgate/edge/flow"
	"eastgate/edge/zone"
	"eastgate/shared/event"
)

// A Camera is what evidence must know of one.
type Camera struct {
	Name string
	Ring *Ring // nil: no clips are made
	// Privacy is what nobody may see, in the picture's own coordinates.
	Privacy []zone.Polygon
	// Masks is what evidence says of that, as event.Evidence has it.
	Masks string
	// Blacken codes packets anew with Privacy black; nil where this program cannot.
	Blacken func(ctx context.Context, packets []*flow.Packet) ([]*flow.Packet, error)
}

// A Stage is where one camera's events get their evidence.
type Stage struct {
	cam    Camera
	folder *Folder
	m      *Metrics
	log    *slog.Logger
	black  *zone.Blackout
	shown  map[string]time.Time // by open episode: up to when its first clip shows it

	mu       sync.Mutex
	said     time.Time // when a failure was last logged
	saidClip time.Time
}

// New returns a stage that keeps files in folder, which several may share.
func New(cam Camera, folder *Folder, m *Metrics, log *slog.Logger) *Stage {
	return &Stage{cam: cam, folder: folder, m: m, log: log, black: zone.NewBlackout(cam.Privacy), shown: map[string]time.Time{}}
}

// Run hands on the event of everything from in, and updates that tell of clips,
// until in is closed; clips under way then end with what there is, and out is
// closed. It waits for the next stage and drops no event before ctx ends.
func (s *Stage) Run(ctx context.Context, in <-chan flow.Confirmed, out chan<- event.Event) error {
	defer close(out)
	var underWay sync.WaitGroup
	defer underWay.Wait()
	last, room := make(chan struct{}), make(chan struct{}, maxClips)
	defer close(last)
	send := func(e event.Event) {
		select {
		case out <- e:
		case <-ctx.Done():
		}
	}
	for c := range in {
		e, at := s.withPicture(ctx, c)
		send(e)
		w, ok := s.wanted(e, at)
		if !ok || ctx.Err() != nil {
			continue
		}
		select {
		case room <- struct{}{}:
			underWay.Go(func() {
				if update, ok := s.clip(ctx, e, w, last); ok {
					send(update)
				}
				<-room
			})
		default:
			s.clipFailed(tooMany, fmt.Errorf("%d are under way", maxClips))
		}
	}
	return nil
}

// withPicture returns the event of c with its picture, and when it was seen. It
// gives c's frame back.
func (s *Stage) withPicture(ctx context.Context, c flow.Confirmed) (event.Event, time.Time) {
	e := c.Event
	if c.Frame == nil {
		return e, e.Time
	}
	defer c.Frame.Release()
	if ctx.Err() == nil && e.State != event.Update { // an update tells nothing new to see
		e.Evidence = append(e.Evidence, s.picture(c)...)
	}
	return e, c.Frame.Taken
}

// picture stores the frame of c and returns what points at it, or nothing.
func (s *Stage) picture(c flow.Confirmed) []event.Evidence {
	began := time.Now()
	data, err := encode(c.Frame, s.black)
	s.m.encode.Observe(time.Since(began).Seconds())
	if err != nil {
		s.failed(c.Frame.Camera, err)
		return nil
	}
	sum, err := s.folder.Put(Label{JPEG, c.Event.Kind.Level(), c.Event.ID}, data)
	if err != nil {
		s.failed(c.Frame.Camera, fmt.Errorf("keep picture: %w", err))
		return nil
	}
	return []event.Evidence{{
		SHA256: sum, Type: JPEG, Bytes: int64(len(data)),
		From: c.Frame.Taken.UTC(), To: c.Frame.Taken.UTC(), Masks: s.cam.Masks,
	}}
}

// failed counts an event without its picture, and says so once a minute.
func (s *Stage) failed(camera string, err error) {
	s.m.failed.WithLabelValues(camera).Inc()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.said) >= time.Minute {
		s.said = now
		s.log.Error("event goes on without its picture", "camera", camera, "err", err)
	}
}
