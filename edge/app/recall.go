package app

import (
	"context"

	"eastgate/edge/confirm"
	"eastgate/edge/detect"
)

// recall lets a camera's new pipeline go on where the one before it stopped, be it for
// other settings or a restart of the box: its detectors with what they know of the place,
// and its episodes. Those of which nobody can see the end any more end.
func (b *Box) recall(ctx context.Context, name string, now *lens) {
	for _, t := range now.tasks {
		if r, ok := t.Detector.(detect.Rememberer); ok {
			r.Remember(b.memory.Of(name, t.Detector.Info().Name))
		}
	}
	episodes := b.memory.Of(name, "episodes")
	if data := episodes.Load(); data != nil {
		open, err := confirm.ReadKept(data)
		if err != nil {
			b.log.Error("a camera's open episodes cannot be read; what goes on becomes new ones", "camera", name, "err", err)
		}
		for _, c := range now.confirm.Adopt(open, now.kinds) {
			b.keeper.keep(ctx, c.Event)
		}
	}
	now.confirm.Keep = episodes.Save
}
