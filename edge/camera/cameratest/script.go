package cameratest

import (
	"time"
)

// A Script is what a camera shows: one reel again and again, and scenes at their
// times. A scene begins with the first whole group of pictures after its time, so
// that what is sent can always be decoded.
type Script struct {
	Begin  time.Time // when the first picture is shown
	Quiet  *Reel
	Scenes []Scene // in their order
	// Told hears of the wall time at which a scene began; it may be nil.
	Told func(scene int, at time.Time)
}

// A Scene is a reel that is shown once.
type Scene struct {
	At   time.Duration // since Begin
	Reel *Reel
}

// Perform starts a camera that follows a script. Many of them cost little: their
// packets are shared, and what nobody watches is not sent.
func (s *Server) Perform(name string, sc Script) (*Camera, error) {
	return s.add(name, sc.Quiet.film, func(c *Camera) { c.perform(sc) })
}

// Sent is how many pictures were sent since somebody watched the camera for the first
// time.
func (c *Camera) Sent() uint64 { return c.sent.Load() }

func (c *Camera) perform(sc Script) {
	var origin time.Duration // media time at which what is shown now began
	quiet, scene := 0, 0
	for {
		if scene < len(sc.Scenes) && sc.Scenes[scene].At <= origin {
			reel := sc.Scenes[scene].Reel
			if sc.Told != nil {
				sc.Told(scene, sc.Begin.Add(origin))
			}
			for i := range reel.groups {
				if !c.showGroup(reel, i, sc.Begin, &origin) {
					return
				}
			}
			scene++
			continue
		}
		if !c.showGroup(sc.Quiet, quiet, sc.Begin, &origin) {
			return
		}
		quiet = (quiet + 1) % len(sc.Quiet.groups)
	}
}

// showGroup sends one group of pictures in real time. It returns false when the camera
// is to stop.
func (c *Camera) showGroup(r *Reel, group int, begin time.Time, origin *time.Duration) bool {
	pictures, first, length := r.group(group)
	for _, p := range pictures {
		at := *origin + p.at - first
		if !c.waitUntil(begin.Add(at)) {
			return false
		}
		c.sendCut(p, at)
	}
	*origin += length
	return true
}

// sendCut sends a picture's packets with the camera's own numbers and times.
func (c *Camera) sendCut(p cut, at time.Duration) {
	now := time.Now().Add(c.server.cfg.Clock)
	ts := uint32(at * 90 / time.Millisecond) //nolint:gosec // RTP time wraps (RFC 3550 §5.1)
	watched := c.watchers.Load() > 0
	for _, shared := range p.packets {
		pkt := *shared
		pkt.SequenceNumber, pkt.Timestamp = c.seq, ts
		c.seq++
		if watched {
			c.stream.WritePacketRTPWithNTP(c.media, &pkt, now) //nolint:errcheck // who watches too slowly is told of elsewhere
		}
	}
	if watched {
		c.sent.Add(1)
	}
}
