package app

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"eastgate/edge/config"
	"eastgate/edge/decode"
	"eastgate/edge/encode"
	"eastgate/edge/flow"
)

// blackener returns what codes a camera's clips anew with its private areas black,
// in no more bytes than the clip may have.
func blackener(name string, c config.Camera) func(context.Context, []*flow.Packet) ([]*flow.Packet, error) {
	return func(ctx context.Context, packets []*flow.Packet) ([]*flow.Packet, error) {
		seconds := int64(packets[len(packets)-1].Received.Sub(packets[0].Received).Seconds()) + 1
		// What the camera's own decoder counts must not be mixed with this.
		decoder := decode.New(name, decode.NewMetrics(prometheus.NewRegistry()), slog.New(slog.DiscardHandler))
		in, frames := make(chan *flow.Packet), make(chan *flow.Frame)
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			defer close(in)
			for _, p := range packets {
				select {
				case in <- p:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
		g.Go(func() error { return decoder.RunAll(ctx, in, frames) })
		var masked []*flow.Packet
		g.Go(func() (err error) {
			masked, err = encode.New(c.Privacy, c.Clips.MaxBytes/seconds).Run(ctx, frames)
			return err
		})
		return masked, g.Wait()
	}
}
