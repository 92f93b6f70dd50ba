package camera

import (
	"time"

	"eastgate/edge/flow"
)

// A delivery hands one session's pictures to the next stage. The session calls it
// from one goroutine.
type delivery struct {
	out    chan<- *flow.Packet
	camera *Camera
	began  time.Time // when the first picture came
	taken  int
	gap    bool      // dropping up to the next key picture
	full   bool      // because there was no room
	keyed  time.Time // when the last key picture came; at first, when the session began
}

// keyPatience is how long a key picture is waited for. Cameras that renew their picture piece
// by piece send none: what comes then is handed on as it is, and the decoder gives frames once
// they are whole.
const keyPatience = 10 * time.Second

// miss hears that packets are missing: what follows looks whole and is not.
func (d *delivery) miss(packets uint64) {
	d.gap, d.full = true, false
	d.camera.m.lost.Add(float64(packets))
	if packets == 0 {
		d.camera.m.malformed.Inc()
	}
}

// take hands on a picture, unless a picture that it needs is missing or there is
// no room for it.
func (d *delivery) take(p *flow.Packet) {
	c := d.camera
	if d.taken == 0 {
		d.began = p.Received
		d.keyed = p.Received
		d.gap = true // a session begins in the middle of a group of pictures
		c.change(State{Word: Online})
	}
	d.taken++
	p.Camera = c.name
	var jumped bool
	if p.PTS, jumped = c.clock.place(p.PTS, p.Received); jumped {
		c.m.jumps.Inc()
	}
	c.m.packets.Inc()
	c.m.bytes.Add(float64(len(p.Data)))
	if p.Key {
		d.keyed = p.Received
	}
	if d.gap && !p.Key && p.Received.Sub(d.keyed) < keyPatience {
		d.drop()
		return
	}
	select {
	case d.out <- p:
		d.gap, d.full = false, false
	default:
		d.gap, d.full = true, true
		d.drop()
	}
}

func (d *delivery) drop() {
	d.camera.m.dropped.Inc()
	if d.full && d.camera.NoRoom != nil {
		d.camera.NoRoom()
	}
}
