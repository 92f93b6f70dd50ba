package gate

import (
	"time"

	"eastgate/edge/flow"
)

// A probing is how far a camera whose key pictures are rare is looked at by what lone pictures between
// them tell of movement.
type probing struct {
	at     time.Duration // of the last probe
	whole  int           // how many key pictures in time it takes until probes are enough again
	serves bool          // it is looked at so now
}

const (
	// rarest is how far apart key pictures may be for it, and mostBack how many pictures a closer
	// look may have to go back: they are decoded at once, while the camera goes on.
	rarest   = 20 * time.Second
	mostBack = 300
	// familiarBack is how many for movement that is known as an event.
	familiarBack = 50
	// mostUntold is how many pictures in a row may tell nothing before probes are given up. Of one that
	// begins a new count of pictures, one in sixteen as a rule, libavcodec tells nothing.
	mostUntold = 10
)

// key takes in how long after the last one a key picture came.
func (p *probing) key(after time.Duration) {
	switch {
	case after > rarest:
		p.whole = steady
	case p.whole > 0:
		p.whole--
	}
}

// probes reports whether lone pictures tell enough of a camera whose key pictures are rare. Those that
// it takes too long to go back to, and those that tell nothing, are decoded whole. The caller holds mu.
func (g *Gate) probes(now time.Duration) bool {
	p := &g.probing
	if len(g.group) > mostBack || g.bytes > mostBytes/4*3 || now-g.keyAt > rarest {
		p.whole = steady // as long as it can still be gone back
	}
	p.serves = g.cfg.Probe > 0 && g.stream.Codec == "h264" && p.whole == 0 && len(g.group) > 0 && g.feel.untold < mostUntold
	return p.serves
}

// farBack reports whether a closer look would have to go far back for nothing but movement that is known.
// It waits for a key picture then. The caller holds mu.
func (g *Gate) farBack(now time.Duration) bool {
	return g.seat == nil && g.cause.wishes[flow.Moving].told > 0 && g.rare(now) && len(g.group) > familiarBack
}

// probe hands on a picture that shall tell its movement.
func (g *Gate) probe(p *flow.Packet) []flow.Order {
	g.mu.Lock()
	again := g.feel.again(p.PTS)
	g.mu.Unlock()
	if !g.probing.serves || !g.rare(p.PTS) || p.Key || !again && p.PTS < g.probing.at+g.cfg.Probe && p.PTS >= g.probing.at {
		return nil
	}
	g.probing.at = p.PTS
	g.m.probed.WithLabelValues(g.camera).Inc()
	return []flow.Order{{Packet: p, Lone: true}}
}

// Feel takes in what a lone picture tells of movement.
func (g *Gate) Feel(m flow.Movement, told bool) {
	g.mu.Lock()
	if !told {
		g.feel.untold++
		g.feel.retry = m.PTS
		g.m.untold.WithLabelValues(g.camera).Inc()
	} else if g.feel.take(m) {
		g.m.suspected.WithLabelValues(g.camera, flow.Moving.String()).Inc()
		g.cause.suspect(flow.Moving, m.PTS)
	}
	g.last = max(g.last, m.PTS)
	g.mu.Unlock()
	g.tell()
}
