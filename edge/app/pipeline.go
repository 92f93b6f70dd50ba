package app

import (
	"context"

	"golang.org/x/sync/errgroup"

	"eastgate/edge/flow"
	"eastgate/shared/event"
)

// A stage takes what comes from in, hands on what it makes of it, and closes out
// when in is closed or ctx ends.
type stage[In, Out any] interface {
	Run(ctx context.Context, in <-chan In, out chan<- Out) error
}

// A source is where a pipeline begins: a camera, or a file.
type source interface {
	Run(ctx context.Context, out chan<- *flow.Packet) error
}

// A pipeline is the way of one camera's pictures. `edge run` and `edge analyze`
// build the same one; what differs is where it begins, and that a file is never
// skipped through.
type pipeline struct {
	camera   source                                    // pictures as they are sent
	remember stage[*flow.Packet, *flow.Packet]         // the last seconds of them, for clips
	gate     stage[*flow.Packet, flow.Order]           // which of them are worth decoding
	decode   stage[flow.Order, *flow.Frame]            // pictures as they are seen
	look     stage[*flow.Frame, *flow.Frame]           // and the gate looks at them first
	newest   stage[*flow.Frame, *flow.Frame]           // one waits, a newer one replaces it
	detect   stage[*flow.Frame, flow.Observation]      // what one picture shows
	watch    stage[flow.Observation, flow.Observation] // and what the camera's own state says
	confirm  stage[flow.Observation, flow.Confirmed]   // what held over time
	evidence stage[flow.Confirmed, event.Event]        // with its picture and clip on disk
	keep     func(ctx context.Context, e event.Event)  // into the outbox
}

// packetRoom is how many coded pictures may wait for the gate: about two seconds.
const packetRoom = 50

// run carries one camera's pictures from the lens to the outbox.
//
// When stop ends, the camera closes its channel and each stage ends after the
// last thing sent to it, so that nothing confirmed is lost. When hard ends, all
// stop at once.
func (p *pipeline) run(stop, hard context.Context) error {
	packets := make(chan *flow.Packet, packetRoom)
	remembered := make(chan *flow.Packet)
	admitted := make(chan flow.Order)
	decoded := make(chan *flow.Frame)
	looked := make(chan *flow.Frame)
	frames := make(chan *flow.Frame)
	seen := make(chan flow.Observation)
	observations := make(chan flow.Observation, 8)
	confirmed := make(chan flow.Confirmed, 8)
	events := make(chan event.Event)

	g, hard := errgroup.WithContext(hard)
	stop, cancel := context.WithCancel(stop)
	defer cancel()
	context.AfterFunc(hard, cancel) // a stage that fails stops the camera too

	g.Go(func() error { return p.camera.Run(stop, packets) })
	g.Go(func() error { return p.remember.Run(hard, packets, remembered) })
	g.Go(func() error { return p.gate.Run(hard, remembered, admitted) })
	g.Go(func() error { return p.decode.Run(hard, admitted, decoded) })
	g.Go(func() error { return p.look.Run(hard, decoded, looked) })
	g.Go(func() error { return p.newest.Run(hard, looked, frames) })
	g.Go(func() error { return p.detect.Run(hard, frames, seen) })
	g.Go(func() error { return p.watch.Run(hard, seen, observations) })
	g.Go(func() error { return p.confirm.Run(hard, observations, confirmed) })
	g.Go(func() error { return p.evidence.Run(hard, confirmed, events) })
	g.Go(func() error {
		for e := range events {
			p.keep(hard, e)
		}
		return nil
	})
	return g.Wait()
}
