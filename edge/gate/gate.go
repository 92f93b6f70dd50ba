// Package gate says, from packets alone, which pictures are worth decoding.
//
// A packet that is not decoded costs nothing, so this is where a box that
// carries many cameras saves its time. Today the gate lets everything pass; what
// it will promise, and why it stands here, is in DESIGN.md.
package gate

import (
	"context"

	"eastgate/edge/flow"
)

// A Gate stands before one camera's decoder.
type Gate struct {
	m      *Metrics
	camera string
}

// New returns the gate of a camera.
func New(camera string, m *Metrics) *Gate { return &Gate{m: m, camera: camera} }

// Run hands on what is worth decoding, in order, until in is closed or ctx ends;
// then it closes out. It waits for the decoder and drops nothing by itself.
func (g *Gate) Run(ctx context.Context, in <-chan *flow.Packet, out chan<- *flow.Packet) error {
	defer close(out)
	admitted := g.m.admitted.WithLabelValues(g.camera)
	for p := range in {
		select {
		case out <- p:
			admitted.Inc()
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
