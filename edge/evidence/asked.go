package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// What people ask for by a command, and no event tells of: it waits for the cloud
// and gives way to others like what shows an urgent event of the second rank.
const askedLevel = event.Level(2)

// ErrNoClips says that a camera remembers nothing.
var ErrNoClips = errors.New("this camera keeps no clips: clips.enabled is off in the box's file")

// ErrOver says that a time is not remembered any more.
var ErrOver = errors.New("the time asked for is not remembered any more")

// maxAsked is the longest clip that somebody may ask for, in one command.
const maxAsked = time.Minute

// Still keeps a picture that somebody asked for, with its private areas black. id is
// the command's. The frame stays the caller's.
func (s *Stage) Still(f *flow.Frame, id string) (event.Evidence, error) {
	data, err := encode(f, s.black)
	if err != nil {
		return event.Evidence{}, err
	}
	sum, err := s.folder.Put(Label{JPEG, askedLevel, id}, data)
	if err != nil {
		return event.Evidence{}, fmt.Errorf("keep picture: %w", err)
	}
	return event.Evidence{SHA256: sum, Type: JPEG, Bytes: int64(len(data)), From: f.Taken.UTC(), To: f.Taken.UTC(), Masks: s.cam.Masks}, nil
}

// Cut keeps a clip that somebody asked for: what the ring still holds from one time
// to another, which may lie a little ahead, beginning at a key picture. Private areas
// are black in it. id is the command's.
func (s *Stage) Cut(ctx context.Context, from, to time.Time, id string) (event.Evidence, error) {
	ring := s.cam.Ring
	switch {
	case ring == nil:
		return event.Evidence{}, ErrNoClips
	case !from.Before(to) || to.Sub(from) > maxAsked || time.Until(to) > maxAsked:
		return event.Evidence{}, fmt.Errorf("a clip of %s until %s: want at most %s, not more than that ahead", to.Sub(from), to.Format(time.RFC3339), maxAsked)
	}
	packets := ring.Record(ctx, from, to, nil)
	if len(packets) == 0 || packets[len(packets)-1].Received.Before(from) {
		return event.Evidence{}, ErrOver
	}
	select {
	case s.folder.turn <- struct{}{}:
		defer func() { <-s.folder.turn }()
	case <-ctx.Done():
		return event.Evidence{}, ctx.Err()
	}
	parts := sameCodec(packets)
	return s.keepClip(ctx, Label{MP4, askedLevel, id}, parts[len(parts)-1])
}

// Sent waits until the cloud has a file, or it was given up, or ctx ends; it returns
// whether it left the folder.
func (f *Folder) Sent(ctx context.Context, sum string) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		f.mu.Lock()
		waits := f.index(sum) >= 0
		f.mu.Unlock()
		if !waits {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}
