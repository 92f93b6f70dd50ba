package gate

import (
	"context"
	"time"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// glanceEvery is how often the gate itself looks at pictures while it is open: only so
// that it knows the scene when it closes. The detectors look then.
const glanceEvery = time.Second

// A Behind is the other half of a gate, which stands behind the decoder.
type Behind struct{ g *Gate }

// Behind returns the other half.
func (g *Gate) Behind() Behind { return Behind{g} }

// Run hands on the camera's frames and looks at them on the way, until in is closed or
// ctx ends; then it closes out.
func (b Behind) Run(ctx context.Context, in <-chan *flow.Frame, out chan<- *flow.Frame) error {
	defer close(out)
	g := b.g
	for f := range in {
		if g.cfg.Enabled && g.see(f) {
			f.Release()
			continue
		}
		select {
		case out <- f:
		case <-ctx.Done():
			f.Release()
		}
	}
	return nil
}

// see looks at a frame and reports whether it is to be kept back: what led to it will be
// decoded first, and then it once more.
func (g *Gate) see(f *flow.Frame) (keep bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.scene.ready && f.PTS-g.scene.at < glanceEvery { // or before it: what led to a picture that was kept back
		return false
	}
	u := g.scene.look(f)
	if u == flow.Calm {
		return false
	}
	g.m.suspected.WithLabelValues(g.camera, u.String()).Inc()
	g.cause.suspect(u, f.PTS)
	if u == flow.Moving { // a scene tells of no movement where it came to nothing
		g.cause.elsewhere(f.PTS)
	}
	return g.keep(f.PTS)
}

// keep takes a seat for a closer look that begins before the picture at pts, when that is
// a key picture by itself that nobody has seen yet.
func (g *Gate) keep(pts time.Duration) bool {
	want := g.cause.now(pts, false)
	if want == flow.Calm || g.open || pts != g.alone {
		return false
	}
	if g.taken = g.budget.Take(g.camera, want); g.taken == nil {
		return false
	}
	g.open, g.kept, g.last = true, pts, max(g.last, pts)
	g.tell()
	return true
}

// Heed takes in what the detectors make of the picture at pts: how much they want to
// see more of what comes next.
func (g *Gate) Heed(pts time.Duration, want flow.Urgency) {
	g.mu.Lock()
	if want > flow.Calm {
		g.cause.suspect(want, pts)
	}
	g.last = max(g.last, pts)
	g.mu.Unlock()
	g.tell()
}

// tell has await look again.
func (g *Gate) tell() {
	select {
	case g.told <- struct{}{}:
	default:
	}
}

// Know takes in an event that came of the camera's pictures.
func (g *Gate) Know(e event.Event) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch u := flow.UrgencyOf(e.Kind); e.State {
	case event.Start:
		g.cause.begun(u, g.last)
	case event.End:
		g.cause.ended(u, g.last)
	}
}
