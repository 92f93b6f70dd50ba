package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// maxClips bounds how many clips of one camera may be under way.
const maxClips = 4

// ErrUnmasked says that private areas could not be blackened.
var ErrUnmasked = errors.New("private areas cannot be blackened")

// A span is the wall time that a clip is to show.
type span struct{ from, to time.Time }

// wanted returns the span of the clip that e asks for. An episode has one where it
// starts, and another where it ends if it went on after the first.
func (s *Stage) wanted(e event.Event, at time.Time) (span, bool) {
	if s.cam.Ring == nil {
		return span{}, false
	}
	c := s.cam.Ring.c
	w := span{at.Add(-c.PreRoll), at.Add(c.PostRoll)}
	switch e.State {
	case event.Start:
		s.shown[e.Episode] = w.to
		return w, true
	case event.End:
		before, ok := s.shown[e.Episode]
		delete(s.shown, e.Episode)
		return w, ok && at.After(before)
	}
	return span{}, false
}

// clip waits for the clip of e, keeps it, and tells of it by an update of the same
// episode.
func (s *Stage) clip(ctx context.Context, e event.Event, w span, last <-chan struct{}) (update event.Event, ok bool) {
	packets := s.cam.Ring.Record(ctx, w.from, w.to, last)
	select {
	case s.folder.turn <- struct{}{}: // clips are made one at a time: their memory and cost are a box's, not a camera's
		defer func() { <-s.folder.turn }()
	case <-ctx.Done():
		s.clipFailed(failed, ctx.Err())
		return e, false
	}
	began := time.Now()
	e.ID, e.State, e.Evidence = event.NewID(), event.Update, nil
	for _, part := range sameCodec(packets) {
		v, err := s.keepClip(ctx, Label{MP4, e.Kind.Level(), e.ID}, part)
		switch {
		case errors.Is(err, ErrUnmasked):
			s.clipFailed(unmasked, err)
		case err != nil:
			s.clipFailed(failed, err)
		default:
			s.m.clips.WithLabelValues(s.cam.Name, s.completeness(v, w)).Inc()
			e.Evidence = append(e.Evidence, v)
		}
	}
	if len(packets) == 0 {
		s.clipFailed(failed, errors.New("no key picture was received"))
	}
	s.m.clip.Observe(time.Since(began).Seconds())
	return e, len(e.Evidence) > 0
}

// slack is how much of its post-roll a whole clip may lack: the time between two
// pictures of a slow camera.
const slack = time.Second

func (s *Stage) completeness(v event.Evidence, w span) string {
	if w.to.Sub(v.To) > slack {
		return cropped
	}
	return kept
}

// keepClip stores packets of one codec as a clip and returns what points at it.
func (s *Stage) keepClip(ctx context.Context, l Label, packets []*flow.Packet) (event.Evidence, error) {
	packets = decodable(packets)
	if len(packets) == 0 {
		return event.Evidence{}, errors.New("no key picture was received")
	}
	from, to := packets[0].Received.UTC(), packets[len(packets)-1].Received.UTC()
	if len(s.cam.Privacy) > 0 {
		var err error
		if packets, err = s.blacken(ctx, packets); err != nil {
			return event.Evidence{}, err
		}
	}
	data, err := mux(packets)
	if err != nil {
		return event.Evidence{}, err
	}
	sum, err := s.folder.Put(l, data)
	if err != nil {
		return event.Evidence{}, fmt.Errorf("keep clip: %w", err)
	}
	return event.Evidence{SHA256: sum, Type: MP4, Bytes: int64(len(data)), From: from, To: to, Masks: s.cam.Masks}, nil
}

// blacken returns packets coded anew with the private areas black, or ErrUnmasked.
func (s *Stage) blacken(ctx context.Context, packets []*flow.Packet) ([]*flow.Packet, error) {
	if s.cam.Blacken == nil {
		return nil, ErrUnmasked
	}
	masked, err := s.cam.Blacken(ctx, packets)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnmasked, err)
	}
	return masked, nil
}

// clipFailed counts a clip that is not kept, and says so once a minute.
func (s *Stage) clipFailed(outcome string, err error) {
	s.m.clips.WithLabelValues(s.cam.Name, outcome).Inc()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.saidClip) >= time.Minute {
		s.saidClip = now
		s.log.Error("event stays without its clip", "camera", s.cam.Name, "outcome", outcome, "err", err)
	}
}
