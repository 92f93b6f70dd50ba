//go:build !nocv

package decode

import (
	"bytes"
	"time"

	"eastgate/edge/flow"
)

// Movements decodes a stream whole and returns what each of its pictures tells of movement.
func Movements(ps []*flow.Packet) (map[time.Duration][]byte, error) {
	c, err := openLone(ps[0].Stream)
	if err != nil {
		return nil, err
	}
	defer c.close()
	all := map[time.Duration][]byte{}
	take := func() {
		for m := (flow.Movement{}); c.movement(&m); {
			all[m.PTS] = bytes.Clone(m.Moved)
		}
	}
	for _, p := range ps {
		if err := c.send(p.Data, int64(p.PTS)); err != nil {
			return nil, err
		}
		take()
	}
	return all, nil
}
