package gate

import (
	"time"

	"eastgate/edge/flow"
)

// rare reports whether key pictures are too far apart.
func (g *Gate) rare(now time.Duration) bool { return g.wide > 0 || now-g.keyAt > sparse }

// selective reports whether single pictures of a stream can be taken out.
func selective(s *flow.Stream) bool { return s.Codec == "h264" || s.Codec == "hevc" }

// remember keeps the present group of pictures, by reference.
func (g *Gate) remember(p *flow.Packet) {
	if p.Stream != g.stream {
		g.stream, g.group, g.prior, g.bytes, g.wide, g.started, g.asked = p.Stream, nil, nil, 0, 0, false, p.PTS-askEvery
		g.keyAt = p.PTS // none yet: it is waited for from now on
		g.probing = probing{}
		g.close()
	}
	if p.Key {
		switch {
		case g.started && p.PTS-g.keyAt > sparse:
			g.wide = steady
		case g.wide > 0:
			g.wide--
		}
		if !g.started {
			g.begin = p.PTS
		}
		g.probing.key(p.PTS - g.keyAt)
		g.started, g.keyAt = true, p.PTS
		clear(g.prior)
		g.group, g.prior = append(g.prior[:0], p), g.group
		g.bytes, g.shown = len(p.Data), false
		return
	}
	if len(g.group) == 0 {
		return
	}
	g.bytes += len(p.Data)
	if g.bytes > mostBytes || len(g.group) == mostPackets {
		clear(g.group)
		g.group, g.bytes = g.group[:0], 0
		return
	}
	g.group = append(g.group, p)
}
