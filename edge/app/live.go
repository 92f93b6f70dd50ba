package app

import (
	"context"
	"encoding/json"
	"time"

	"eastgate/edge/command"
	"eastgate/edge/evidence"
	"eastgate/edge/live"
	"eastgate/shared/secret"
	"eastgate/shared/wire"
)

// openLive opens what sends moving pictures while somebody watches.
func (b *Box) openLive(word secret.Value) error {
	b.watched = map[string]*live.Source{}
	for name := range b.file.Cameras {
		b.watched[name] = live.NewSource()
	}
	var err error
	b.live, err = live.New(live.Config{
		CloudURL: b.file.Cloud.Evidence, TLS: b.trust, User: b.file.Site + "/" + b.file.Box, Secret: word, Uploads: b.file.Live.Uploads,
		Camera:  func(name string) *live.Source { return b.watched[name] },
		Private: func(name string) bool { return len(b.settings.Camera(name).Privacy) > 0 },
		Still:   b.still,
	}, live.NewMetrics(b.reg), b.log)
	return err
}

// liveStart answers the command "live_start": pictures of a camera go to the cloud
// until it has enough.
func (b *Box) liveStart(_ context.Context, args json.RawMessage) (any, error) {
	var a wire.LiveStart
	if err := json.Unmarshal(args, &a); err != nil || a.Session == "" {
		return nil, command.Refuse("live_start: %v", err)
	}
	b.live.Start(a) // it tells the cloud itself what is the matter
	return nil, nil
}

// still takes the next picture of a camera, with what is private now in black.
func (b *Box) still(ctx context.Context, name string) ([]byte, time.Time, error) {
	on := b.lenses.get(name)
	if on == nil {
		return nil, time.Time{}, command.Refuse("camera %s has not begun to run", name)
	}
	f, err := on.tap.next(ctx)
	if err != nil {
		return nil, time.Time{}, b.dark(name, err)
	}
	defer f.Release()
	data, err := evidence.Still(f, b.settings.Camera(name).Privacy)
	return data, f.Taken, err
}
